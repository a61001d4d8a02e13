"""MikuMikuDance's motion file: morph keys."""

from __future__ import annotations

import struct
from fractions import Fraction

from visalign.errors import ConfigError
from visalign.exports.channels import weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["Vmd"]

_MAGIC = b"Vocaloid Motion Data 0002"
_N_EMPTY_SECTIONS = 4  # camera, light, shadow, visibility


class Vmd:
    """Morphs あいうえおん at 30 frames a second, for the model ``--target``; the player interpolates linearly."""

    name = "vmd"
    title = "MikuMikuDance, VMD morphs"
    suffix = ".vmd"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "played in three.js by MMDLoader, morphs compared; not tried in MikuMikuDance itself"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`.

        Raises
        ------
        ConfigError
            If a name is too long for the file or can't be written in Shift-JIS, or the rate is not 30.
        """
        if options.rate not in (None, self.rate):
            raise ConfigError("fps", str(options.rate), "30: a VMD has no other rate")
        channels = weight_channels(utterance, options, self, default_recipe="mmd")
        keys = [(x.name, f + channels.first_frame, v) for x in channels.curves(options.max_error) for f, v in x]
        keys.sort(key=lambda key: key[1])
        head = _MAGIC.ljust(30, b"\0") + _shift_jis(options.target or "visalign", 20)
        body = b"".join(_shift_jis(name, 15) + struct.pack("<If", frame, value) for name, frame, value in keys)
        return head + struct.pack("<II", 0, len(keys)) + body + struct.pack(f"<{_N_EMPTY_SECTIONS}I", *[0] * 4)


def _shift_jis(text: str, size: int) -> bytes:
    try:
        encoded = text.encode("shift_jis")
    except UnicodeEncodeError as error:
        raise ConfigError("name", text, "characters that Shift-JIS has") from error
    if len(encoded) > size:
        raise ConfigError("name", text, f"at most {size} bytes in Shift-JIS")
    return encoded.ljust(size, b"\0")
