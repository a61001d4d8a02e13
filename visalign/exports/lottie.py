"""Lottie: a drawn mouth that opens and spreads, for web pages and apps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.errors import ConfigError
from visalign.exports.channels import Channels, weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["FULL_SIZE", "REST_SIZE", "Lottie"]

_PAGE = (400, 300)
REST_SIZE, FULL_SIZE = (120.0, 8.0), (180.0, 148.0)
"""Width and height of the mouth at rest and at full weight, in pixels of a page of 400 × 300."""

_OPENS, _SPREADS = "ParamMouthOpenY", "ParamMouthForm"
_DARK, _LIP = [0.25, 0.05, 0.08, 1], [0.75, 0.3, 0.32, 1]
_EASE = {"o": {"x": [0], "y": [0]}, "i": {"x": [1], "y": [1]}}  # a straight line from key to key


class Lottie:
    """An ellipse in the layer ``--target`` (else ``Mouth``) whose size follows two channels, and a marker a word.

    The recipe has the channels ``ParamMouthOpenY`` and ``ParamMouthForm``, how open the mouth is and how wide;
    ``--shapes`` may leave one out.
    """

    name = "lottie"
    title = "Lottie, a drawn mouth"
    suffix = ".json"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "played by lottie-web 5.13 in Chromium, the drawn mouth measured"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`.

        Raises
        ------
        ConfigError
            If the recipe has other channels.
        """
        channels = weight_channels(utterance, options, self, default_recipe="live2d")
        strange = [x for x in channels.names if x not in (_OPENS, _SPREADS)]
        if strange:
            raise ConfigError("recipe", channels.recipe, f"the channels {_OPENS} and {_SPREADS}, not {strange[0]}")
        first = channels.first_frame
        size = {"a": 1, "k": _keys(channels, options.max_error)}
        ellipse = {"ty": "el", "nm": "size", "p": {"a": 0, "k": [0, 0]}, "s": size}
        paint = [
            {"ty": "fl", "c": {"a": 0, "k": _DARK}, "o": {"a": 0, "k": 100}},
            {"ty": "st", "c": {"a": 0, "k": _LIP}, "o": {"a": 0, "k": 100}, "w": {"a": 0, "k": 10}},
        ]
        still = {"p": [0, 0], "a": [0, 0], "s": [100, 100], "r": 0, "o": 100}
        place: dict[str, Any] = {"ty": "tr", **{key: {"a": 0, "k": value} for key, value in still.items()}}
        middle = {"p": [_PAGE[0] / 2, _PAGE[1] / 2, 0], "a": [0, 0, 0], "s": [100, 100, 100], "r": 0, "o": 100}
        last = first + len(channels)
        layer = {
            "ty": 4, "ind": 1, "nm": options.target or "Mouth", "ip": first, "op": last, "st": 0, "sr": 1, "bm": 0,
            "ks": {key: {"a": 0, "k": value} for key, value in middle.items()},
            "shapes": [{"ty": "gr", "nm": "mouth", "it": [ellipse, *paint, place]}],
        }  # fmt: skip
        document = {
            "v": "5.7.0", "nm": utterance.name, "fr": round(float(channels.rate), 6), "ip": first, "op": last,
            "w": _PAGE[0], "h": _PAGE[1], "ddd": 0, "assets": [], "layers": [layer],
            "markers": _markers(utterance, channels),
        }  # fmt: skip
        return (json.dumps(document, ensure_ascii=False) + "\n").encode()


def _keys(channels: Channels, max_error: float) -> list[dict[str, Any]]:
    kept = channels.common_keys(max_error).tolist()
    sizes = _sizes(channels.names, channels.values)
    rows = [{"t": k + channels.first_frame, "s": np.round(sizes[k], 3).tolist(), **_EASE} for k in kept]
    return [*rows[:-1], {key: rows[-1][key] for key in ("t", "s")}]


def _sizes(names: Sequence[str], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Width and height of the mouth at each frame."""
    by_name = dict(zip(names, values.T, strict=True))
    still = np.zeros(len(values))
    weights = np.column_stack([by_name.get(name, still) for name in (_SPREADS, _OPENS)])
    return REST_SIZE + weights * np.subtract(FULL_SIZE, REST_SIZE)


def _markers(utterance: Utterance, channels: Channels) -> list[dict[str, Any]]:
    words = [x for x in utterance.words if x.label]
    frames = [(round(x.start * channels.rate), round(x.end * channels.rate), x.label) for x in words]
    return [{"tm": a + channels.first_frame, "cm": label, "dr": max(1, b - a)} for a, b, label in frames]
