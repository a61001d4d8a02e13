"""Alignments that exist already: corrected by hand, made by another program, or made here before.

Method
------
The file is taken at its word. Its phones keep their times to the last digit; nothing is searched for and nothing moved
to a change of the spectrum. What the conventions of :mod:`visalign.forced_alignment.aligner` ask for is made from it:

* ARPABET where all phones are ARPABET, or IPA with an English counterpart; else IPA. TIMIT's closures and their
  bursts become one phone.
* Silence where nothing is written, up to the end of the audio.
* A word begins and ends with its phones. Where a word's own edge lies elsewhere, the phones count, and a warning says
  how far the edge moved: people who correct phones often leave the words as they were.

A file that holds words only is enough too: the phones of each word are then placed by the default aligner within the
word's own time. Words that have no time of their own (phrases, see :mod:`visalign.language.annotations.annotation`) are
placed by it within the time that they have in common. Of a file that has times for utterances alone, each utterance is
aligned as a cue is (:mod:`visalign.forced_alignment.cued`), since such times are seldom those of the first and the last
sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from visalign.errors import AlignmentError, AnyPath, ConfigError, InputError, ParseError, quoted
from visalign.forced_alignment.aligner import heard, whole_lexicon
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.any_length import force_align
from visalign.forced_alignment.label_aligner import LabelAligner
from visalign.language.annotations import Annotation, Cue, Track, read_annotation
from visalign.language.annotations.rows import FRAME_SECONDS
from visalign.language.lexicon import Lexicon, normalise_word
from visalign.language.phone_lists import aligned_alphabet
from visalign.language.phones import SILENCE, convert, fold_arpabet, is_phone, is_silence, normalise, without_places
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

__all__ = ["PrecomputedAligner", "english_phones", "read_alignment"]

LONGER_SECONDS = 0.1
"""An alignment may reach this far beyond its audio: encoders and programs that count frames add as much."""

MOVED_SECONDS = 0.001
"""Edges of words that lie further from those of their phones are worth a warning."""

MOSTLY = 0.2
"""Of the phones of English in IPA half look like ARPABET ("m", "n"); where more than 80 % do, it is meant."""

MIN_PEAK = 1e-3  # as the other aligners have it: below, there is no speech

_GLOTTAL_STOP = "q"  # of TIMIT: no phone of CMUdict, and as silent as a pause
_CLOSURES = {"BCL": "B", "DCL": "D JH", "GCL": "G", "PCL": "P", "TCL": "T CH", "KCL": "K"}


class PrecomputedAligner:
    """Gives back the alignment of a file, see :mod:`visalign.forced_alignment.precomputed`.

    Parameters
    ----------
    path : path-like
        A file of any of the :data:`~visalign.language.annotations.formats.FORMATS`.
    speaker, recording, shift, oov, g2p
        As in :func:`read_alignment`.

    Raises
    ------
    ConfigError
        If no file is given.
    ParseError
        If it can't be understood.
    """

    name = "precomputed"
    takes_any_length = True

    def __init__(
        self,
        path: AnyPath | None = None,
        *,
        speaker: str | None = None,
        recording: str | None = None,
        shift: float = 0.0,
        oov: str = "error",
        g2p: str = "",
    ) -> None:
        if path is None:
            raise ConfigError("aligner", self.name, "another aligner, or the file of the alignment: --alignment FILE")
        self.annotation = read_annotation(path, recording, shift=shift)
        self.speaker, self.oov, self.g2p = speaker, oov, g2p

    def align(self, audio: Audio, words: Sequence[str], lexicon: Lexicon) -> Alignment:
        """See :meth:`visalign.forced_alignment.aligner.Aligner.align`.

        Raises
        ------
        InputError
            If there is no word.
        OutOfVocabulary
            If the file has no phones, and words have no pronunciation.
        AlignmentError
            If the file's words are others than `words`, or it does not belong to this audio.
        """
        if not words:
            raise InputError("no words to align: the transcript is empty. Give what is said in the clip.")
        found = self.read(audio, lexicon)
        there = [label for label in found.words.labels if label]
        if there != list(words):
            raise AlignmentError(f"{self.annotation.source}: {_difference(there, words)}")
        return found

    def read(self, audio: Audio, lexicon: Lexicon) -> Alignment:
        """The alignment, whatever its words are.

        Raises
        ------
        AlignmentError
            If the audio is silent, the file reaches beyond it, or several people speak at once and none is chosen.
        OutOfVocabulary
            If the file has no phones, and words have no pronunciation.
        ConfigError
            If there is no speaker of that name.
        ParseError
            If phones are of no known alphabet.
        """
        if not np.max(np.abs(audio.samples), initial=0.0) >= MIN_PEAK:
            raise AlignmentError(
                f"the audio ({audio.duration:.2f} s) is silent, so {self.annotation.source} can't belong to it. Check "
                "that the right track is read."
            )
        told = self.annotation.warnings
        if not any(track.is_aligned for track in self.annotation.tracks):
            found = _of_utterances(self.annotation, self.speaker, audio, lexicon, self.oov, self.g2p)
        else:
            finder = LabelAligner(audio, lexicon, self.oov, self.g2p)
            found = _alignment(self.annotation, self.speaker, audio, finder, lexicon.spoken)
        return replace(found, warnings=(*told, *found.warnings))


def read_alignment(
    path: AnyPath,
    audio: Audio,
    *,
    speaker: str | None = None,
    recording: str | None = None,
    lexicon: Lexicon | AnyPath | None = None,
    shift: float = 0.0,
    oov: str = "error",
    g2p: str = "",
    language: str | None = None,
) -> Alignment:
    """The alignment in a file, over the whole of `audio`.

    Parameters
    ----------
    path : path-like
        A file of any of the :data:`~visalign.language.annotations.formats.FORMATS`: a TextGrid, EAF, CTM, a table,
        label files, the JSON of recognisers and aligners.
    audio : Audio
        The sound that it belongs to.
    speaker : str, optional
        Whose words to take where the file has several speakers. None: those of all, who may then not talk at once.
    recording : str, optional
        Which recording, where the file holds several; which medium, where an ELAN file has several.
    lexicon : Lexicon or path-like, optional
        Pronunciations for a file without phones, which go before the embedded ones.
    shift : float
        Seconds that are added to every time of the file: positive for later.
    oov, g2p : str
        What becomes of words without a pronunciation, as in :func:`~visalign.forced_alignment.force_align`.
    language : str, optional
        In which language the words of a file without phones are, as there.

    Raises
    ------
    ParseError
        If the file can't be understood.
    AlignmentError, OutOfVocabulary, ConfigError
        As :meth:`PrecomputedAligner.read`.
    """
    words_known = whole_lexicon(lexicon, None, language)
    file = PrecomputedAligner(path, speaker=speaker, recording=recording, shift=shift, oov=oov, g2p=g2p)
    return heard(file.read(audio, words_known), audio)


def _difference(there: Sequence[str], words: Sequence[str]) -> str:
    """Where two sequences of words part, in words."""
    known = set(there)
    missing = [word for word in dict.fromkeys(words) if word not in known]
    if missing:
        return f"words of the transcript are not in this alignment: {', '.join(missing[:20])}. Leave the transcript out"
    n = next((i for i, (a, b) in enumerate(zip(there, words, strict=False)) if a != b), min(len(there), len(words)))
    here, said = (" ".join(x[n : n + 3]) or "nothing more" for x in (there, words))
    parted = f"its words part from the transcript at word {n + 1}: {quoted(here)}, not {quoted(said)}"
    return f"{parted}. Leave the transcript out"


def _of_utterances(
    annotation: Annotation, speaker: str | None, audio: Audio, lexicon: Lexicon, oov: str, g2p: str
) -> Alignment:
    """The words of a file that has times for utterances only, aligned as cues are."""
    cues = [Cue(x.start, x.end, x.label, track.speaker) for track in annotation.tracks for x in track.utterances]
    if not cues:
        raise ParseError(annotation.source, None, "it holds neither words nor phones nor utterances")
    cues.sort(key=lambda x: (x.start, x.end))
    if cues[0].start >= audio.duration:
        _refuse_beyond(annotation, cues[0].start, max(x.end for x in cues), audio.duration)
    found = force_align(audio, cues, lexicon=lexicon, oov=oov, g2p=g2p, speaker=speaker)
    told = "the file has times for utterances and none for their words, which were aligned within them"
    return replace(found, engine=f"precomputed, {annotation.kind}; {found.engine}", warnings=(told, *found.warnings))


def _alignment(
    annotation: Annotation, speaker: str | None, audio: Audio, finder: LabelAligner, language: str
) -> Alignment:
    tracks, end, warnings = _chosen(annotation, speaker), audio.duration, list[str]()
    alphabet = _alphabet(annotation, tracks, language)
    finder.learn(_texts_to_find(tracks))
    rows: list[tuple[Track, list[Interval], list[Interval]]] = []
    for track in tracks:
        phones = _within(annotation, _phones(track, alphabet), end)
        words, found = _words_of(annotation, track, end, finder, has_phones=bool(phones))
        words, moved = _fitted(words, phones or found)
        warnings += moved
        rows.append((track, words, phones or found))
    words = _merged(annotation, [words for _, words, _ in rows])
    phones = _merged(annotation, [phones for _, _, phones in rows])
    edges = {edge for x in words for edge in (x.start, x.end)}
    named = [[Interval(x.start, x.end, track.speaker) for x in mine] for track, mine, _ in rows if track.speaker]
    speakers = _merged(annotation, named)
    alignment = Alignment(
        Tier.from_intervals("words", words, start=0.0, end=end),
        _cut_at(Tier.from_intervals("phones", phones, start=0.0, end=end, gap_label=SILENCE), edges),
        f"precomputed, {annotation.kind}",
        (*warnings, *finder.warnings()),
        Tier.from_intervals("speakers", speakers, start=0.0, end=end) if speakers else None,
    )
    return finder.explained(alignment)


def _chosen(annotation: Annotation, speaker: str | None) -> list[Track]:
    aligned = [_without_places(track) for track in annotation.tracks if track.is_aligned]
    if speaker is None:
        return aligned
    chosen = [track for track in aligned if track.speaker == speaker]
    if not chosen:
        raise ConfigError("speaker", speaker, [track.speaker for track in aligned if track.speaker] or "none is named")
    return chosen


def _without_places(track: Track) -> Track:
    """The track with phones as their names are: Kaldi's and ``mfa align_one``'s may hold the place in the word."""
    labels = without_places([x.label for x in track.phones])
    return replace(track, phones=tuple(replace(x, label=y) for x, y in zip(track.phones, labels, strict=True)))


def _alphabet(annotation: Annotation, tracks: Iterable[Track], language: str = "") -> Callable[[str], str]:
    """How the file's phones are written here: those of a language that is named stay IPA, as a Spanish r does."""
    labels = {x.label for track in tracks for x in track.phones if not is_silence(x.label)}
    strange = sorted(x for x in labels if not is_phone(x, "arpabet") and x.lower() != _GLOTTAL_STOP)
    if not strange and aligned_alphabet(x for x in labels if x.lower() != _GLOTTAL_STOP) == "arpabet":
        return _folded
    if len(strange) > MOSTLY * len(labels):  # else it is ARPABET with slips, though IPA can be read into them
        strange = sorted(x for x in labels if not is_phone(x, "ipa"))
    if strange:
        raise ParseError(
            annotation.source, None, f"phones that are neither ARPABET nor IPA: {', '.join(strange[:10])}; rename them"
        )
    # Bare: an English counterpart of every phone, or IPA for all of them.
    english = not language and all(is_phone(x, "ipa") and _has_english(x) for x in labels)
    return lambda x: convert(x, "ipa", "arpabet") if english else normalise(x, "ipa")


