"""Make speech clearer: less noise, a better balance, an even loudness; in the same time and the same number of samples.

Every step takes sound and returns sound of the same length in which nothing has moved: an impulse stays at its sample.
Otherwise the very offset that visalign measures would change. Steps are functions, and can be chained
(:func:`enhance`), as ``visalign enhance`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.sound.enhancement.adaptive import cancel_noise
    from visalign.sound.enhancement.chain import (
        PRESET_CHAINS,
        STEPS,
        chain_for_alignment,
        enhance,
        enhance_channels,
        parse_chain,
    )
    from visalign.sound.enhancement.equaliser import EQ_PRESETS, Band, equalise, highpass
    from visalign.sound.enhancement.level import normalise_loudness
    from visalign.sound.enhancement.noise_reduction import spectral_subtraction, wiener_filter

__all__ = [
    "EQ_PRESETS",
    "PRESET_CHAINS",
    "STEPS",
    "Band",
    "cancel_noise",
    "chain_for_alignment",
    "enhance",
    "enhance_channels",
    "equalise",
    "highpass",
    "normalise_loudness",
    "parse_chain",
    "spectral_subtraction",
    "wiener_filter",
]

__getattr__ = lazily(__name__)
