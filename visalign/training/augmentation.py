"""More clips for a training, made of those at hand: worse pictures, other rates, clips put together anew.

Each kind is asked for as ``kind=amount``:

==============  =======================================================================================
noise           pictures with white noise, at so many decibels between the picture's contrast and it
sound-noise     the sound with white noise, at this ratio in decibels
rotation        pictures turned by so many degrees, one way or the other
scale           pictures so many times as large
compression     pictures coded as JPEG of this quality, 1..31 (FFmpeg's scale: 31 is the worst)
frame-rate      pictures left out, so that so many a second remain
rate            speech so many times as fast, lips and sound alike
recombine       clips put together of two by one speaker, so many for every clip
==============  =======================================================================================

Method
------
The pictures of the first six kinds are changed before a face is looked for, so that landmarks suffer as they would. The
other two are made of what was measured: for a rate, frames and sounds are shown at other times; clips are put together
where both speak the same phone, up to its end by the one and from its end on by the other.

Conventions
-----------
All chance comes from a seed, the kind and the clip's place in the list, so that the same clips and seed give the same
model. A new clip has the phones of its origin: nothing is aligned again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from scipy.ndimage import rotate, zoom

from visalign.corpora.training_data import TrainingClip
from visalign.errors import AnyPath, ConfigError, VisalignError
from visalign.language.phone_lists import aligned_alphabet
from visalign.language.phones import is_silence
from visalign.lips.landmarks import load_detector, track_landmarks
from visalign.lips.lip_features import LipFeatures, features_of_tracked, shown_at, with_own_yardstick
from visalign.media.clips import probe, read_audio, read_frames
from visalign.media.images import jpeg_luma
from visalign.signals import Audio, Frame, Image
from visalign.sound.speech import HOP
from visalign.sync.speech_context import SpeechContext
from visalign.timeline import FrameTimes, Interval, Tier
from visalign.training.prepared_clips import AddedClip, PreparedClip

__all__ = ["KINDS", "Augmentation", "Kind", "augment", "parse_augmentation", "worse_lips"]

Change: TypeAlias = Callable[[Image], Image]
Progress: TypeAlias = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be asked for: the unit of its amount, and the least and the greatest that makes sense."""

    unit: str
    least: float
    greatest: float


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "noise": Kind("dB", 0.0, 60.0),
        "sound-noise": Kind("dB", -10.0, 60.0),
        "rotation": Kind("degrees", 0.5, 45.0),
        "scale": Kind("times", 0.1, 4.0),
        "compression": Kind("quality", 1.0, 31.0),
        "frame-rate": Kind("frames a second", 5.0, 120.0),
        "rate": Kind("times", 0.5, 2.0),
        "recombine": Kind("clips a clip", 0.05, 10.0),
    }
)
"""All kinds by name."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """A kind with its amount."""

    kind: str
    amount: float

    def __str__(self) -> str:
        return f"{self.kind}={self.amount:g}"


def parse_augmentation(text: str) -> Augmentation:
    """Read ``kind=amount``.

    Raises
    ------
    ConfigError
        If there is no such kind, or the amount makes no sense.

    Examples
    --------
    >>> str(parse_augmentation("rate=1.15"))
    'rate=1.15'
    """
    name, _, amount = text.partition("=")
    kind = KINDS.get(name.strip())
    if kind is None:
        raise ConfigError("augment", text, f"kind=amount with one of {', '.join(KINDS)}, as in noise=20")
    try:
        value = float(amount)
    except ValueError:
        value = float("nan")
    if not kind.least <= value <= kind.greatest:
        raise ConfigError("augment", text, f"{name.strip()}= {kind.least:g} to {kind.greatest:g} {kind.unit}")
    return Augmentation(name.strip(), value)


def augment(
    sources: Sequence[TrainingClip],
    clips: Sequence[PreparedClip],
    groups: Sequence[str],
    wanted: Sequence[Augmentation],
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[AddedClip]:
    """New clips of each kind; those in whose pictures no face is found any more are left out.

    Parameters
    ----------
    sources, clips : sequence of TrainingClip, of PreparedClip
        The clips, and what was read of them, one for one.
    groups : sequence of str
        What is left out together in a training (:func:`visalign.training.held_out.left_out_groups`), one a clip: clips
        of different groups are never put together.
    wanted : sequence of Augmentation
    seed : int
    progress : callable, optional
        Is told what is done and which part of it is behind.
    """
    added = list[AddedClip]()
    for how in wanted:
        if how.kind == "recombine":
            added += _recombined(clips, groups, how, seed)
            continue
        for number, (source, clip) in enumerate(zip(sources, clips, strict=True)):
            if progress is not None:
                progress(f"{how}: {clip.name}", number / len(clips))
            try:
                found = _changed(source, clip, how, _chance(seed, how, number))
            except VisalignError:  # no face in what is left of the picture
                continue
            added.append(AddedClip(found, number, str(how)))
    return added


def _chance(seed: int, how: Augmentation, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(str(how).encode()), number])


def _changed(source: TrainingClip, clip: PreparedClip, how: Augmentation, rng: np.random.Generator) -> PreparedClip:
    if how.kind == "rate":
        return _faster(clip, how.amount)
    if how.kind == "sound-noise":
        noisy = _noisy(read_audio(source.path), how.amount, rng)
        return replace(clip, context=SpeechContext.of(noisy, clip.phones, aligned_alphabet(clip.phones.labels)))
    return replace(clip, lips=worse_lips(source.path, how, rng))


# --- pictures ------------------------------------------------------------------------------------------------------


def worse_lips(path: AnyPath, how: Augmentation, rng: np.random.Generator) -> LipFeatures:
    """Lips of a clip whose pictures are changed before a face is looked for.

    Parameters
    ----------
    path : path-like
    how : Augmentation
        Noise, rotation, scale, compression or frame-rate.
    rng : Generator

    Raises
    ------
    VisalignError
        If the clip can't be read, or hardly a frame shows a face.
    """
    stream = probe(path).video[0]
    rate = min(Fraction(how.amount).limit_denominator(1001), stream.rate) if how.kind == "frame-rate" else stream.rate
    change = _change(how, rng)
    frames = (Frame(x.time, change(x.image)) for x in _thinned(read_frames(path), rate, stream.rate))
    tracked = track_landmarks(frames, load_detector())
    return features_of_tracked(tracked, path, stream.start + stream.duration, rate)


def _thinned(frames: Iterator[Frame], rate: Fraction, whole: Fraction) -> Iterator[Frame]:
    """The frames of which one is shown first in each cell of a slower rate."""
    if rate >= whole:
        yield from frames
        return
    last = -1
    for frame in frames:
        # half a microsecond early, since times are rounded
        cell = int((frame.time + 5e-7) * rate)
        if cell != last:
            yield frame
        last = cell


def _change(how: Augmentation, rng: np.random.Generator) -> Change:
    if how.kind == "noise":
        return lambda image: _noisy_picture(image, how.amount, rng)
    if how.kind == "rotation":
        angle = how.amount * float(rng.choice([-1.0, 1.0]))
        return lambda image: np.asarray(rotate(image, angle, reshape=False, order=1, mode="nearest"), np.uint8)
    if how.kind == "scale":
        return lambda image: np.asarray(zoom(image, how.amount, order=1), np.uint8)
    if how.kind == "compression":
        return lambda image: jpeg_luma(image, round(how.amount))
    return lambda image: image


def _noisy_picture(image: Image, snr_db: float, rng: np.random.Generator) -> Image:
    noise = rng.normal(0.0, float(image.std()) * 10 ** (-snr_db / 20), image.shape)
    return np.asarray(np.clip(np.round(image + noise), 0, 255), np.uint8)


# --- what was measured ---------------------------------------------------------------------------------------------


def _noisy(audio: Audio, snr_db: float, rng: np.random.Generator) -> Audio:
    level = float(np.sqrt(np.mean(audio.samples.astype(np.float64) ** 2))) * 10 ** (-snr_db / 20)
    noise = rng.normal(0.0, max(level, 1e-9), len(audio.samples))
    return replace(audio, samples=(audio.samples + noise).astype(np.float32))


def _faster(clip: PreparedClip, rate: float) -> PreparedClip:
    times = clip.lips.times
    shown = FrameTimes(times.times / rate, times.duration / rate, times.rate)
    rows = clip.context.rows
    position = np.arange(max(1, int(len(rows) / rate))) * rate
    heard = np.column_stack([np.interp(position, np.arange(len(rows)), row) for row in rows.T])
    spoken = [Interval(x.start / rate, x.end / rate, x.label, x.score) for x in clip.phones]
    return replace(
        clip,
        lips=shown_at(clip.lips, shown),
        context=SpeechContext(heard.astype(np.float32)),
        phones=Tier.from_intervals(clip.phones.name, spoken),
    )


def _recombined(
    clips: Sequence[PreparedClip], groups: Sequence[str], how: Augmentation, seed: int
) -> Iterator[AddedClip]:
    rng = _chance(seed, how, 0)
    for _ in range(round(how.amount * len(clips))):
        first = int(rng.integers(len(clips)))
        partners = [
            k
            for k, clip in enumerate(clips)
            if k != first and (clip.speaker, groups[k]) == (clips[first].speaker, groups[first])
        ]
        if not partners:
            continue
        second = partners[int(rng.integers(len(partners)))]
        joined = _joined(clips[first], clips[second], rng)
        if joined is not None:
            yield AddedClip(joined, first, str(how))


def _joined(first: PreparedClip, second: PreparedClip, rng: np.random.Generator) -> PreparedClip | None:
    """One clip up to the end of a phone, then the other from the end of the same phone on; None without one."""
    ends = [
        (a.end, b.end)
        for a in list(first.phones)[:-1]
        for b in list(second.phones)[:-1]
        if a.label == b.label and not is_silence(a.label)
    ]
    if not ends:
        return None
    out, into = ends[int(rng.integers(len(ends)))]
    before = int(np.searchsorted(first.lips.times.times, out))
    after = int(np.searchsorted(second.lips.times.times, into))
    if before < 1 or after >= len(second.lips) - 1 or before >= len(first.lips):
        return None
    # frames decide when the one gives way to the other; sounds follow them, so that both stay together
    end, start = float(first.lips.times.times[before]), float(second.lips.times.times[after])
    lips = _joined_lips(first.lips, second.lips, before, after, end - start)
    head, tail = first.phones.crop(first.phones.start, end), second.phones.crop(start, second.phones.end)
    edges = (*head.boundaries, *(x + end - start for x in tail.boundaries[1:]))
    phones = Tier("phones", edges, (*head.labels, *tail.labels)).merge_equal()
    rows = [first.context.rows[: round(end / HOP)], second.context.rows[round(start / HOP) :]]
    return replace(first, lips=lips, context=SpeechContext(np.vstack(rows)), phones=phones)


def _joined_lips(first: LipFeatures, second: LipFeatures, before: int, after: int, later: float) -> LipFeatures:
    values = np.vstack([first.values[:before], second.normalised[after:] * first.scale + first.centre])
    stamps = np.append(first.times.times[:before], second.times.times[after:] + later)
    times = FrameTimes(stamps, second.times.duration + later, first.times.rate)
    joined = LipFeatures(values, first.names, times, first.centre, first.scale, first.source)
    return with_own_yardstick(shown_at(joined, times))
