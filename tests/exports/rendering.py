"""What the read-back tests share: an export of the sample utterance, as bytes, and the curves that it is made from."""

from __future__ import annotations

from typing import Any

from sample_utterance import CHECKED

from visalign.exports import ExportOptions, load_exporter
from visalign.exports.channels import Channels, weight_channels
from visalign.exports.utterance import Utterance

ERROR = 0.01  # that fewer keys may cost
ROUNDING = 6e-5  # of four decimals


def render(name: str, utterance: Utterance = CHECKED, **options: Any) -> bytes:
    """The bytes of an export with these options."""
    return load_exporter(name).render(utterance, ExportOptions(**options))


def channels_of(name: str, recipe: str = "arkit_openfacefx", **options: Any) -> Channels:
    """The curves that an export of the sample utterance with these options is made from."""
    return weight_channels(CHECKED, ExportOptions(**options), load_exporter(name), default_recipe=recipe)
