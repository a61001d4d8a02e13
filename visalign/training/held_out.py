"""How well a trained decoder reads speakers it never met: each is left out of a training in turn.

Method
------
For each speaker a decoder is fitted to the others' clips and reads this one's. With fewer than three speakers, fifths
of the clips are left out in their place; the figures then hold for those speakers only. With more than ten, speakers
are left out together, in ten groups.

Conventions
-----------
Counts, which add up. A frame is a moment of the decoder's grid (40 ms) with speech and a face; it is right where the
most probable viseme is that of the aligned phone. A closure is an aligned P, B or M; it is found, and one that was seen
is right, where the other lies within 40 ms. Bits are the mean of -log2 of the probability that the decoder gave the
right viseme.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np

from visalign.files.text_files import rounded
from visalign.language.phones import BILABIALS, is_silence
from visalign.language.seen_phones import english_lips
from visalign.lips.closures import find_closures
from visalign.lips.viseme_decoder import VisemeDecoder
from visalign.training.decoder_training import LabelledLips, fit_decoder
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["HeldOut", "HeldOutSpeaker", "MadeClip", "count_read", "left_out_groups", "read_held_out"]

Progress: TypeAlias = Callable[[str, float | None], None]
Span: TypeAlias = tuple[float, float]

_MIN_SPEAKERS = 3
_FOLDS = 5
_MAX_GROUPS = 10
_SLACK = 0.04  # seconds
_LEAST = 1e-6  # probability, so that one impossible frame does not cost endless bits


@dataclass(frozen=True, slots=True)
class HeldOutSpeaker:
    """What a decoder that never met these clips read in them.

    Parameters
    ----------
    name : str
        The speaker, or the fold.
    n_clips, n_frames, n_right : int
        Clips, frames of speech, and those of them that are right.
    n_closures, n_closures_found : int
        Closures that were said, and those of them that were seen.
    n_seen, n_seen_right : int
        Closures that were seen, and those of them that were said.
    bits : float
        Sum over the frames.
    """

    name: str
    n_clips: int = 0
    n_frames: int = 0
    n_right: int = 0
    n_closures: int = 0
    n_closures_found: int = 0
    n_seen: int = 0
    n_seen_right: int = 0
    bits: float = 0.0

    def __add__(self, other: HeldOutSpeaker) -> HeldOutSpeaker:
        numbers = [getattr(self, x) + getattr(other, x) for x in self.__slots__ if x != "name"]
        return HeldOutSpeaker(self.name, *numbers)

    @property
    def accuracy(self) -> float | None:
        """Part of the frames that are right, 0..1; None without any."""
        return self.n_right / self.n_frames if self.n_frames else None

    @property
    def closure_recall(self) -> float | None:
        """Part of the closures that were seen; None without any."""
        return self.n_closures_found / self.n_closures if self.n_closures else None

    @property
    def closure_precision(self) -> float | None:
        """Part of those seen that were said; None without any."""
        return self.n_seen_right / self.n_seen if self.n_seen else None

    @property
    def bits_per_frame(self) -> float | None:
        """Bits that the right viseme costs, on average; None without frames."""
        return self.bits / self.n_frames if self.n_frames else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        counts = {x: getattr(self, x) for x in self.__slots__ if x != "bits"}
        measures = ("accuracy", "closure_recall", "closure_precision", "bits_per_frame")
        return counts | {x: rounded(getattr(self, x)) for x in measures}


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The same of all speakers.

    Parameters
    ----------
    viseme_map : str
        Name of the map whose visemes were counted.
    by : str
        What was left out in turn: "speakers", "groups of speakers" or "clips".
    speakers : tuple of HeldOutSpeaker
    confusions : mapping of (str, str) to int
        Frames by expected and observed viseme.
    """

    viseme_map: str
    by: str
    speakers: tuple[HeldOutSpeaker, ...]
    confusions: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def total(self) -> HeldOutSpeaker:
        """The sum."""
        return sum(self.speakers, HeldOutSpeaker("all"))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        pairs = sorted(self.confusions.items())
        return {
            "viseme_map": self.viseme_map,
            "left_out": self.by,
            "total": self.total.to_dict(),
            "speakers": [speaker.to_dict() for speaker in self.speakers],
            "confusions": [{"expected": a, "observed": b, "n_frames": n} for (a, b), n in pairs],
        }