def _folded(label: str) -> str:
    return SILENCE if label.lower() == _GLOTTAL_STOP else fold_arpabet(label)


def english_phones(annotation: Annotation, track: Track) -> list[Interval]:
    """The phones of a track in order, without silences, in ARPABET where they have English counterparts.

    Raises
    ------
    ParseError
        If phones are of no known alphabet.
    """
    bare = _without_places(track)
    return _phones(bare, _alphabet(annotation, [bare]))


def _has_english(symbol: str) -> bool:
    try:
        return is_phone(convert(symbol, "ipa", "arpabet"), "arpabet")
    except InputError:
        return False


def _phones(track: Track, spelt: Callable[[str], str]) -> list[Interval]:
    rows: list[Interval] = []
    closure: str | None = None
    for x in track.phones:
        if is_silence(x.label):
            closure = None
            continue
        label = spelt(x.label)
        if label == SILENCE:
            closure = None
            continue
        if rows and closure and label in _CLOSURES[closure].split() and rows[-1].end == x.start:
            rows[-1] = Interval(rows[-1].start, x.end, label, x.score)
        else:
            rows.append(Interval(x.start, x.end, label, x.score))
        closure = x.label.upper() if x.label.upper() in _CLOSURES else None
    return rows


def _texts_to_find(tracks: Iterable[Track]) -> Iterator[str]:
    """Labels whose words or phones the file does not place."""
    for track in tracks:
        yield from (
            x.label for x in (*track.phrases, *(() if track.phones else track.words)) if not is_silence(x.label)
        )


