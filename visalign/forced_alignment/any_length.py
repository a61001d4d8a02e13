"""Aligning a transcript with a recording of any length, at once or piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TypeGuard

from visalign.config import DEFAULT_ALIGNER
from visalign.errors import AlignmentError, ConfigError, InputError
from visalign.forced_alignment.aligner import (
    Aligner,
    SelfPronouncing,
    explained,
    heard,
    load_aligner,
    whole_lexicon,
)
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.cued import align_cues, cues_of, late_cues, with_cues
from visalign.forced_alignment.long_recordings import LONG_SECONDS, align_pieces, doubts_of, other_words
from visalign.forced_alignment.pieces import AlignedPiece, join_pieces
from visalign.forced_alignment.readings import align_text, refuse_haste
from visalign.language.annotations import Cue, Cues, spoken_in
from visalign.language.g2p.unknown_words import Vocabulary, chosen_g2p, settle_vocabulary
from visalign.language.lexicon import Lexicon
from visalign.language.spoken_text import SpokenText, joined_texts
from visalign.language.transcript import TranscriptText, read_aloud
from visalign.signals import Audio
from visalign.sound.voice_activity import find_speech
from visalign.timeline import Tier

__all__ = ["align_in_pieces", "force_align"]

Progress = Callable[[str, float | None], None]

_ENGLISH_ONLY = ("pocketsphinx",)

# With more of the words in windows whose sound says something else, the times of cues are not those of this sound.
_MISFIT = 0.1
_UNTIMELY = (
    "the times of the cues do not fit this sound: {:.0%} of their words are said elsewhere. The words were placed in "
    "their order, without regard to the times"
)


def force_align(
    audio: Audio,
    transcript: str | PathLike[str] | Sequence[Cue] | None = None,
    *,
    phones: Sequence[str] | None = None,
    aligner: str | Aligner = DEFAULT_ALIGNER,
    lexicon: Lexicon | str | PathLike[str] | None = None,
    dictionary: Lexicon | str | PathLike[str] | None = None,
    oov: str = "error",
    g2p: str = "",
    language: str | None = None,
    speaker: str | None = None,
    speech: Tier | None = None,
    progress: Progress | None = None,
) -> Alignment:
    """When each word and phone of `transcript` is spoken.

    A recording longer than a minute is aligned in pieces (:func:`align_in_pieces`), which are joined.

    Parameters
    ----------
    audio : Audio
        Mono sound on the clip's clock.
    transcript : str, path-like or sequence of Cue
        What is said: a `Path` to a file with it (text, subtitles, TextGrid …); a str, as running text
        (:func:`visalign.language.transcript.read_aloud`); or cues with times
        (:func:`visalign.language.annotations.read_cues`): each is then aligned in its own window, whatever the length.
    phones : sequence of str, optional
        In place of a transcript the phones that are heard, of any language, in IPA, X-SAMPA or ARPABET; silences part
        groups between which a speaker may pause (:func:`visalign.forced_alignment.any_language.align_phones`). No
        pronunciations are needed then, and none taken.
    aligner : str or Aligner
        One of `ALIGNERS`, or an aligner of your own.
    lexicon : Lexicon or path-like, optional
        Pronunciations that go before those of the embedded American English dictionary. An aligner that pronounces
        words itself (the Montreal Forced Aligner) takes neither this nor the next four.
    dictionary : Lexicon or path-like, optional
        The only pronunciations: the dictionary that belongs to an acoustic model of another language.
    oov : {"error", "g2p", "skip"}
        What becomes of words without a pronunciation (:mod:`visalign.language.g2p.unknown_words`).
    g2p : str
        Who guesses pronunciations, see :func:`visalign.language.g2p.unknown_words.chosen_g2p`.
    language : str, optional
        In which language the transcript is, American English by default
        (:func:`visalign.language.languages.chosen_language`): its figures are read in it, and its words pronounced by
        eSpeak NG, in IPA, where no lexicon or dictionary of yours holds them.
    speaker : str, optional
        Whose cues to align, where they name speakers. None: all.
    speech : Tier, optional
        Where a voice is heard (:func:`~visalign.sound.voice_activity.find_speech`), where that is known already.
    progress : callable, optional
        Is told what is done and which part of it is behind (0..1, or None).

    Returns
    -------
    Alignment
        What may be said in several ways, as a year, is aligned as it is heard
        (:mod:`visalign.forced_alignment.readings`). Its warnings name what the text leaves open, the words that lie
        where no voice is heard, and long stretches of voice without words; in long recordings the places that the
        transcript does not fit, and words that were left out there. Its notes mark all that looks odd. Of cues it says
        where their words were found, and who speaks where.

    Raises
    ------
    InputError
        If the transcript holds no word.
    OutOfVocabulary
        If words of it have no pronunciation, and `oov` does not help.
    AlignmentError
        If transcript and audio can't be aligned.
    ConfigError
        If pronunciations are given to an aligner that has its own.

    Examples
    --------
    >>> audio = visalign.read_audio("bbaf2n.mpg")                        # doctest: +SKIP
    >>> visalign.force_align(audio, "bin blue at f two now").words[1]    # doctest: +SKIP
    Interval(start=0.7628, end=0.9928, label='bin', score=None)
    """
    transcript = spoken_in(transcript)
    if phones is not None or transcript is None:
        return heard(_phones_placed(audio, transcript, phones, aligner), audio, speech)
    backend = load_aligner(aligner) if isinstance(aligner, str) else aligner
    pronunciations = _pronunciations(backend, lexicon, dictionary, oov, g2p, language)
    if not isinstance(transcript, str):
        speech = find_speech(audio) if speech is None else speech
        said = _cued(transcript, speaker, pronunciations, backend, oov, g2p)
        pieces = list(align_cues(audio, said.cues, said.texts, said.known.lexicon, backend, speech))
        elsewhere = _regardless_of_times(audio, said, backend, speech, pieces, progress)
        found = explained(elsewhere or _joined(pieces, speech, audio), said.known)
        return _told(found, joined_texts(said.texts), (*_warnings_of(transcript), *said.warnings))
    text = _spoken_text(transcript, backend, pronunciations, audio)
    known = _settled(text, pronunciations, backend, oov, g2p)
    text = text.without(set(known.skipped))
    if audio.duration <= LONG_SECONDS or getattr(backend, "takes_any_length", False):
        found = heard(explained(align_text(backend, audio, text, known.lexicon), known), audio, speech)
        return _told(found, text, _warnings_of(transcript))
    speech = find_speech(audio) if speech is None else speech
    pieces = list(align_pieces(audio, text, known.lexicon, backend, speech, progress))
    return _told(explained(_joined(pieces, speech, audio), known), text, _warnings_of(transcript))


def _phones_placed(
    audio: Audio, transcript: str | Sequence[Cue] | None, phones: Sequence[str] | None, aligner: str | Aligner
) -> Alignment:
    # It loads the engine with its acoustic model's reader, which other aligners do without.
    from visalign.forced_alignment.any_language import align_phones, phones_aligner

    if transcript is not None or phones is None:
        raise InputError("give what is said either as a transcript or as phones")
    return align_phones(audio, phones, phones_aligner(aligner))


def align_in_pieces(
    audio: Audio,
    transcript: str | Sequence[Cue],
    *,
    aligner: str | Aligner = DEFAULT_ALIGNER,
    lexicon: Lexicon | str | PathLike[str] | None = None,
    dictionary: Lexicon | str | PathLike[str] | None = None,
    language: str | None = None,
    speaker: str | None = None,
    progress: Progress | None = None,
) -> Iterator[AlignedPiece]:
    """Align a long recording, and hand out each piece as soon as it is done.

    Pieces follow each other without gaps over the whole recording; together they are what :func:`force_align` gives.
    Parameters and errors are those of :func:`force_align`; errors of the transcript are raised at once, before the
    first piece is asked for.

    Returns
    -------
    iterator of AlignedPiece
        6 to 20 s each where the transcript fits, up to 40 s where it does not (:attr:`AlignedPiece.fits` is then
        False); of cues, a piece for each window and each stretch between windows; from an aligner that takes
        recordings whole, one piece.

    Examples
    --------
    >>> for piece in visalign.align_in_pieces(audio, text):              # doctest: +SKIP
    ...     print(piece.start, piece.end, piece.alignment.text, piece.fits)
    0.0 13.93 and mister john dashwood had then leisure to consider True
    """
    backend = load_aligner(aligner) if isinstance(aligner, str) else aligner
    pronunciations = _pronunciations(backend, lexicon, dictionary, language=language)
    if not isinstance(transcript, str):
        said = _cued(transcript, speaker, pronunciations, backend)
        return align_cues(audio, said.cues, said.texts, said.known.lexicon, backend, find_speech(audio))
    text = _spoken_text(transcript, backend, pronunciations, audio)
    return _in_order(audio, text, pronunciations, backend, find_speech(audio), progress)


def _in_order(
    audio: Audio, text: SpokenText, lexicon: Lexicon, backend: Aligner, speech: Tier, progress: Progress | None
) -> Iterator[AlignedPiece]:
    """The words one after the other: in pieces, or in one where the aligner takes the recording whole."""
    if not getattr(backend, "takes_any_length", False):
        return align_pieces(audio, text, lexicon, backend, speech, progress)
    found = align_text(backend, audio, text, lexicon)
    return iter([AlignedPiece(0.0, audio.duration, 0, len(text.words), found)])


def _pronunciations(
    backend: Aligner,
    lexicon: Lexicon | str | PathLike[str] | None,
    dictionary: Lexicon | str | PathLike[str] | None,
    oov: str = "error",
    g2p: str = "",
    language: str | None = None,
) -> Lexicon:
    """The lexicon to align with; an empty one for an aligner that has its own."""
    if not _pronounces_itself(backend):
        found = whole_lexicon(lexicon, dictionary, language)
        if found.spoken and backend.name in _ENGLISH_ONLY:
            wanted = f"gmm_hmm: {backend.name} knows the phones of English only, and the language is {language}"
            raise ConfigError("aligner", backend.name, wanted)
        return found
    given = {
        "lexicon": lexicon,
        "dictionary": dictionary,
        "oov": None if oov == "error" else oov,
        "g2p": g2p or None,
        "language": language or None,
    }
    for key, value in given.items():
        if value is not None:
            shown = value.name if isinstance(value, Lexicon) else str(value)
            raise ConfigError(key, shown, f"none with the aligner {backend.name}, which has its own pronunciations")
    return Lexicon({})


def _pronounces_itself(backend: Aligner) -> TypeGuard[SelfPronouncing]:
    return isinstance(backend, SelfPronouncing) and backend.pronounces_itself


def _read(transcript: str, backend: Aligner, lexicon: Lexicon, cue: Cue | None = None) -> SpokenText:
    """The words of a transcript, or of one of its cues, as they are spoken."""
    if _pronounces_itself(backend):
        return SpokenText(tuple(backend.words_of(transcript)))
    if cue is None:
        return read_aloud(transcript, lexicon)
    return read_aloud(transcript, lexicon, first_line=cue.line, labels=False)


@dataclass(frozen=True, slots=True)
class _Said:
    """Cues with their words, what became of words without a pronunciation, and what is to be told of it."""

    cues: Sequence[Cue]
    texts: Sequence[SpokenText]
    known: Vocabulary
    warnings: tuple[str, ...] = ()


def _cued(
    cues: Sequence[Cue], speaker: str | None, lexicon: Lexicon, backend: Aligner, oov: str = "error", g2p: str = ""
) -> _Said:
    chosen, texts = cues_of(cues, speaker, lambda cue: _read(cue.text, backend, lexicon, cue))
    known = _settled(joined_texts(texts), lexicon, backend, oov, g2p)
    left_out = set(known.skipped)
    kept = [(cue, text.without(left_out)) for cue, text in zip(chosen, texts, strict=True)]
    kept = [(cue, text) for cue, text in kept if text.words]
    nameless = sum(not cue.speaker for cue in cues) if speaker is not None else 0
    warnings = (f"{nameless} of {len(cues)} cues say not who speaks, and were left out",) if nameless else ()
    return _Said([cue for cue, _ in kept], [text for _, text in kept], known, warnings)


def _regardless_of_times(
    audio: Audio,
    said: _Said,
    backend: Aligner,
    speech: Tier,
    pieces: Sequence[AlignedPiece],
    progress: Progress | None,
) -> Alignment | None:
    """The words placed in their order alone, where the cues were timed by another sound: one that drifts, or is cut.

    None where the cues fit, or the words fit no better so.
    """
    text = joined_texts(said.texts)
    n_words = len(text.words)
    if audio.duration <= LONG_SECONDS or _n_misplaced(pieces) < _MISFIT * n_words:
        return None
    try:
        again = list(_in_order(audio, text, said.known.lexicon, backend, speech, progress))
    except AlignmentError:  # as a whole they don't fit at all
        return None
    if _n_misplaced(again) > 0.5 * _n_misplaced(pieces):
        return None
    found = _joined(again, speech, audio)
    labels = [label for label in found.words.labels if label]
    if tuple(labels) == text.as_said(labels).words:
        found = with_cues(found, said.cues, said.texts)
    return replace(found, warnings=(_UNTIMELY.format(_n_misplaced(pieces) / n_words), *found.warnings))


def _n_misplaced(pieces: Sequence[AlignedPiece]) -> int:
    return sum(piece.last - piece.first for piece in pieces if not piece.fits)


def _settled(text: SpokenText, lexicon: Lexicon, backend: Aligner, oov: str, g2p: str) -> Vocabulary:
    if _pronounces_itself(backend):
        return Vocabulary(text.words, lexicon)
    return settle_vocabulary(
        text.words, lexicon, oov, chosen_g2p(g2p, lexicon.spoken) if oov == "g2p" else None, text.unread
    )


def _warnings_of(transcript: str | Sequence[Cue]) -> tuple[str, ...]:
    """What whoever read the transcript had to say of it."""
    return transcript.warnings if isinstance(transcript, TranscriptText | Cues) else ()


def _told(found: Alignment, text: SpokenText, warnings: tuple[str, ...]) -> Alignment:
    """The alignment with warnings of how its text was read, which come first."""
    read = text.as_said([label for label in found.words.labels if label]).warnings()
    return replace(found, warnings=(*warnings, *read, *found.warnings))


def _spoken_text(transcript: str, backend: Aligner, known: Lexicon, audio: Audio) -> SpokenText:
    text = _read(transcript, backend, known)
    if not text.words:
        raise InputError(
            "the transcript is empty: it holds no word that could be spoken. Give what is said in the clip, or leave "
            "the transcript out to have the phones recognised."
        )
    refuse_haste(len(text.words), audio)
    return text


def _joined(pieces: Sequence[AlignedPiece], speech: Tier, audio: Audio) -> Alignment:
    if not any(piece.alignment.text for piece in pieces):
        raise AlignmentError(
            f"no word of the transcript could be placed in these {audio.duration:.0f} s of audio. Check that the two "
            "belong together, or leave the transcript out to have the phones recognised."
        )
    found = join_pieces(pieces)
    warnings, notes = doubts_of(pieces) + late_cues(found.cues), (*found.notes, *other_words(pieces))
    return heard(replace(found, warnings=warnings, notes=notes), audio, speech)
