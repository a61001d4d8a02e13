"""Files for rigs, linguists and editors: one module a format."""

from visalign.exports.exporter import EXPORTERS, Exporter, ExportOptions, load_exporter, write_export
from visalign.exports.utterance import Utterance, read_utterance

__all__ = ["EXPORTERS", "ExportOptions", "Exporter", "Utterance", "load_exporter", "read_utterance", "write_export"]
