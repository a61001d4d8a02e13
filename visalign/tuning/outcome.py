"""What a configuration makes of one clip, its faults and its foreign sound: plain numbers that rewards are made of."""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.config import Config
from visalign.evaluation.protocol import FEW_SHIFTS, FRAME_SECONDS, SHORT_WINDOWS, window_starts
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import DecodedVisemes, VisemeDecoder
from visalign.sync.estimate import best_lead, lag_density, lag_evidence
from visalign.sync.judging import Heard, Instruments, judge, see
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.scoring import SyncScore
from visalign.tuning.material import TuningClip
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["ClipOutcome", "Placement", "WordScores", "try_clip"]

Floats: TypeAlias = npt.NDArray[np.float64]

_NONE = SyncScore.zero()


@dataclass(frozen=True, slots=True)
class Placement:
    """A lead that was measured where the true one is known.

    Parameters
    ----------
    error : float
        Measured less true lead, seconds; NaN where none was measured.
    confidence : float
        What the estimate claims: the probability to be right within a frame.
    """

    error: float
    confidence: float


@dataclass(frozen=True, slots=True)
class WordScores:
    """Scores and verdicts of the words of one kind of clip.

    Parameters
    ----------
    scores : tuple of float
        0..1; 0.5 where the lips can't be seen.
    called : tuple of str
        Verdicts.
    """

    scores: tuple[float, ...] = ()
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """What a configuration makes of one clip. What was not asked for is empty.

    Parameters
    ----------
    name, speaker : str
    shifted : tuple of Placement
        Whole clips, one a shift of :data:`~visalign.evaluation.protocol.FEW_SHIFTS`.
    windows : tuple of tuple of Placement
        One a length of :data:`~visalign.evaluation.protocol.SHORT_WINDOWS`.
    good, moved, dubbed : WordScores
        Words in sync, words after the cut of clips that were cut and moved, words of a foreign sound.
    own_visemes, foreign_visemes : SyncScore
        Counts of frames whose observed viseme is acceptable, with the own sound and a foreign one.
    passed, withheld : bool or None
        The clip was called in sync; with a foreign sound it was not. None where that was not asked.
    preparing_seconds : float
    """

    name: str
    speaker: str
    shifted: tuple[Placement, ...] = ()
    windows: tuple[tuple[Placement, ...], ...] = ()
    good: WordScores = WordScores()
    moved: WordScores = WordScores()
    dubbed: WordScores = WordScores()
    own_visemes: SyncScore = _NONE
    foreign_visemes: SyncScore = _NONE
    passed: bool | None = None
    withheld: bool | None = None
    preparing_seconds: float = 0.0


def try_clip(clip: TuningClip, config: Config, needs: Collection[str]) -> ClipOutcome:
    """Measure a clip with a configuration.

    Parameters
    ----------
    clip : TuningClip
    config : Config
    needs : collection of str
        Some of "shifted", "windows", "words" and "visemes": the rest is not computed.
    """
    outcome = ClipOutcome(clip.name, clip.speaker, preparing_seconds=clip.preparing_seconds)
    if "shifted" in needs:
        outcome = replace(outcome, shifted=_shifted(clip, config))
    if "windows" in needs:
        outcome = replace(outcome, windows=tuple(_windows(clip, config, n) for n in SHORT_WINDOWS))
    if "words" in needs or "visemes" in needs:
        own = _judged(clip, clip.own, config)
        outcome = replace(outcome, good=own.words, own_visemes=own.visemes, passed=own.verdict == "in-sync")
        if clip.foreign is not None:
            other = _judged(clip, clip.foreign, config)
            outcome = replace(
                outcome, dubbed=other.words, foreign_visemes=other.visemes, withheld=other.verdict != "in-sync"
            )
    if "words" in needs:
        outcome = replace(outcome, moved=_moved(clip, config))
    return outcome


