"""Unreal Engine's curve table as CSV: a row a curve, a column a time."""

from __future__ import annotations

from fractions import Fraction

from visalign.exports.channels import weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["UnrealCsv"]


class UnrealCsv:
    """First row ``Name`` and the seconds; then each curve's name and values, for Import as CurveTable, linear."""

    name = "unreal-csv"
    title = "Unreal curve table, CSV"
    suffix = ".csv"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "read back with csv; written after Epic's description of curve tables, not opened in Unreal"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        keys = channels.common_keys(options.max_error).tolist()
        rows = [["Name", *(f"{channels.seconds(k):.6f}" for k in keys)]]
        for name, column in zip(channels.names, channels.values.T, strict=True):
            rows.append([name, *(f"{column[k]:.4f}" for k in keys)])
        return "".join(",".join(row) + "\n" for row in rows).encode()