def left_out_groups(clips: Sequence[LabelledLips]) -> tuple[str, list[str]]:
    """What is left out in turn, and the group of each clip."""
    speakers = sorted({clip.speaker for clip in clips})
    if len(speakers) < _MIN_SPEAKERS:
        return "clips", [f"fold {k % _FOLDS + 1}" for k in range(len(clips))]
    if len(speakers) <= _MAX_GROUPS:
        return "speakers", [clip.speaker for clip in clips]
    return "groups of speakers", [f"group {speakers.index(clip.speaker) % _MAX_GROUPS + 1}" for clip in clips]


class MadeClip(Protocol):
    """A clip made of others."""

    @property
    def clip(self) -> LabelledLips:
        """Its lips."""
        ...

    @property
    def origin(self) -> int:
        """Number of the clip that it is left out with."""
        ...


def read_held_out(
    clips: Sequence[LabelledLips],
    viseme_map: VisemeMap,
    *,
    added: Sequence[MadeClip] = (),
    progress: Progress | None = None,
) -> HeldOut:
    """Read each speaker with a decoder that was trained on the others.

    Parameters
    ----------
    clips : sequence of LabelledLips
        At least two.
    viseme_map : VisemeMap
        Whose visemes are counted.
    added : sequence of MadeClip
        Clips made of these, learnt from but not read.
    progress : callable, optional
        Is told what is done and which part of it is behind.
    """
    by, groups = left_out_groups(clips)
    results, confusions = [], Counter[tuple[str, str]]()
    names = sorted(set(groups))
    for number, name in enumerate(names):
        if progress is not None:
            progress(f"reading {name} as a stranger", number / len(names))
        kept = [clip for clip, group in zip(clips, groups, strict=True) if group != name]
        decoder = fit_decoder([*kept, *(x.clip for x in added if groups[x.origin] != name)])
        counts = HeldOutSpeaker(name)
        for clip in (clip for clip, group in zip(clips, groups, strict=True) if group == name):
            counts += count_read(clip, decoder, viseme_map, confusions)
        results.append(counts)
    return HeldOut(viseme_map.id, by, tuple(results), dict(confusions))


def count_read(
    clip: LabelledLips,
    decoder: VisemeDecoder,
    viseme_map: VisemeMap,
    confusions: Counter[tuple[str, str]] | None = None,
) -> HeldOutSpeaker:
    """Count what a decoder reads in one clip.

    Parameters
    ----------
    clip : LabelledLips
    decoder : VisemeDecoder
        Which should not have met its speaker.
    viseme_map : VisemeMap
    confusions : Counter, optional
        Frames by expected and observed viseme are added to it.
    """
    confusions = Counter() if confusions is None else confusions
    decoded = decoder.decode(clip.lips, viseme_map)
    said = clip.phones.sample(decoded.times, outside="SIL")
    n_frames, n_right, bits = 0, 0, 0.0
    for phone, row in zip(said, decoded.probabilities, strict=True):
        if is_silence(phone) or not np.isfinite(row).all():
            continue
        expected = decoded.visemes.index(viseme_map.lookup(english_lips(phone), "arpabet"))
        best = int(row.argmax())
        confusions[decoded.visemes[expected], decoded.visemes[best]] += 1
        n_frames, n_right = n_frames + 1, n_right + (best == expected)
        bits -= float(np.log2(max(float(row[expected]), _LEAST)))
    truth = [(x.start, x.end) for x in clip.phones if english_lips(x.label) in BILABIALS]
    seen = [(x.start, x.end) for x in find_closures(clip.lips, decoded)]
    return HeldOutSpeaker(
        clip.speaker, 1, n_frames, n_right, len(truth), _n_met(truth, seen), len(seen), _n_met(seen, truth), bits
    )


def _n_met(these: Sequence[Span], those: Sequence[Span]) -> int:
    return sum(any(a < d + _SLACK and c - _SLACK < b for c, d in those) for a, b in these)