def _shifted(clip: TuningClip, config: Config) -> tuple[Placement, ...]:
    """Leads of the whole clip, moved by each of :data:`~visalign.evaluation.protocol.FEW_SHIFTS`."""
    limit, lips = config.sync.max_lag_seconds, _lips(clip, config)
    wide = lag_evidence(clip.model.streams, lips, clip.own.context, limit + max(FEW_SHIFTS), config.evidence)
    total = wide.log_likelihoods.sum(axis=0)
    calibration = clip.model.calibration.trusted(config.evidence)
    found = []
    for shift in FEW_SHIFTS:
        # A clip whose sound is made early by `shift` has the evidence for lag L that this one has for L - shift.
        within = np.abs(wide.lags + shift) <= limit + 1e-9
        lags = wide.lags[within] + shift
        found.append(_placed(lags, total[within], calibration, shift))
    return tuple(found)


def _windows(clip: TuningClip, config: Config, n_frames: int) -> tuple[Placement, ...]:
    """Leads of windows of some frames against the whole sound, as in the protocol of SyncNet."""
    words, lips = clip.own.words, _lips(clip, config)
    found = []
    length = n_frames * FRAME_SECONDS
    for first in window_starts(words[0].start, words[-1].end, length):
        part = lips.crop(first, first + length)
        if len(part) and part.has_face.any():
            found.append(_window(clip, part, config))
        else:
            found.append(Placement(np.nan, 0.0))
    return tuple(found)


def _window(clip: TuningClip, part: LipFeatures, config: Config) -> Placement:
    limit = config.sync.max_lag_seconds
    evidence = lag_evidence(clip.model.streams, part, clip.own.context, limit, config.evidence)
    calibration = clip.model.calibration.trusted(config.evidence)
    return _placed(evidence.lags, evidence.log_likelihoods.sum(axis=0), calibration, 0.0)


def _placed(lags: Floats, curve: Floats, calibration: Calibration, truth: float) -> Placement:
    lead, confidence = best_lead(*lag_density(lags, curve, calibration))
    return Placement(lead - truth, confidence)


def _lips(clip: TuningClip, config: Config) -> LipFeatures:
    """Those that are judged with the clip's own sound."""
    return see(clip.faces, clip.own, _instruments(clip, config)).lips


@dataclass(frozen=True, slots=True)
class _Judged:
    words: WordScores
    visemes: SyncScore
    verdict: str


def _judged(clip: TuningClip, heard: Heard, config: Config) -> _Judged:
    """What a check makes of the clip with one of its sounds."""
    tools = _instruments(clip, config)
    found = judge(heard, see(clip.faces, heard, tools), tools, is_own=heard is not clip.foreign)
    scores = tuple(0.5 if np.isnan(word.score) else word.score for word in found.words)
    verdicts = tuple(word.verdict for word in found.words)
    return _Judged(WordScores(scores, verdicts), found.score, found.sync.verdict)


def _instruments(clip: TuningClip, config: Config) -> Instruments:
    return Instruments(_remembering(clip.model), load_map(config.sync.viseme_map), config)


@functools.cache
def load_map(name: str) -> VisemeMap:
    """A viseme map, read once."""
    return VisemeMap.load(name)


class _Same:
    """A map as the key of a cache: the very object, whatever file it came from."""

    def __init__(self, value: VisemeMap) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


class _RememberingDecoder(VisemeDecoder):
    """Reads the visemes of some lips once a map: no setting that is searched changes them."""

    def decode(self, lips: LipFeatures, viseme_map: VisemeMap) -> DecodedVisemes:
        return _decoded(self, lips, _Same(viseme_map))


@functools.lru_cache(maxsize=64)
def _remembering(model: LipModel) -> LipModel:
    known = {field.name: getattr(model.decoder, field.name) for field in fields(model.decoder)}
    return replace(model, decoder=_RememberingDecoder(**known))


@functools.lru_cache(maxsize=4096)
def _decoded(decoder: VisemeDecoder, lips: LipFeatures, viseme_map: _Same) -> DecodedVisemes:
    return VisemeDecoder.decode(decoder, lips, viseme_map.value)


def _moved(clip: TuningClip, config: Config) -> WordScores:
    """Words after the cut."""
    scores, called = list[float](), list[str]()
    for first, heard in clip.cut:
        words = _judged(clip, heard, config).words
        scores += words.scores[first:]
        called += words.called[first:]
    return WordScores(tuple(scores), tuple(called))
