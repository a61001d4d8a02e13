"""What the read-back tests share: an export of the sample utterance, as bytes or as a file."""

from __future__ import annotations

from typing import Any

from sample_utterance import CHECKED

from visalign.exports import ExportOptions, load_exporter
from visalign.exports.utterance import Utterance


def render(name: str, utterance: Utterance = CHECKED, **options: Any) -> bytes:
    """The bytes of an export with these options."""
    return load_exporter(name).render(utterance, ExportOptions(**options))
