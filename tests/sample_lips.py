"""Lip features, contexts and small models made of random numbers, for tests that need no clip."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from visalign.lips.lip_features import FEATURES, LipFeatures
from visalign.lips.viseme_decoder import MOMENTS, VisemeDecoder
from visalign.sound.speech import N_BANDS
from visalign.sync.foreign_sounds import ForeignSounds
from visalign.sync.speech_context import PHONES
from visalign.sync.streams import Stream
from visalign.timeline import FrameTimes

NAMES = tuple(feature.name for feature in FEATURES)


def frame_times(n_frames: int, rate: int = 25) -> FrameTimes:
    """Frames at a constant rate from 0 s on."""
    return FrameTimes(np.arange(n_frames) / rate, n_frames / rate, Fraction(rate))


def make_lips(
    values: npt.NDArray[np.float64],
    names: tuple[str, ...] = NAMES,
    times: FrameTimes | None = None,
    faceless: Sequence[int] = (),
) -> LipFeatures:
    """Features with these values, of which some frames show no face; centre 0, scale 1."""
    values = values.astype(np.float64)
    values[list(faceless)] = np.nan
    n_features = len(names)
    return LipFeatures(values, names, times or frame_times(len(values)), np.zeros(n_features), np.ones(n_features))


def random_stream(
    rng: np.random.Generator, columns: tuple[str, ...], n_channels: int, n_dims: int, weight: float
) -> Stream:
    """A stream whose coefficients are drawn."""
    return Stream(
        columns,
        rng.normal(0, 0.2, (n_channels * 11, n_dims)).astype(np.float32),
        rng.normal(size=n_dims).astype(np.float32),
        rng.normal(size=(len(columns), n_dims)),
        weight,
    )


def random_decoder(
    rng: np.random.Generator, columns: tuple[str, ...], phones: tuple[str, ...], n_dims: int = 2
) -> VisemeDecoder:
    """A decoder whose parameters are drawn."""
    n, width = len(phones), len(columns) * len(MOMENTS)
    return VisemeDecoder(
        columns,
        phones,
        rng.normal(size=width),
        rng.normal(0, 0.4, (width, n_dims)),
        rng.normal(size=(n, n_dims)),
        rng.dirichlet(np.ones(n)),
        rng.dirichlet(np.ones(n), size=n),
        0.5,
    )


def random_sounds(rng: np.random.Generator, n_rows: int = 1000) -> ForeignSounds:
    """Foreign sounds whose phones and bands are drawn."""
    phones = rng.integers(len(PHONES), size=(2, n_rows)).astype(np.uint8)
    return ForeignSounds(*phones, rng.normal(size=(n_rows, N_BANDS)).astype(np.float16))
