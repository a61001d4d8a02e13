"""Going through a corpus: which clips there are, which are damaged, and what contradicts itself.

Conventions
-----------
A clip that can't be used (it does not open, has no picture where its kind should have one, is packed or cut) is
*damaged* and is not among the clips of the result. Other complaints (a missing sound or transcript, labels that
disagree with the name or run beyond the end) are *doubts*: the clip stays, and the complaint is told.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from visalign.corpora.layout import CorpusClip, Labels, Layout, load_layout
from visalign.corpora.sphere import read_sphere
from visalign.corpora.training_data import CLIP_SUFFIXES
from visalign.errors import AnyPath, ConfigError, InputError, MediaError, MissingStream, VisalignError
from visalign.media.clips import probe, read_audio, read_frames
from visalign.signals import MediaInfo

__all__ = ["Check", "Fault", "Survey", "SurveyedClip", "survey"]

Check: TypeAlias = Literal["none", "open", "decode"]
Progress: TypeAlias = Callable[[str, float | None], None]

_LATE_LABELS = 0.1  # seconds that labels may run beyond the end: GRID's count whole frames, its clips lose the last
_OVERLAP = 0.001  # seconds; less is the rounding of sample counts
_SHORT_PICTURE = 0.5  # seconds that the picture may be shorter than the sound, or the other way round


@dataclass(frozen=True, slots=True)
class Fault:
    """A complaint about a clip.

    Parameters
    ----------
    clip : str
        Its name.
    is_damage : bool
        Whether the clip can't be used.
    reason : str
        What is wrong.
    """

    clip: str
    is_damage: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SurveyedClip:
    """A clip that can be used.

    Parameters
    ----------
    clip : CorpusClip
    labels : Labels or None
    media : MediaInfo or None
        None where files were not opened.
    """

    clip: CorpusClip
    labels: Labels | None
    media: MediaInfo | None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a corpus holds.

    Parameters
    ----------
    title : str
        The corpus.
    clips : tuple of SurveyedClip
        Those that can be used, sorted by path.
    faults : tuple of Fault
    """

    title: str
    clips: tuple[SurveyedClip, ...]
    faults: tuple[Fault, ...]

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names of all known speakers, sorted."""
        return tuple(sorted({x.clip.speaker for x in self.clips} - {""}))

    @property
    def duration(self) -> float:
        """Seconds of all clips that were opened."""
        return sum(x.media.duration for x in self.clips if x.media is not None)

    def count(self, having: Callable[[SurveyedClip], object]) -> int:
        """How many clips have something."""
        return sum(1 for x in self.clips if having(x))


def survey(
    folder: AnyPath, layout: str, *, check: Check = "open", split: str | None = None, progress: Progress | None = None
) -> Survey:
    """Go through a corpus.

    Parameters
    ----------
    folder : path-like
        Where it was unpacked.
    layout : str
        One of :data:`~visalign.corpora.layout.LAYOUTS`.
    check : {"none", "open", "decode"}
        What to do with each file: trust it, open it, or decode all of it (slow, and the only way to see a picture that
        breaks off).
    split : str, optional
        Only the clips of this part.
    progress : callable, optional
        Is told what is done and which part of it is behind.

    Raises
    ------
    ConfigError
        If there is no such layout, or no such split.
    InputError
        If there is no such folder, or no clip of that layout in it.
    """
    corpus = load_layout(layout, folder)
    found = list(corpus.clips())
    if not found:
        raise InputError(f"{folder}: no clip of this layout ({layout}) in it; wanted: {corpus.wanted}.")
    if split is not None:
        found = _of_split(found, split)
    clips, faults = list[SurveyedClip](), list[Fault]()
    for number, clip in enumerate(found):
        if progress is not None:
            progress(f"checking {clip.name}", number / len(found))
        try:
            clips.append(SurveyedClip(clip, None, _media(clip, check)))
        except VisalignError as error:  # one damaged clip must not hide the others
            faults.append(Fault(clip.name, True, str(error)))
            continue
        labels, doubts = _labels(corpus, clips[-1])
        clips[-1] = SurveyedClip(clip, labels, clips[-1].media)
        faults += (Fault(clip.name, False, doubt) for doubt in doubts)
    return Survey(corpus.title, tuple(clips), tuple(faults))


def _of_split(clips: list[CorpusClip], split: str) -> list[CorpusClip]:
    kept = [clip for clip in clips if clip.split == split]
    if not kept:
        raise ConfigError("split", split, sorted({clip.split for clip in clips} - {""}) or "none; there are no splits")
    return kept


def _media(clip: CorpusClip, check: Check) -> MediaInfo | None:
    if check == "none":
        return None
    read_sphere(clip.path)
    info = probe(clip.path)
    shows = clip.path.suffix.lower() in CLIP_SUFFIXES
    if shows and not info.video:
        raise MissingStream(clip.path, "video")
    if not shows and not info.audio:
        raise MissingStream(clip.path, "audio")
    if info.duration <= 0:
        raise MediaError(clip.path, "it lasts no time at all", "Copy it again.")
    if check == "decode":
        _decode(clip, info)
    return info


def _decode(clip: CorpusClip, info: MediaInfo) -> None:
    errors, seen = 0, None
    if info.audio:
        errors = read_audio(clip.path).decode_errors
    if info.video:
        frames = read_frames(clip.path)
        with_times = [frame.time for frame in frames]
        errors, seen = errors + frames.decode_errors, with_times[-1] if with_times else 0.0
    if errors:
        raise MediaError(clip.path, f"{errors} damaged packets in it", "Copy it again.")
    if seen is not None and info.duration - seen > _SHORT_PICTURE:
        raise MediaError(clip.path, f"its picture ends at {seen:.2f} of {info.duration:.2f} s", "Copy it again.")


def _labels(corpus: Layout, seen: SurveyedClip) -> tuple[Labels | None, list[str]]:
    try:
        labels = corpus.labels(seen.clip)
        doubts = [seen.clip.trouble or corpus.complaint(seen.clip), *_doubts(seen, labels)]
    except VisalignError as error:
        return None, [doubt for doubt in dict.fromkeys((seen.clip.trouble, str(error))) if doubt]
    return labels, [doubt for doubt in doubts if doubt]


def _doubts(seen: SurveyedClip, labels: Labels | None) -> Iterator[str]:
    info = seen.media
    if info is not None and not info.audio and seen.clip.audio is None:
        yield "no sound in it"
    if labels is None:
        return
    for kind, row in (("words", labels.words), ("phones", labels.phones)):
        end = max((x.end for x in row), default=0.0)
        if info is not None and end > info.duration + _LATE_LABELS:
            yield f"its labels of {kind} end at {end:.2f} s, the clip at {info.duration:.2f} s"
        overlaps = sum(1 for one, next_one in itertools.pairwise(row) if one.end - next_one.start > _OVERLAP)
        if overlaps:
            yield f"{overlaps} of its {kind} begin before the one before ends"
