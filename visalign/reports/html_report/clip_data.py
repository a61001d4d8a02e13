"""What a clip's page needs to know, as JSON: short tables in the open, long ones packed.

Conventions
-----------
Seconds unless a name says otherwise. Packed arrays are base64 of little-endian integers, row by row; missing values are
the least of their type (the greatest for unsigned ones). Scales stand beside each below.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.animation.lip_trajectory import LIP_CHANNELS
from visalign.files.text_files import rounded
from visalign.media.viewing_copy import ViewingCopy
from visalign.reports.clip_report import SEGMENT_COLUMNS, ClipReport
from visalign.reports.html_report.document import packed
from visalign.reports.wording import tells_offset, word_as_told
from visalign.signals import Audio
from visalign.sync.evidence import ClipEvidence
from visalign.sync.scoring import STEP_COLUMNS
from visalign.timeline import Tier

__all__ = ["clip_data", "openness", "spectrum_data", "weakest_words"]

Floats: TypeAlias = npt.NDArray[np.floating]

_WAVE_STEP = 0.005  # seconds a value of the waveform stands for
_SPECTRUM_HZ = 16000  # rate of the sound that the spectrogram is made of
_SPECTRUM_STEP = 0.01  # seconds a column
_SPECTRUM_WINDOW = 256  # samples, 16 ms: fine enough in time to see closures and bursts
_SPECTRUM_ROWS = 96  # 62.5 Hz each, up to 6 kHz
_SPECTRUM_RANGE_DB = 60.0
_SPECTRUM_LEVELS = 24  # few, so that it packs well
_N_WEAKEST = 3


def clip_data(report: ClipReport, evidence: ClipEvidence, copy: ViewingCopy, sound: Audio) -> dict[str, Any]:
    """All of it; `sound` is what is heard, from time 0 on."""
    sync, clip = report.sync, report.clip
    return {
        "name": clip.name,
        "duration": rounded(max(clip.duration, sound.duration)),
        "silence": clip.silence_viseme,
        "rate": [clip.frame_rate.numerator, clip.frame_rate.denominator],
        "names": dict(clip.names),
        "limits": [clip.max_lead_seconds, clip.max_lag_seconds],
        "sync": {
            "lead": rounded(sync.lead_seconds),
            "interval": None if sync.lead_interval is None else [rounded(x) for x in sync.lead_interval],
            "confidence": rounded(sync.confidence),
            "verdict": sync.verdict,
            "isTold": tells_offset(sync),
        },
        "words": _words(report),
        "phones": _tier(report.phones),
        "expected": _tier(report.expected_visemes),
        "observed": _tier(report.observed_visemes),
        "frames": _frames(report, evidence, copy),
        "visemes": _visemes(evidence),
        "path": {
            "expected": packed(evidence.path_expected, "u4"),
            "observed": packed(evidence.path_observed, "u4"),
        },
        "local": _local(evidence),
        "density": _density(evidence),
        "wave": _wave(sound),
        "video": {
            "width": copy.width_px,
            "height": copy.height_px,
            "pictureHeight": copy.picture_height_px,
            "mouth": list(copy.mouth_px),
        },
    }


def weakest_words(report: ClipReport) -> list[int]:
    """Rows of the words with the lowest scores, the lowest first; at most three, and none that is in sync."""
    known = [
        (word.wellness, row)
        for row, word in enumerate(report.judged_words)
        if word.verdict != "in-sync" and np.isfinite(word.score)
    ]
    return [row for _, row in sorted(known)[:_N_WEAKEST]]


def openness(evidence: ClipEvidence) -> tuple[Floats, Floats]:
    """How far the mouth is open, observed and expected: 0 closed, 1 as wide as it gets in this clip; NaN unknown."""
    return _relative(evidence.aperture), _relative(evidence.expected_aperture)


def _relative(values: Floats) -> Floats:
    known = values[np.isfinite(values)]
    if not len(known):
        return np.full(len(values), np.nan)
    low, high = np.percentile(known, [2, 98])
    return np.asarray(np.clip((values - low) / max(high - low, 1e-6), -0.1, 1.2))


def _words(report: ClipReport) -> list[list[Any]]:
    """A row a word: label, start, end, phones, expected, observed, accuracy, lead, score, verdict, and its step."""
    numbers = {"viseme_accuracy", "lead_seconds", "score", "start", "end", *STEP_COLUMNS}
    rows = []
    for word in report.judged_words:
        verdict, lead = word_as_told(report.sync, word.verdict, word.told_lead_seconds)
        told = {"verdict": verdict, "lead_seconds": lead}
        values = {key: told.get(key, getattr(word, key)) for key in SEGMENT_COLUMNS}
        rows.append([rounded(x) if key in numbers else x for key, x in values.items()])
    return rows


def _tier(tier: Tier) -> list[list[Any]]:
    return [[x.label, rounded(x.start), rounded(x.end), rounded(x.score)] for x in tier]


def _frames(report: ClipReport, evidence: ClipEvidence, copy: ViewingCopy) -> dict[str, Any]:
    observed, expected = openness(evidence)
    return {
        "times": packed(evidence.times, "f8"),
        "end": rounded(report.clip.duration),
        "mouth": _landmarks(evidence, copy),  # 1/10000 of the width of the enlarged mouth
        "places": _places(evidence, copy) if len(report.clip.faces) > 1 else None,  # 1/10000 of the picture
        "observed": _signed(1000 * observed),  # 1/1000
        "expected": _signed(1000 * expected),
        "aperture": _signed(10000 * evidence.aperture),  # 1/10000 iod
        "shapes": _signed(10000 * evidence.expected_shapes),
        "channels": list(LIP_CHANNELS),
    }


def _landmarks(evidence: ClipEvidence, copy: ViewingCopy) -> str | None:
    if evidence.mouth is None:
        return None
    boxes = copy.boxes[:, None, :]
    return _signed(10000 * (evidence.mouth - boxes[..., :2]) / boxes[..., 2:3])


def _places(evidence: ClipEvidence, copy: ViewingCopy) -> str:
    """Where in the picture the enlarged mouth is: left, top, width, height; NaN without a face."""
    width, height = copy.original_px
    is_seen = np.isfinite(evidence.aperture)[:, None]
    return _signed(np.where(is_seen, 10000 * copy.boxes / (width, height, width, height), np.nan))


def _signed(values: Floats) -> str:
    least = np.iinfo(np.int16).min
    return packed(np.where(np.isfinite(values), np.clip(values, least + 1, -least - 1), least), "i2")


def _visemes(evidence: ClipEvidence) -> dict[str, Any]:
    known = np.isfinite(evidence.posteriors)
    return {
        "names": list(evidence.visemes),
        "first": rounded(float(evidence.moments[0])),
        "step": rounded(float(np.diff(evidence.moments[:2]).sum())),
        "posteriors": packed(np.where(known, 250 * evidence.posteriors, 255), "u1"),  # 1/250
    }


def _local(evidence: ClipEvidence) -> dict[str, Any]:
    local = evidence.local
    return {
        "first": rounded(float(local.times[0])),
        "step": rounded(float(np.diff(local.times[:2]).sum())),
        "lead": _signed(10000 * local.lead),  # 1/10 ms
        "low": _signed(10000 * local.low),
        "high": _signed(10000 * local.high),
    }


def _density(evidence: ClipEvidence) -> dict[str, Any]:
    leads, density = evidence.density_leads, evidence.density
    return {
        "first": rounded(float(leads[0])),
        "step": rounded(float(leads[1] - leads[0])),
        "values": packed(65000 * density / density.max(), "u2"),  # of the highest
    }


def _wave(sound: Audio) -> dict[str, Any]:
    size = max(1, round(_WAVE_STEP * sound.rate_hz))
    n = len(sound.samples) // size
    blocks = sound.samples[: n * size].reshape(n, size)
    peak = max(float(np.abs(sound.samples).max(initial=0.0)), 1e-4)
    ends = np.column_stack([blocks.min(axis=1), blocks.max(axis=1)]) if n else np.zeros((0, 2))
    return {"step": size / sound.rate_hz, "ends": packed(127 * ends / peak, "i1")}


def spectrum_data(sound: Audio) -> dict[str, Any] | None:
    """The spectrogram, apart because only some readers ask for it; None of a sound of less than 10 ms.

    Power in dB below the loudest, as levels 0 .. 255 (loudest), deflated; a column every 10 ms.
    """
    step = round(_SPECTRUM_STEP * sound.rate_hz)
    window = round(_SPECTRUM_WINDOW * sound.rate_hz / _SPECTRUM_HZ)
    n = len(sound.samples) // step
    if n == 0:
        return None
    padded = np.pad(sound.samples, (window // 2, window))
    taper = np.hanning(window).astype(np.float32)
    columns = [_column(padded[part : part + window] * taper) for part in range(0, n * step, step)]
    levels = np.array(columns, np.float32)
    above = 1.0 - np.clip(levels.max() - levels, 0.0, _SPECTRUM_RANGE_DB) / _SPECTRUM_RANGE_DB
    shades = np.round(np.round(above * _SPECTRUM_LEVELS) * (255 / _SPECTRUM_LEVELS)).astype(np.uint8)
    return {
        "step": step / sound.rate_hz,
        "rows": _SPECTRUM_ROWS,
        "rowHz": sound.rate_hz / window,
        "deflated": base64.b64encode(zlib.compress(shades.tobytes(), 9)).decode("ascii"),
    }


def _column(windowed: Floats) -> Floats:
    power = np.abs(np.fft.rfft(windowed)[:_SPECTRUM_ROWS]) ** 2
    return np.asarray(10 * np.log10(power + 1e-9))
