"""The GRID audio-visual sentence corpus [1]_: 34 speakers, 1000 sentences each, 3 s a clip.

Layout
------
``s1/bbaf2n.mpg`` (or ``s1/video/mpg_6000/bbaf2n.mpg``), with the word times of ``bbaf2n.align`` beside it or under
``align/``, ``alignments/s1/`` or ``s1/align/``, and the sound, where it was fetched, as ``bbaf2n.wav`` beside it or
under ``audio_25k/s1/``. Clips of several speakers in one folder carry the speaker before the name: ``s5_bbaf2n.mpg``.

The name spells the sentence: command, colour, preposition, letter, digit, adverb. Times are in 1/25000 s and were found
by forced alignment, not by hand.

In the published archive of alignments several folders hold those of another speaker (that of s5 those of s6, and so on;
Lhotse's recipe for GRID lists them). An alignment folder is therefore matched to a speaker by the sentences that it
holds, and by its name only where that does not decide.

References
----------
.. [1] M. Cooke, J. Barker, S. Cunningham and X. Shao, An audio-visual corpus for speech perception and automatic speech
   recognition, J. Acoust. Soc. Am. 120(5), 2006. https://doi.org/10.5281/zenodo.3625687
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from visalign.corpora.label_files import read_label_lines
from visalign.corpora.layout import CorpusClip, Labels, files_below, name_below
from visalign.corpora.training_data import CLIP_SUFFIXES

__all__ = ["Grid", "sentence_of"]

UNITS = 25_000
"""Units of time in a second."""

SILENCE = ("sil", "sp")

_NAME = re.compile(r"(?:(s\d{1,2})_)?([blps][bgrw][abiw][a-z][z1-9][anps])", re.ASCII)
_SPEAKER = re.compile(r"s\d{1,2}", re.ASCII)
_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_WORDS: tuple[dict[str, str], ...] = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {},
    dict(zip("z123456789", _DIGITS, strict=True)),
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)


def sentence_of(stem: str) -> str | None:
    """What the name of a clip spells; None if it is no name of GRID.

    Examples
    --------
    >>> sentence_of("s5_bbaf2n"), sentence_of("holiday")
    ('bin blue at f two now', None)
    """
    name = _NAME.fullmatch(stem.lower())
    if name is None:
        return None
    return " ".join(words.get(letter, letter) for letter, words in zip(name[2], _WORDS, strict=True))


class Grid:
    """GRID in a folder."""

    title = "GRID audio-visual sentence corpus (Cooke, Barker, Cunningham and Shao 2006)"
    wanted = "clips such as s1/bbaf2n.mpg, named after their sentence"

    def __init__(self, root: Path) -> None:
        self._root = root
        found = [p for p in files_below(root) if sentence_of(p.stem) is not None]
        self._clips = [path for path in found if path.suffix.lower() in CLIP_SUFFIXES]
        self._sounds = {(_speaker(root, p), _key(p)): p for p in found if p.suffix.lower() not in CLIP_SUFFIXES}
        self._aligned = {p.parent: set[str]() for p in files_below(root, (".align",))}
        for path in files_below(root, (".align",)):
            self._aligned[path.parent].add(path.stem)

    def clips(self) -> Iterator[CorpusClip]:
        """All clips whose name spells a sentence."""
        for path in self._clips:
            speaker = _speaker(self._root, path)
            sound = self._sounds.get((speaker, _key(path)))
            yield CorpusClip(path, name_below(self._root, path), sentence_of(path.stem), speaker, audio=sound)

    def labels(self, clip: CorpusClip) -> Labels | None:
        """Words with the times of the clip's alignment."""
        path = self._alignment(clip)
        if path is None:
            return None
        words = tuple(x for x in read_label_lines(path, UNITS) if x.label not in SILENCE)
        return Labels(words, source="forced alignment")

    def complaint(self, clip: CorpusClip) -> str | None:
        """Where name and alignment disagree about the words."""
        labels = self.labels(clip)
        if labels is None:
            return "no alignment of its words was found" if self._aligned else None
        aligned = " ".join(word.label for word in labels.words)
        if aligned != clip.transcript:
            return f'its name spells "{clip.transcript}", its alignment "{aligned}"'
        return None

    def _alignment(self, clip: CorpusClip) -> Path | None:
        beside = clip.path.with_suffix(".align")
        if beside.is_file():
            return beside
        folder = self._folder_of(clip.path.parent, clip.speaker)
        stem = next((x for x in (clip.path.stem, _key(clip.path)) if folder and x in self._aligned[folder]), None)
        return folder / f"{stem}.align" if folder and stem else None

    def _folder_of(self, clips: Path, speaker: str) -> Path | None:
        """The alignment folder that holds most of the sentences in the folder `clips`."""
        said = {path.stem for path in self._clips if path.parent == clips}

        def fit(folder: Path) -> tuple[float, bool, bool]:
            common = len(said & self._aligned[folder])
            return common / len(self._aligned[folder]), folder.name == speaker, folder.is_relative_to(clips)

        best = max(self._aligned, key=fit, default=None)
        return best if best is not None and fit(best)[0] > 0 else None


def _key(path: Path) -> str:
    return path.stem.lower().rpartition("_")[2]


def _speaker(root: Path, path: Path) -> str:
    name = _NAME.fullmatch(path.stem.lower())
    if name is not None and name[1]:
        return name[1]
    folders = [part.lower() for part in path.relative_to(root.parent if root.name else root).parts[:-1]]
    named = [folder for folder in folders if _SPEAKER.fullmatch(folder)]
    return named[-1] if named else ""
