"""VoxCeleb1 and VoxCeleb2 [1]_: interviews of celebrities, without transcripts.

Layout
------
``dev/mp4/id00012/21Uxsk56VDQ/00001.mp4`` (or ``aac/…/00001.m4a``, ``wav/…/00001.wav``), and ``test/`` the same: part,
speaker, video, clip. ``vox1_meta.csv`` and ``vox2_meta.csv`` at the top tell sex and set of a speaker,
``txt/…/00001.txt`` where the face stands; the latter is not read, as faces are found anew. Where a clip is there with
picture and as sound, the sound is not listed.

References
----------
.. [1] A. Nagrani, J. S. Chung, W. Xie and A. Zisserman, VoxCeleb: large-scale speaker verification in the wild,
   Computer Speech and Language 60, 2020.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from visalign.corpora.layout import CorpusClip, Labels, files_below, name_below
from visalign.corpora.training_data import CLIP_SUFFIXES
from visalign.language.transcript import read_transcript

__all__ = ["VoxCeleb"]

_SPEAKER = re.compile(r"id\d{5}", re.ASCII)
_META = ("vox1_meta.csv", "vox2_meta.csv")
_SEXES = {"f": "female", "m": "male"}


class VoxCeleb:
    """VoxCeleb in a folder."""

    title = "VoxCeleb (Nagrani, Chung, Xie and Zisserman 2020)"
    wanted = "clips such as dev/mp4/id00012/21Uxsk56VDQ/00001.mp4"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._speakers = {key: facts for name in _META for key, facts in _read_meta(root / name)}

    def clips(self) -> Iterator[CorpusClip]:
        """All clips below a speaker's folder."""
        found = [path for path in files_below(self._root) if self._parts(path) is not None]
        seen = {self._parts(path) for path in found if path.suffix.lower() in CLIP_SUFFIXES}
        for path in found:
            if path.suffix.lower() in CLIP_SUFFIXES or self._parts(path) not in seen:
                yield self._clip(path)

    def _clip(self, path: Path) -> CorpusClip:
        speaker, video, _ = self._parts(path) or ("", "", "")
        facts = self._speakers.get(speaker, {})
        above = [part.lower() for part in path.relative_to(self._root.parent).parts[:-3]]
        split = next((part for part in reversed(above) if part in {"dev", "test"}), facts.get("set", ""))
        known = {"video": video} | {key: facts[key] for key in ("sex", "nationality") if facts.get(key)}
        return CorpusClip(path, name_below(self._root, path), None, speaker, split, facts=known)

    def _parts(self, path: Path) -> tuple[str, str, str] | None:
        """Speaker, video and clip; None for a file elsewhere."""
        parts = path.relative_to(self._root).with_suffix("").parts[-3:]
        return (parts[0], parts[1], parts[2]) if len(parts) == 3 and _SPEAKER.fullmatch(parts[0]) else None

    def labels(self, clip: CorpusClip) -> Labels | None:
        """None: VoxCeleb has no labels."""
        return None

    def complaint(self, clip: CorpusClip) -> str | None:
        """A speaker that the tables do not know."""
        if self._speakers and clip.speaker not in self._speakers:
            return f"its speaker, {clip.speaker}, is in neither {' nor '.join(_META)}"
        return None


def _read_meta(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Rows of a table of speakers: VoxCeleb1 separates its columns by tabs, VoxCeleb2 by commas and spaces."""
    rows = [[cell.strip() for cell in re.split(r"[\t,]", row)] for row in _lines(path)]
    if not rows:
        return
    names = [name.lower() for name in rows[0]]
    for row in rows[1:]:
        facts = dict(zip(names, row, strict=False))
        yield (
            row[0],
            {
                "sex": _SEXES.get(facts.get("gender", "").lower(), ""),
                "set": facts.get("set", "").lower(),
                "nationality": facts.get("nationality", ""),
            },
        )


def _lines(path: Path) -> list[str]:
    return [line for line in read_transcript(path).splitlines() if line.strip()] if path.is_file() else []
