"""Files for rigs, linguists and editors: one module a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.exports.exporter import EXPORTERS, Exporter, ExportOptions, load_exporter, write_export
    from visalign.exports.reading import read_utterance
    from visalign.exports.utterance import Utterance

__all__ = ["EXPORTERS", "ExportOptions", "Exporter", "Utterance", "load_exporter", "read_utterance", "write_export"]

__getattr__ = lazily(__name__)
