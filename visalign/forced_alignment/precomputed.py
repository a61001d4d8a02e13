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
word's own time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from visalign.errors import AlignmentError, AnyPath, ConfigError, InputError, ParseError, quoted
from visalign.forced_alignment.aligner import heard, load_aligner
from visalign.forced_alignment.alignment import Alignment
from visalign.language.annotations import Annotation, Track, read_annotation
from visalign.language.lexicon import Lexicon, embedded_lexicon, normalise_word, read_lexicon
from visalign.language.phones import SILENCE, convert, fold_arpabet, is_phone, is_silence, normalise
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
        A TextGrid, EAF, CTM, JSON or CSV (:func:`visalign.language.annotations.read_annotation`).
    speaker, recording : str, optional
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
        self, path: AnyPath | None = None, *, speaker: str | None = None, recording: str | None = None
    ) -> None:
        if path is None:
            raise ConfigError("aligner", self.name, "another aligner, or the file of the alignment: --alignment FILE")
        self.annotation = read_annotation(path, recording)
        self.speaker = speaker

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
        return _alignment(self.annotation, self.speaker, audio, lexicon)


def read_alignment(
    path: AnyPath,
    audio: Audio,
    *,
    speaker: str | None = None,
    recording: str | None = None,
    lexicon: Lexicon | AnyPath | None = None,
) -> Alignment:
    """The alignment in a file, over the whole of `audio`.

    Parameters
    ----------
    path : path-like
        A TextGrid, EAF, CTM, JSON or CSV (:func:`visalign.language.annotations.read_annotation`).
    audio : Audio
        The sound that it belongs to.
    speaker : str, optional
        Whose words to take where the file has several speakers. None: those of all, who may then not talk at once.
    recording : str, optional
        Which recording, where a CTM holds several.
    lexicon : Lexicon or path-like, optional
        Pronunciations for a file without phones, which go before the embedded ones.

    Raises
    ------
    ParseError
        If the file can't be understood.
    AlignmentError, OutOfVocabulary, ConfigError
        As :meth:`PrecomputedAligner.read`.
    """
    own = lexicon if lexicon is None or isinstance(lexicon, Lexicon) else read_lexicon(lexicon)
    words_known = embedded_lexicon() if own is None else own.over(embedded_lexicon())
    found = PrecomputedAligner(path, speaker=speaker, recording=recording).read(audio, words_known)
    return heard(found, audio)


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


def _alignment(annotation: Annotation, speaker: str | None, audio: Audio, lexicon: Lexicon) -> Alignment:
    tracks, end, warnings = _chosen(annotation, speaker), audio.duration, list[str]()
    alphabet = _alphabet(annotation, tracks)
    rows: list[tuple[Track, list[Interval], list[Interval]]] = []
    for track in tracks:
        words = _within(annotation, _spoken_words(track), end)
        phones = _within(annotation, _phones(track, alphabet), end)
        if not phones:
            phones = _phones_of_words(audio, words, lexicon)
        words, moved = _fitted(words, phones)
        warnings += moved
        rows.append((track, words, phones))
    words = _merged(annotation, [words for _, words, _ in rows])
    phones = _merged(annotation, [phones for _, _, phones in rows])
    edges = {edge for x in words for edge in (x.start, x.end)}
    speakers = [Interval(x.start, x.end, track.speaker) for track, mine, _ in rows if track.speaker for x in mine]
    return Alignment(
        Tier.from_intervals("words", words, start=0.0, end=end),
        _cut_at(Tier.from_intervals("phones", phones, start=0.0, end=end, gap_label=SILENCE), edges),
        f"precomputed, {annotation.kind}",
        tuple(warnings),
        Tier.from_intervals("speakers", speakers, start=0.0, end=end) if speakers else None,
    )


def _chosen(annotation: Annotation, speaker: str | None) -> list[Track]:
    aligned = [track for track in annotation.tracks if track.words or track.phones]
    if not aligned:
        raise ParseError(
            annotation.source,
            None,
            "it holds utterances but neither words nor phones; give it as the transcript (--transcript) instead",
        )
    if speaker is None:
        return aligned
    chosen = [track for track in aligned if track.speaker == speaker]
    if not chosen:
        raise ConfigError("speaker", speaker, [track.speaker for track in aligned if track.speaker] or "none is named")
    return chosen


def _alphabet(annotation: Annotation, tracks: Iterable[Track]) -> Callable[[str], str]:
    """How the file's phones are written here."""
    labels = {x.label for track in tracks for x in track.phones if not is_silence(x.label)}
    strange = sorted(x for x in labels if not is_phone(x, "arpabet") and x.lower() != _GLOTTAL_STOP)
    if not strange:
        return _folded
    if len(strange) > MOSTLY * len(labels):  # else it is ARPABET with slips, though IPA can be read into them
        strange = sorted(x for x in labels if not is_phone(x, "ipa"))
    if strange:
        raise ParseError(
            annotation.source, None, f"phones that are neither ARPABET nor IPA: {', '.join(strange[:10])}; rename them"
        )
    # Bare: an English counterpart of every phone, or IPA for all of them.
    english = all(is_phone(x, "ipa") and _has_english(x) for x in labels)
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
    return _phones(track, _alphabet(annotation, [track]))


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


def _spoken_words(track: Track) -> list[Interval]:
    return [Interval(x.start, x.end, normalise_word(x.label)) for x in track.words if not is_silence(x.label)]


def _within(annotation: Annotation, rows: list[Interval], end: float) -> list[Interval]:
    """The intervals within ``[0, end]``; those that reach a little beyond are cut."""
    if rows and (rows[-1].end > end + LONGER_SECONDS or rows[0].start < -LONGER_SECONDS):
        raise AlignmentError(
            f"{annotation.source}: it goes from {rows[0].start:.2f} to {rows[-1].end:.2f} s, but this audio ends at "
            f"{end:.2f} s. Check that the two belong together."
        )
    cut = ((max(x.start, 0.0), min(x.end, end), x) for x in rows)
    return [Interval(start, stop, x.label, x.score) for start, stop, x in cut if stop > start]


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
    """The intervals of all speakers in order.

    Raises
    ------
    AlignmentError
        If two speak at once.
    """
    every = sorted((x for mine in rows for x in mine), key=lambda x: x.start)
    for a, b in pairwise(every):
        if b.start < a.end:
            names = ", ".join(annotation.speakers)
            raise AlignmentError(
                f"{annotation.source}: several people speak at {b.start:.2f} s ({names}). Choose one with --speaker."
            )
    return every


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


def _phones_of_words(audio: Audio, words: list[Interval], lexicon: Lexicon) -> list[Interval]:
    """Phones of each word within its own time."""
    ways = lexicon.pronounce([x.label for x in words])
    aligner = load_aligner("gmm_hmm")
    rows: list[Interval] = []
    for word, variants in zip(words, ways, strict=True):
        low, high = (round(t * audio.rate_hz) for t in (word.start, word.end))
        try:
            found = aligner.align(Audio(audio.samples[low:high], audio.rate_hz), [word.label], lexicon)
            spoken = [x for x in found.phones if x.label != SILENCE]
            inner = [word.start + x.start for x in spoken[1:]]
            phones = [(x.label, x.score) for x in spoken]
        except AlignmentError:  # too short for its phones, or silent: they share it
            phones = [(fold_arpabet(x), None) for x in variants[0].phones]
            inner = (word.start + word.duration * np.arange(1, len(phones)) / len(phones)).tolist()
        times = pairwise([word.start, *inner, word.end])
        rows += (Interval(a, b, label, score) for (a, b), (label, score) in zip(times, phones, strict=True))
    return rows
