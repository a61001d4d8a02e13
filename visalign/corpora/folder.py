"""Plain folders: clips or sound with what is said beside them.

Layout
------
Clips are those that :mod:`visalign.corpora.training_data` finds, under the same conventions (``clip.txt``,
``clip.lab``, ``transcripts.csv``; the folder is the speaker). Sound alone is taken as well. Labels are read from
``clip.TextGrid`` (tiers "words" and "phones"), ``clip_annot.json`` of EMU-SDMS, and ``clip.align`` of GRID. Folders
that are called train, dev, val or test are the split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from visalign.corpora.grid import SILENCE, UNITS
from visalign.corpora.label_files import read_emu, read_label_lines, read_tiers
from visalign.corpora.layout import CorpusClip, Labels, attempt, files_below, name_below
from visalign.corpora.training_data import CLIP_SUFFIXES, Transcripts
from visalign.timeline import Interval

__all__ = ["PlainFolder"]

_SPLITS = {"train": "train", "dev": "dev", "val": "val", "valid": "val", "test": "test"}
_WORDS = ("words", "word", "orthography")
_PHONES = ("phones", "phone", "phonetic", "phonemes", "segments")


class PlainFolder:
    """Clips in a folder."""

    title = "a folder of clips"
    wanted = "clips or sound files, with what is said beside them"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._transcripts = Transcripts(root)

    def clips(self) -> Iterator[CorpusClip]:
        """All clips; sound beside a clip of the same name is the clip's sound."""
        found = files_below(self._root)
        pictures = {path.with_suffix("") for path in found if path.suffix.lower() in CLIP_SUFFIXES}
        sounds = {path.with_suffix(""): path for path in found if path.suffix.lower() not in CLIP_SUFFIXES}
        chosen = [p for p in found if p.suffix.lower() in CLIP_SUFFIXES or p.with_suffix("") not in pictures]
        for path in chosen:
            folders = [part.lower() for part in path.relative_to(self._root).parts[:-1]]
            split = next((_SPLITS[x] for x in folders if x in _SPLITS), "")
            sound = sounds.get(path.with_suffix("")) if path.suffix.lower() in CLIP_SUFFIXES else None
            said, trouble = attempt(partial(self._said, path))
            speaker, name = self._transcripts.speaker_of(path), name_below(self._root, path)
            yield CorpusClip(path, name, said, speaker, split, sound, trouble=trouble)

    def _said(self, path: Path) -> str | None:
        said = self._transcripts.said_in(path)
        if said is None and (labels := _labels_beside(path)) is not None:
            return " ".join(x.label for x in labels.words) or None
        return said

    def labels(self, clip: CorpusClip) -> Labels | None:
        """Labels beside the clip."""
        return _labels_beside(clip.path)

    def complaint(self, clip: CorpusClip) -> str | None:
        """A missing transcript."""
        return None if clip.transcript else "nothing beside it tells what is said"


def _labels_beside(path: Path) -> Labels | None:
    grid, emu, align = (path.with_name(path.stem + x) for x in (".TextGrid", "_annot.json", ".align"))
    if grid.is_file():
        return _of_tiers(read_tiers(grid), "a TextGrid")
    if emu.is_file():
        return _of_tiers(read_emu(emu), "by hand")
    if align.is_file():
        words = tuple(x for x in read_label_lines(align, UNITS) if x.label not in SILENCE)
        return Labels(words, source="forced alignment")
    return None


def _of_tiers(tiers: Mapping[str, tuple[Interval, ...]], source: str) -> Labels:
    def first(names: tuple[str, ...]) -> tuple[Interval, ...]:
        # one speaker's tiers may carry the name: "anna - words"
        return next((tiers[x] for name in names for x in tiers if x == name or x.endswith(f" - {name}")), ())

    return Labels(first(_WORDS), first(_PHONES), source)
