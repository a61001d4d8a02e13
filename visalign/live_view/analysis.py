"""What is known of a running clip at each picture: landmarks, viseme, aperture, loudness, and the offset now and then.

Method
------
The last ten seconds of landmarks, mouths and sound are kept. Each picture's features are normalised over that
stretch, and the viseme is decoded from its end, by the lip model's hidden Markov model; as no later picture is there
yet, it is less sure than `visalign check` is. The offset is that of :func:`~visalign.sync.judging.judge` over
the kept stretch, with phones recognised from the sound; it is computed in a process of its own, so that pictures do not
wait for it, and only once somebody has spoken for half a second of the stretch; so little speech mostly ends in
"uncertain", with the reason and the best guess. When the source has ended, the offset of its last stretch is computed,
so that no clip is too short to have one.
"""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import get_context
from types import TracebackType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.config import Config, SyncParams, VerdictParams
from visalign.errors import VisalignError
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.face_detection import LandmarkDetector
from visalign.lips.landmarks import Landmarks, TrackedFrame, load_detector, track_landmarks
from visalign.lips.lip_features import FEATURES, LipFeatures, lip_features
from visalign.lips.mouth_pictures import MouthPictures
from visalign.live_view.source import RATE_HZ, Picture, Sound
from visalign.reports.wording import with_reason
from visalign.signals import Audio, Frame
from visalign.sound.voice_activity import SPEECH, find_speech
from visalign.sync.judging import Instruments, hear, judge, see
from visalign.sync.lip_model import LipModel
from visalign.sync.verdict import SyncEstimate
from visalign.timeline import FrameTimes, frame_step
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["LiveAnalyser", "LiveMoment", "RollingOffset", "rolling_offset"]

Floats: TypeAlias = npt.NDArray[np.float64]

WINDOW = 10.0
"""Seconds that are kept: enough for an offset, short enough to follow one that changes."""

OFFSET_EVERY = 2.0
"""Seconds from one offset to the next."""

ENOUGH_SPEECH = 0.5
"""Seconds of speech below which no offset is looked for; whether there was enough for a verdict, the verdict says."""

_SEARCH = 0.5  # seconds
_RECENT = 0.2  # seconds before the end that an offset may miss
_DECODED = 0.6  # seconds before a picture from which its viseme is decoded
_LOUDNESS = 0.1  # seconds
_SILENT_DB = -90.0
_RATE = Fraction(25)


@dataclass(frozen=True, slots=True)
class RollingOffset:
    """The offset of the stretch that ended at `time`.

    Parameters
    ----------
    time : float
        Seconds on the source's clock.
    speech_seconds : float
        How much speech there was.
    sync : SyncEstimate or None
        None where there was too little.
    seconds : float
        How long it took to compute.
    """

    time: float
    speech_seconds: float
    sync: SyncEstimate | None
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class LiveMoment:
    """One picture with what is known of it.

    Parameters
    ----------
    number : int
        Pictures so far.
    picture : Picture
    points : ndarray of float32, shape (n_points, 2), or None
        Landmarks, pixels; None without a face.
    viseme : str
        "" without a face.
    aperture : float or None
        Height of the opening of the lips, in distances between the eyes.
    loudness_db : float
        Root mean square of the last 0.1 s, dB below full scale.
    offset : RollingOffset or None
        The last one that is known.
    """

    number: int
    picture: Picture
    points: npt.NDArray[np.float32] | None
    viseme: str
    aperture: float | None
    loudness_db: float
    offset: RollingOffset | None