def _words_of(
    annotation: Annotation, track: Track, end: float, finder: LabelAligner, *, has_phones: bool
) -> tuple[list[Interval], list[Interval]]:
    """The words of a track; phones only of those that had to be found, and none where the file has phones."""
    timed = _within(annotation, [x for x in track.words if not is_silence(x.label)], end)
    phrases = _within(annotation, [x for x in track.phrases if not is_silence(x.label)], end)
    words, phones = list[Interval](), list[Interval]()
    if has_phones:
        words = [Interval(x.start, x.end, normalise_word(x.label)) for x in timed]
        timed = []
    for rows, is_phrase in ((timed, False), (phrases, True)):
        for x in rows:
            found_words, found_phones = finder.find(x, is_phrase=is_phrase)
            words += found_words
            phones += found_phones
    return sorted(words, key=_by_start), [] if has_phones else sorted(phones, key=_by_start)


def _by_start(x: Interval) -> tuple[float, float]:
    return x.start, x.end


def _within(annotation: Annotation, rows: list[Interval], end: float) -> list[Interval]:
    """The intervals within ``[0, end]``; those that reach a little beyond are cut."""
    if rows:
        _refuse_beyond(annotation, rows[0].start, rows[-1].end, end)
    cut = ((max(x.start, 0.0), min(x.end, end), x) for x in rows)
    return [Interval(start, stop, x.label, x.score) for start, stop, x in cut if stop > start]


