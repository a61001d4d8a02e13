"""Curves that never change, so that goldens hold formats and not the tuning of the mouth's movement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from visalign.animation.weight_curves import WeightCurves
from visalign.visemes.expected import VisemeTarget
from visalign.visemes.viseme_map import VisemeMap

RAMP_SECONDS = 0.08


def plain_curves(targets: Sequence[VisemeTarget], viseme_map: VisemeMap, times: Any, **_: Any) -> WeightCurves:
    """A trapezium a target, as high as 1, with straight flanks about its boundaries."""
    wanted = np.asarray(times, dtype=np.float64)
    values = np.zeros((len(wanted), len(viseme_map.visemes)))
    for target in targets:
        rise = (wanted - target.interval.start) / RAMP_SECONDS + 0.5
        fall = (target.interval.end - wanted) / RAMP_SECONDS + 0.5
        column = viseme_map.visemes.index(target.viseme)
        values[:, column] += np.clip(np.minimum(rise, fall), 0.0, 1.0)
    return WeightCurves(viseme_map.visemes, wanted, np.clip(values, 0.0, 1.0))