class LiveAnalyser:
    """Takes pictures and sound as they come; a context manager, as it owns a process."""

    def __init__(
        self,
        viseme_map: VisemeMap,
        *,
        model: LipModel | None = None,
        detector: LandmarkDetector | None = None,
        limits: tuple[float, float] = (0.045, 0.125),
    ) -> None:
        self._map, self._model, self._limits = viseme_map, model or LipModel.load(), limits
        self._frames: deque[Frame] = deque()
        self._tracked = track_landmarks(iter(self._frames.popleft, None), detector or load_detector())
        self._seen: deque[tuple[TrackedFrame, Floats]] = deque()
        self._mouth = MouthPictures()
        self._sound = np.zeros(0, np.float32)
        self._sound_start = 0.0
        self._number = 0
        self._offset: RollingOffset | None = None
        self._asked = 0.0
        self._waiting: Future[RollingOffset] | None = None
        _warm_up(self._model, viseme_map)
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_stand_back)

    def __enter__(self) -> LiveAnalyser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def hear(self, sound: Sound) -> None:
        """Take a block of sound; a gap before it becomes silence."""
        if not len(self._sound):
            self._sound_start = sound.time
        end = self._sound_start + len(self._sound) / RATE_HZ
        gap = round((sound.time - end) * RATE_HZ)
        if gap > RATE_HZ // 50:  # time stamps tremble by less
            self._sound = np.append(self._sound, np.zeros(min(gap, int(WINDOW * RATE_HZ)), np.float32))
        self._sound = np.append(self._sound, sound.samples)
        surplus = len(self._sound) - int((WINDOW + 1) * RATE_HZ)
        if surplus > 0:
            self._sound, self._sound_start = self._sound[surplus:], self._sound_start + surplus / RATE_HZ

    def look(self, picture: Picture) -> LiveMoment:
        """Take a picture, and tell what is known of it."""
        luma = (picture.image @ np.array([0.299, 0.587, 0.114], np.float32)).astype(np.uint8)
        self._frames.append(Frame(picture.time, luma))
        tracked = next(self._tracked)
        measured = self._mouth.look(luma, tracked.points, picture.time)
        # the picture itself need not be kept
        light = TrackedFrame(Frame(picture.time, np.zeros((1, 1), np.uint8)), tracked.points)
        self._seen.append((light, measured))
        while picture.time - self._seen[0][0].frame.time > WINDOW:
            self._seen.popleft()
        self._number += 1
        lips = self._lips()
        self._roll(picture.time, lips)
        points = tracked.points if tracked.has_face else None
        aperture = None if points is None else float(lips.column("inner_aperture")[-1])
        return LiveMoment(
            self._number, picture, points, self._viseme(lips), aperture, self._loudness(picture.time), self._offset
        )

    def finish(self) -> RollingOffset | None:
        """Wait for the offset of the last stretch."""
        if self._waiting is not None:
            self._offset, self._waiting = self._waiting.result(), None
        if self._seen and (self._offset is None or self._offset.time < self._seen[-1][0].frame.time - _RECENT):
            lips = self._lips()
            if lips.has_face.any():
                self._offset = self._ask(float(lips.times.times[-1]), lips).result()
        return self._offset

    def _lips(self) -> LipFeatures:
        rows = [row for row, _ in self._seen]
        last = rows[-1].frame.time
        step = frame_step(np.array([row.frame.time for row in rows]))
        landmarks = Landmarks.from_tracked(iter(rows), last + step, _RATE)
        return lip_features(landmarks, np.array([measured for _, measured in self._seen]))

    def _viseme(self, lips: LipFeatures) -> str:
        last = float(lips.times.times[-1])
        recent = lips.crop(last - _DECODED, last + 1.0)
        return self._model.decoder.decode(recent, self._map).tier.labels[-1] if recent.has_face[-1] else ""

    def _loudness(self, now: float) -> float:
        last = round((now - self._sound_start) * RATE_HZ)
        part = self._sound[max(0, last - int(_LOUDNESS * RATE_HZ)) : max(0, last)]
        power = float(np.mean(part.astype(np.float64) ** 2)) if len(part) else 0.0
        return max(_SILENT_DB, 10 * np.log10(power)) if power > 0 else _SILENT_DB

    def _roll(self, now: float, lips: LipFeatures) -> None:
        if self._waiting is not None and self._waiting.done():
            self._offset, self._waiting = self._waiting.result(), None
        if self._waiting is None and now - self._asked >= OFFSET_EVERY and lips.has_face.any():
            self._asked = now
            self._waiting = self._ask(now, lips)

    def _ask(self, now: float, lips: LipFeatures) -> Future[RollingOffset]:
        """Have the offset of what is kept computed, up to `now`."""
        start = float(lips.times.times[0])
        first = round((start - self._sound_start) * RATE_HZ)
        heard = self._sound[max(0, first) : max(0, round((now - self._sound_start) * RATE_HZ))]
        audio = Audio(np.append(np.zeros(max(0, -first), np.float32), heard), RATE_HZ)
        return self._pool.submit(rolling_offset, _from_zero(lips, start), audio, now, self._limits)


def _warm_up(model: LipModel, viseme_map: VisemeMap) -> None:
    """Load what decoding loads when it is first used, so that no picture waits for it."""
    names = tuple(feature.name for feature in FEATURES)
    nothing, one = np.zeros((3, len(names))), np.ones(len(names))
    times = FrameTimes(np.array([0.0, 0.04, 0.08]), 0.12, _RATE)
    model.decoder.decode(LipFeatures(nothing, names, times, nothing[0], one), viseme_map)


def _stand_back() -> None:
    # on one core the pictures come first
    if hasattr(os, "nice"):
        os.nice(3)


def _from_zero(lips: LipFeatures, start: float) -> LipFeatures:
    times = FrameTimes(lips.times.times - start, lips.times.duration - start, lips.times.rate)
    return LipFeatures(lips.values, lips.names, times, lips.centre, lips.scale)


def _settings(limits: tuple[float, float]) -> Config:
    max_lead, max_lag = limits
    return Config(
        sync=SyncParams(max_lag_seconds=_SEARCH),
        verdict=VerdictParams(max_lead_seconds=max_lead, max_lag_seconds=max_lag),
    )


def rolling_offset(lips: LipFeatures, audio: Audio, now: float, limits: tuple[float, float]) -> RollingOffset:
    """The offset of a stretch of lips and sound that begin together, at 0; runs in the process of its own."""
    began = time.perf_counter()
    spoken = find_speech(audio) if len(audio.samples) > RATE_HZ else None
    speech = 0.0 if spoken is None else sum(x.duration for x in spoken if x.label == SPEECH)
    found: SyncEstimate | None = None
    if spoken is not None and speech >= ENOUGH_SPEECH:
        try:
            tools = Instruments.of(_settings(limits))
            heard = hear(audio, None, tools.settings)
            judged = judge(heard, see(ClipFaces.of(lips), heard, tools), tools)
            found = with_reason(judged.sync)
        except VisalignError:  # no phones in it after all: the next stretch may have some
            found = None
    return RollingOffset(now, speech, found, time.perf_counter() - began)