def _refuse_beyond(annotation: Annotation, first: float, last: float, end: float) -> None:
    if last > end + LONGER_SECONDS or first < -LONGER_SECONDS:
        raise AlignmentError(
            f"{annotation.source}: it goes from {first:.2f} to {last:.2f} s, but this audio ends at {end:.2f} s. Check "
            "that the two belong together; where its times count from elsewhere, move them with --alignment-shift."
        )


def _fitted(words: list[Interval], phones: list[Interval]) -> tuple[list[Interval], list[str]]:
    """Words with the edges of their phones, and what to say about those that moved or have none."""
    centres = np.array([x.centre for x in phones])
    moved, bare, fitted = 0.0, list[str](), list[Interval]()
    for n, word in enumerate(words):
        first, last = np.searchsorted(centres, [word.start, word.end])
        if first == last:
            bare.append(word.label)
            # A neighbour that took its edges from phones may reach into it.
            start = max(word.start, fitted[-1].end) if fitted else word.start
            following = int(np.searchsorted(centres, word.end))
            inside = n + 1 < len(words) and following < len(phones) and centres[following] < words[n + 1].end
            end = min(word.end, phones[following].start) if inside else word.end
        else:
            start, end = phones[first].start, phones[last - 1].end
            moved = max(moved, abs(start - word.start), abs(end - word.end))
        if end > start:
            fitted.append(Interval(start, end, word.label, word.score))
    warnings = list[str]()
    if moved > MOVED_SECONDS:
        warnings.append(f"edges of words were moved by up to {1000 * moved:.0f} ms, to those of their phones")
    if bare:
        warnings.append(f"{len(bare)} word(s) have no phones in the file: {', '.join(bare[:5])}")
    return fitted, warnings


def _merged(annotation: Annotation, rows: Sequence[list[Interval]]) -> list[Interval]:
    """The intervals of all speakers in order; one that reaches a frame or less into the next is cut there.

    Raises
    ------
    AlignmentError
        If two speak at once.
    """
    every = sorted((x for mine in rows for x in mine), key=_by_start)
    merged = list[Interval]()
    for x in every:
        if merged and x.start < merged[-1].end:
            last = merged[-1]
            if last.end - x.start > FRAME_SECONDS or not x.start > last.start:
                names = f"several people speak at {x.start:.2f} s ({', '.join(annotation.speakers)})"
                raise AlignmentError(f"{annotation.source}: {names}. Choose one with --speaker.")
            merged[-1] = replace(last, end=x.start)
        merged.append(x)
    return merged


def _cut_at(tier: Tier, edges: set[float]) -> Tier:
    """The tier with a boundary at each of `edges` too."""
    missing = sorted(edges.difference(tier.boundaries))
    if not missing:
        return tier
    rows: list[Interval] = []
    for x in tier:
        cuts = [x.start, *(edge for edge in missing if x.start < edge < x.end), x.end]
        rows += (Interval(a, b, x.label, x.score) for a, b in pairwise(cuts))
    return Tier.from_intervals(tier.name, rows)
