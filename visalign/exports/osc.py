"""A stream of Open Sound Control messages with their times, as liblo's tools record and play them.

``oscsendfile HOST PORT FILE`` sends each message when it is due [1]_: VRChat, for one, listens on port 9000 and sets
the avatar's parameters [2]_.

Conventions
-----------
A line is ``seconds.fraction address types values``, both halves of the time tag in hexadecimal, 2**-32 s.

References
----------
.. [1] liblo, oscsendfile and oscdump.
.. [2] VRChat, OSC avatar parameters: ``/avatar/parameters/NAME``.
"""

from __future__ import annotations

import re
from fractions import Fraction

from visalign.exports.channels import weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["OscStream"]

_FRACTION = 1 << 32
# What an address of OSC may not hold (specification 1.0), and what would end it on a line.
_FORBIDDEN = re.compile(r"[\s#*,?\[\]{}]")


class OscStream:
    """A float for each channel under ``--target`` (else ``/avatar/parameters``), sent when it has changed.

    What is sent stays until the next message, so a channel is sent whenever it would be off by more than
    ``--max-error``.
    """

    name = "osc"
    title = "OSC messages with times, for VRChat"
    suffix = ".osc"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "played by liblo's oscsendfile 0.31, the messages received and compared; not tried in VRChat itself"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        prefix = "/" + _FORBIDDEN.sub("_", options.target or "avatar/parameters").strip("/")
        addresses = [f"{prefix}/{_FORBIDDEN.sub('_', name)}" for name in channels.names]
        sent = [float("inf")] * len(addresses)
        lines = []
        for frame, row in enumerate(channels.values.tolist()):
            ticks = round(_FRACTION * (frame + channels.first_frame) / channels.rate)
            tag = f"{ticks // _FRACTION:08x}.{ticks % _FRACTION:08x}"
            for i, value in enumerate(row):
                if abs(value - sent[i]) > options.max_error:
                    lines.append(f"{tag} {addresses[i]} f {value:.4f}\n")
                    sent[i] = value
        return "".join(lines).encode()
