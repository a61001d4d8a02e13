"""Aligning a transcript with a recording of any length, at once or piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
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
from visalign.forced_alignment.long_recordings import LONG_SECONDS, align_pieces, doubts_of
from visalign.forced_alignment.pieces import AlignedPiece, join_pieces
from visalign.language.annotations import Cue
from visalign.language.g2p.unknown_words import Vocabulary, chosen_g2p, settle_vocabulary
from visalign.language.lexicon import Lexicon
from visalign.language.transcript import parse_transcript
from visalign.signals import Audio
from visalign.sound.voice_activity import find_speech
from visalign.timeline import Tier

__all__ = ["align_in_pieces", "force_align"]

Progress = Callable[[str, float | None], None]

# With more of the words in windows whose sound says something else, the times of cues are not those of this sound.
_MISFIT = 0.1
_UNTIMELY = (
    "the times of the cues do not fit this sound: {:.0%} of their words are said elsewhere. The words were placed in "
    "their order, without regard to the times"
)

MOST_WORDS_A_SECOND = 30.0
"""More can't be aligned: a word has a phone at least, and the aligners give a phone 30 ms at least. The fastest speech
has a third of it."""


def force_align(
    audio: Audio,
    transcript: str | Sequence[Cue],
    *,
    aligner: str | Aligner = DEFAULT_ALIGNER,
    lexicon: Lexicon | str | PathLike[str] | None = None,
    dictionary: Lexicon | str | PathLike[str] | None = None,
    oov: str = "error",
    g2p: str = "",
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
    transcript : str or sequence of Cue
        What is said, as running text (:func:`visalign.language.transcript.parse_transcript`), or cues with times
        (:func:`visalign.language.annotations.read_cues`): each is then aligned in its own window, whatever the length.
    aligner : str or Aligner
        One of `ALIGNERS`, or an aligner of your own.
    lexicon : Lexicon or path-like, optional
        Pronunciations that go before those of the embedded American English dictionary. An aligner that pronounces
        words itself (the Montreal Forced Aligner) takes neither this nor the next three.
    dictionary : Lexicon or path-like, optional
        The only pronunciations: the dictionary that belongs to an acoustic model of another language.
    oov : {"error", "g2p", "skip"}
        What becomes of words without a pronunciation (:mod:`visalign.language.g2p.unknown_words`).
    g2p : str
        Who guesses pronunciations, see :func:`visalign.language.g2p.unknown_words.chosen_g2p`.
    speaker : str, optional
        Whose cues to align, where they name speakers. None: all.
    speech : Tier, optional
        Where a voice is heard (:func:`~visalign.sound.voice_activity.find_speech`), where that is known already.
    progress : callable, optional
        Is told what is done and which part of it is behind (0..1, or None).

    Returns
    -------
    Alignment
        Its warnings name also the words that lie where no voice is heard, and long stretches of voice without words;
        in long recordings the places that the transcript does not fit, and words that were left out there. Its notes
        mark all that looks odd. Of cues it says where their words were found, and who speaks where.

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
    backend = load_aligner(aligner) if isinstance(aligner, str) else aligner
    pronunciations = _pronunciations(backend, lexicon, dictionary, oov, g2p)
    if not isinstance(transcript, str):
        speech = find_speech(audio) if speech is None else speech
        said = _cued(transcript, speaker, pronunciations, backend, oov, g2p)
        pieces = list(align_cues(audio, said.cues, said.words, said.known.lexicon, backend, speech))
        elsewhere = _regardless_of_times(audio, said, backend, speech, pieces, progress)
        return explained(elsewhere or _joined(pieces, speech, audio), said.known)
    words = _spoken_words(transcript, backend, pronunciations, audio)
    known = _settled(words, pronunciations, backend, oov, g2p)
    if audio.duration <= LONG_SECONDS or getattr(backend, "takes_any_length", False):
        return heard(explained(backend.align(audio, known.words, known.lexicon), known), audio, speech)
    speech = find_speech(audio) if speech is None else speech
    pieces = list(align_pieces(audio, known.words, known.lexicon, backend, speech, progress))
    return explained(_joined(pieces, speech, audio), known)


def align_in_pieces(
    audio: Audio,
    transcript: str | Sequence[Cue],
    *,
    aligner: str | Aligner = DEFAULT_ALIGNER,
    lexicon: Lexicon | str | PathLike[str] | None = None,
    dictionary: Lexicon | str | PathLike[str] | None = None,
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
    pronunciations = _pronunciations(backend, lexicon, dictionary)
    if not isinstance(transcript, str):
        said = _cued(transcript, speaker, pronunciations, backend)
        return align_cues(audio, said.cues, said.words, said.known.lexicon, backend, find_speech(audio))
    words = _spoken_words(transcript, backend, pronunciations, audio)
    return _in_order(audio, words, pronunciations, backend, find_speech(audio), progress)


def _in_order(
    audio: Audio, words: Sequence[str], lexicon: Lexicon, backend: Aligner, speech: Tier, progress: Progress | None
) -> Iterator[AlignedPiece]:
    """The words one after the other: in pieces, or in one where the aligner takes the recording whole."""
    if not getattr(backend, "takes_any_length", False):
        return align_pieces(audio, words, lexicon, backend, speech, progress)
    return iter([AlignedPiece(0.0, audio.duration, 0, len(words), backend.align(audio, words, lexicon))])


def _pronunciations(
    backend: Aligner,
    lexicon: Lexicon | str | PathLike[str] | None,
    dictionary: Lexicon | str | PathLike[str] | None,
    oov: str = "error",
    g2p: str = "",
) -> Lexicon:
    """The lexicon to align with; an empty one for an aligner that has its own."""
    if not _pronounces_itself(backend):
        return whole_lexicon(lexicon, dictionary)
    given = {"lexicon": lexicon, "dictionary": dictionary, "oov": None if oov == "error" else oov, "g2p": g2p or None}
    for key, value in given.items():
        if value is not None:
            shown = value.name if isinstance(value, Lexicon) else str(value)
            raise ConfigError(key, shown, f"none with the aligner {backend.name}, which has its own pronunciations")
    return Lexicon({})


def _pronounces_itself(backend: Aligner) -> TypeGuard[SelfPronouncing]:
    return isinstance(backend, SelfPronouncing) and backend.pronounces_itself


def _words_of(backend: Aligner, lexicon: Lexicon) -> Callable[[str], list[str]]:
    """How a text becomes words."""
    return backend.words_of if _pronounces_itself(backend) else partial(parse_transcript, known=lexicon)


@dataclass(frozen=True, slots=True)
class _Said:
    """Cues with their words, and what became of words without a pronunciation."""

    cues: Sequence[Cue]
    words: Sequence[Sequence[str]]
    known: Vocabulary


def _cued(
    cues: Sequence[Cue], speaker: str | None, lexicon: Lexicon, backend: Aligner, oov: str = "error", g2p: str = ""
) -> _Said:
    chosen, words = cues_of(cues, speaker, _words_of(backend, lexicon))
    known = _settled([word for row in words for word in row], lexicon, backend, oov, g2p)
    left_out = set(known.skipped)
    kept = [(cue, [x for x in row if x not in left_out]) for cue, row in zip(chosen, words, strict=True)]
    kept = [(cue, row) for cue, row in kept if row]
    return _Said([cue for cue, _ in kept], [row for _, row in kept], known)


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
    n_words = sum(len(row) for row in said.words)
    if audio.duration <= LONG_SECONDS or _n_misplaced(pieces) < _MISFIT * n_words:
        return None
    words = [word for row in said.words for word in row]
    try:
        again = list(_in_order(audio, words, said.known.lexicon, backend, speech, progress))
    except AlignmentError:  # as a whole they don't fit at all
        return None
    if _n_misplaced(again) > 0.5 * _n_misplaced(pieces):
        return None
    found = _joined(again, speech, audio)
    if sum(bool(word.label) for word in found.words) == n_words:
        found = with_cues(found, said.cues, said.words)
    return replace(found, warnings=(_UNTIMELY.format(_n_misplaced(pieces) / n_words), *found.warnings))


def _n_misplaced(pieces: Sequence[AlignedPiece]) -> int:
    return sum(piece.last - piece.first for piece in pieces if not piece.fits)


def _settled(words: Sequence[str], lexicon: Lexicon, backend: Aligner, oov: str, g2p: str) -> Vocabulary:
    if _pronounces_itself(backend):
        return Vocabulary(tuple(words), lexicon)
    return settle_vocabulary(words, lexicon, oov, chosen_g2p(g2p) if oov == "g2p" else None)


def _spoken_words(transcript: str, backend: Aligner, known: Lexicon, audio: Audio) -> list[str]:
    words = _words_of(backend, known)(transcript)
    if not words:
        raise InputError(
            "the transcript is empty: it holds no word that could be spoken. Give what is said in the clip, or leave "
            "the transcript out to have the phones recognised."
        )
    if len(words) > 10 + MOST_WORDS_A_SECOND * audio.duration:  # said at once: an aligner may search for minutes
        raise AlignmentError(
            f"the {len(words)} words could not be aligned with these {audio.duration:.2f} s of audio: nobody speaks so "
            "fast. Check that the transcript belongs to this clip, or leave it out to have the phones recognised."
        )
    return words


def _joined(pieces: Sequence[AlignedPiece], speech: Tier, audio: Audio) -> Alignment:
    if not any(piece.alignment.text for piece in pieces):
        raise AlignmentError(
            f"no word of the transcript could be placed in these {audio.duration:.0f} s of audio. Check that the two "
            "belong together, or leave the transcript out to have the phones recognised."
        )
    found = join_pieces(pieces)
    return heard(replace(found, warnings=doubts_of(pieces) + late_cues(found.cues)), audio, speech)
