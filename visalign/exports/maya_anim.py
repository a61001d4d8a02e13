"""Maya's animation clipboard file (``.anim``, ASCII)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from visalign.errors import ConfigError
from visalign.exports.channels import Curve, weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["MayaAnim"]

# Maya's names for its frame rates; it has one for each whole rate too, as "12fps".
_TIME_UNITS = {
    Fraction(15): "game", Fraction(24): "film", Fraction(25): "pal", Fraction(30): "ntsc", Fraction(48): "show",
    Fraction(50): "palf", Fraction(60): "ntscf", Fraction(24000, 1001): "23.976fps", Fraction(30000, 1001): "29.97fps",
    Fraction(48000, 1001): "47.952fps", Fraction(60000, 1001): "59.94fps",
}  # fmt: skip


class MayaAnim:
    """Curves of the attributes of ``--target`` (else ``blendShape1``), linear, from frame 1; import with animImport."""

    name = "maya-anim"
    title = "Maya, .anim"
    suffix = ".anim"
    family = "weights"
    rate = Fraction(24)
    first_frame = 1
    verified = "read back by its grammar; written after files of Maya's exporter, not opened in Maya"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        first, last = channels.first_frame, channels.first_frame + len(channels) - 1
        head = ["animVersion 1.1;", "mayaVersion 2018;", f"timeUnit {_time_unit(channels.rate)};", "linearUnit cm;"]
        head += ["angularUnit deg;", f"startTime {first};", f"endTime {last};"]
        node = options.target or "blendShape1"
        curves = channels.curves(options.max_error)
        body = [line for i, x in enumerate(curves) for line in _curve(x, i, node, first)]
        return "".join(f"{line}\n" for line in [*head, *body]).encode()


def _time_unit(rate: Fraction) -> str:
    if rate in _TIME_UNITS:
        return _TIME_UNITS[rate]
    if rate.denominator != 1:
        raise ConfigError("fps", str(rate), "a rate that Maya names: a whole number, 23.976, 29.97, 47.952 or 59.94")
    return f"{rate}fps"


def _curve(curve: Curve, number: int, node: str, first: int) -> Iterator[str]:
    yield f"anim {curve.name} {curve.name} {node} 0 0 {number};"
    yield from ("animData {", "  input time;", "  output unitless;", "  weighted 0;")
    yield from ("  preInfinity constant;", "  postInfinity constant;", "  keys {")
    for frame, value in curve:
        yield f"    {frame + first} {value:.4f} linear linear 1 1 0;"
    yield from ("  }", "}")
