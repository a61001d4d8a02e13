"""Clips for tuning that take no time to prepare."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tuning_outcomes import OTHER_TEXT, TEXT

from visalign.config import Config
from visalign.evaluation.protocol import half_shifted, shifted
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures
from visalign.signals import Audio
from visalign.sync.judging import hear
from visalign.sync.lip_model import LipModel
from visalign.tuning.material import TuningClip, with_foreign_sound


@pytest.fixture(scope="module")
def clips(generated_lips: LipFeatures, generated_audio: Audio) -> list[TuningClip]:
    """The generated clip in eight versions of different noise on the lips, said by four people."""
    own = hear(generated_audio, TEXT, Config())
    other = hear(shifted(generated_audio, -0.7), OTHER_TEXT, Config())
    cut = hear(half_shifted(generated_audio, own.words[3].start, 0.2), TEXT, Config())
    found = []
    for k in range(8):
        rng = np.random.default_rng(k)
        noise = rng.normal(0.0, 0.2 + 0.1 * k, generated_lips.values.shape) * generated_lips.scale
        lips = replace(generated_lips, values=generated_lips.values + noise)
        heard = own if k % 2 == 0 else other
        found.append(
            TuningClip(
                f"clip {k}", f"speaker {k // 2}", LipModel.load(), ClipFaces.of(lips), heard, ((3, cut),), None, 0.1
            )
        )
    return with_foreign_sound(found)
