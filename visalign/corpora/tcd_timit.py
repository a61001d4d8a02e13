"""TCD-TIMIT [1]_: TIMIT's sentences read before cameras by 59 volunteers and three lipspeakers in Dublin.

Layout
------
``volunteers/01M/Clips/straightcam/sa1.mp4`` (and ``30degcam/``), ``lipspeakers/Lipspkr1/Clips/straightcam/sa1.mp4``,
with the sound as ``sa1.wav`` beside the clip where it was fetched. The phones, which a forced aligner placed, are in
HTK's master label files, ``volunteer_labelfiles.mlf`` and ``lipspeaker_labelfiles.mlf``, anywhere in the folder;
their entries end in ``…/01M/Clips/straightcam/sa1.rec``, whatever machine they were made on.

What is said stands beside the clip (``sa1.txt``), else it is unknown: the corpus itself points to TIMIT's list of
prompts. ``prompts.txt`` of TIMIT (``She had your dark suit … (sa1)``, LDC's ``TIMIT/DOC/PROMPTS.TXT``) is used where
a copy lies at the top.

The split comes from lists of clips whose name holds "train" or "test" (``volunteers_train.scp``), as they go around
with published work on the corpus; where there is none, so is no split.

References
----------
.. [1] N. Harte and E. Gillen, TCD-TIMIT: an audio-visual corpus of continuous speech, IEEE Trans. Multimedia 17(5),
   2015.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from visalign.corpora.label_files import read_mlf
from visalign.corpora.layout import SOUND_SUFFIXES, CorpusClip, Labels, attempt, files_below, name_below
from visalign.corpora.training_data import CLIP_SUFFIXES
from visalign.language.transcript import read_transcript
from visalign.timeline import Interval

__all__ = ["TcdTimit"]

_VOLUNTEER = re.compile(r"\d\d[fm]", re.ASCII)
_LIPSPEAKER = re.compile(r"lipspkr\d", re.ASCII)
_CAMERAS = ("straightcam", "30degcam")
_PROMPT = re.compile(r"(.*\S)\s*\((s[aix]\d+)\)")


class TcdTimit:
    """TCD-TIMIT in a folder."""

    title = "TCD-TIMIT (Harte and Gillen 2015)"
    wanted = "clips such as volunteers/01M/Clips/straightcam/sa1.mp4"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._labels: dict[tuple[str, str], tuple[Interval, ...]] = {}
        for path in files_below(root, (".mlf",)):
            self._labels |= {_key(name): labels for name, labels in read_mlf(path).items()}
        self._splits = dict(_listed(root))
        self._prompts = dict(_prompts(root))

    def clips(self) -> Iterator[CorpusClip]:
        """All clips of volunteers and lipspeakers."""
        for path in files_below(self._root, CLIP_SUFFIXES):
            speaker = next((part for part in reversed(path.parts[:-1]) if _is_speaker(part)), None)
            if speaker is not None:
                yield self._clip(path, speaker)

    def _clip(self, path: Path, speaker: str) -> CorpusClip:
        camera = next((part.lower() for part in path.parts if part.lower() in _CAMERAS), "")
        volunteer = _VOLUNTEER.fullmatch(speaker.lower())
        facts = {"camera": camera, "group": "volunteer" if volunteer else "lipspeaker"}
        if volunteer:
            facts["sex"] = "female" if speaker[-1] in "Ff" else "male"
        sound = next((x for s in SOUND_SUFFIXES if (x := path.with_suffix(s)).is_file()), None)
        split = self._splits.get(_place(path.as_posix()), "")
        said, trouble = attempt(lambda: self._said(path))
        return CorpusClip(path, name_below(self._root, path), said, speaker, split, sound, facts, trouble)

    def _said(self, path: Path) -> str | None:
        beside = path.with_suffix(".txt")
        if beside.is_file():
            return " ".join(read_transcript(beside).split()) or None
        return self._prompts.get(path.stem.lower())

    def labels(self, clip: CorpusClip) -> Labels | None:
        """The phones of the master label files."""
        phones = self._labels.get(_key(clip.path.as_posix()))
        return None if phones is None else Labels(phones=phones, source="forced alignment")

    def complaint(self, clip: CorpusClip) -> str | None:
        """Missing labels."""
        if self._labels and _key(clip.path.as_posix()) not in self._labels:
            return "no entry of the master label files is for it"
        return None


def _is_speaker(part: str) -> bool:
    return bool(_VOLUNTEER.fullmatch(part.lower()) or _LIPSPEAKER.fullmatch(part.lower()))


def _key(name: str) -> tuple[str, str]:
    """Speaker and sentence: the phones of both cameras are the same, as the sound is."""
    parts = Path(name.lower()).with_suffix("").parts
    return next((part for part in reversed(parts) if _is_speaker(part)), ""), parts[-1]


def _place(name: str) -> str:
    """Speaker, camera and sentence."""
    camera = next((part for part in name.lower().split("/") if part in _CAMERAS), "")
    return "/".join((*_key(name), camera))


def _listed(root: Path) -> Iterator[tuple[str, str]]:
    for path in files_below(root, (".scp", ".lst")):
        split = next((x for x in ("train", "test", "val") if x in path.stem.lower()), None)
        if split is not None:
            for row in read_transcript(path).splitlines():
                if row.strip():
                    yield _place(row.split()[0].replace("\\", "/")), split


def _prompts(root: Path) -> Iterator[tuple[str, str]]:
    for path in root.iterdir():
        if path.name.lower() == "prompts.txt":
            for row in read_transcript(path).splitlines():
                if found := _PROMPT.fullmatch(row.strip()):
                    yield found[2].lower(), found[1]
