r"""The bias of a speaker and a camera, learnt from a clip that is known to be in sync.

Lips of one speaker come a little earlier before their sounds than those of another, a camera shows a frame some
milliseconds after it was exposed, and a microphone stands metres away. All of that is the same in every take, so a clip
of the same speaker, camera and recorder that is in sync tells it: the lead that is measured there. It is taken off the
lead of another clip, and what is left of its uncertainty is that of both measurements in place of the scatter between
speakers.

Method
------
How a lead scatters within one speaker was measured on GRID (docs/decisions/0176): by
:data:`~visalign.sync.own_bias.SCATTER_OF_A_SECOND` over the root of how many seconds are spoken, and of a reference,
whose phones are recognised, by :data:`~visalign.sync.own_bias.SCATTER_WITHOUT_TEXT`. So the scatter that blurs the
evidence of a clip (:class:`~visalign.sync.lip_model.Calibration`) becomes

.. math:: \sigma^2 = \frac{s^2}{T} + \frac{s_r^2}{T_r} + \sigma_r^2

with the seconds of speech :math:`T` of the clip and :math:`T_r` of the reference, and the width :math:`\sigma_r` of
the reference's own evidence.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips make it.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np

from visalign.errors import AnyPath, InputError
from visalign.lips.clip_faces import read_faces
from visalign.media.clips import read_audio
from visalign.parameters import ThresholdParams
from visalign.sync.estimate import lag_density
from visalign.sync.judging import Instruments, Judged, hear, judge, see
from visalign.sync.own_bias import SCATTER_WITHOUT_TEXT, OwnBias

__all__ = ["MOST_BIAS", "bias_of", "with_reference"]

MOST_BIAS = 0.1
"""Seconds; what is further from sync is no clip that is known to be in sync: speakers differ by 12 ms."""


def with_reference(instruments: Instruments) -> Instruments:
    """The same instruments with the bias that the reference clip of their settings tells; without one, as they are.

    Raises
    ------
    InputError
        If the reference can't be analysed, lips and sound do not belong together in it, or it is not in sync.
    """
    path = instruments.settings.sync.reference
    if not path:
        return instruments
    stat = Path(path).stat() if Path(path).exists() else None
    state = () if stat is None else (stat.st_size, stat.st_mtime_ns)
    return replace(instruments, own_bias=_bias(path, state, instruments))


def _width(judged: Judged) -> float:
    """Standard deviation of what the evidence of a clip alone says of its lead, seconds."""
    evidence, calibration = judged.comparison.evidence, judged.comparison.calibration
    fine, density = lag_density(evidence.lags, evidence.total, replace(calibration, lag_scatter=_SHARP))
    return float(np.sqrt(density @ (fine - density @ fine) ** 2))


_SHARP = 5e-4  # seconds: a quarter of the step of a density


@functools.lru_cache(maxsize=4)
def _bias(path: str, _state: tuple[int, ...], instruments: Instruments) -> OwnBias:
    settings = instruments.settings
    plain = replace(settings, sync=replace(settings.sync, reference=""))
    tools = replace(instruments, settings=plain)
    sound = read_audio(path)
    heard = hear(sound, None, tools.settings)
    seen = see(read_faces(path, detect_every=settings.lips.detect_every), heard, tools)
    return bias_of(judge(heard, seen, tools), path, settings.thresholds)


def bias_of(judged: Judged, path: AnyPath, thresholds: ThresholdParams) -> OwnBias:
    """What a clip that is known to be in sync tells of its speaker and camera.

    Parameters
    ----------
    judged : Judged
        The clip, judged without a reference.
    path : path-like
        The clip.
    thresholds : ThresholdParams
        How sure its lead has to be.

    Raises
    ------
    InputError
        If its lead can't be told, or is too large for a bias.
    """
    sync = judged.sync
    if sync.lead_seconds is None or sync.confidence < thresholds.min_confidence:
        raise InputError(
            f"{path}: the reference tells no bias: its lead can't be told (confidence {sync.confidence:.2f}). Give a "
            "longer clip of the same speaker and camera, with a face that speaks."
        )
    if abs(sync.lead_seconds) > MOST_BIAS:
        where = "early" if sync.lead_seconds > 0 else "late"
        raise InputError(
            f"{path}: the reference is not in sync: its sound is {abs(1000 * sync.lead_seconds):.0f} ms {where}, more "
            f"than speakers and cameras differ by ({1000 * MOST_BIAS:.0f} ms). Give a clip that is known to be in sync."
        )
    seconds = judged.estimate.speech_seconds
    scatter = float(np.hypot(SCATTER_WITHOUT_TEXT / np.sqrt(seconds), _width(judged)))
    return OwnBias(Path(path).name, sync.lead_seconds, scatter, seconds)
