"""A Rive file with a state machine that has one number input: the least that Rive's runtime takes.

After the description of the binary format in Rive's documentation: a head, an empty table of contents (all properties
are known to the runtime), objects as a type key, properties as key and value, and a zero.
"""

from __future__ import annotations

import struct

_BACKBOARD, _ARTBOARD, _STATE_MACHINE, _NUMBER, _LAYER = 23, 1, 53, 56, 57
_ANY, _ENTRY, _EXIT = 62, 63, 64
_NAME, _WIDTH, _HEIGHT, _ANIMATION_NAME, _COMPONENT_NAME, _VALUE = 4, 7, 8, 55, 138, 140

Property = tuple[int, str | float]


def rive_file(machine: str, number: str) -> bytes:
    """The file of a state machine and its number input."""
    objects = [
        _object(_BACKBOARD),
        _object(_ARTBOARD, (_NAME, "Mouth"), (_WIDTH, 100.0), (_HEIGHT, 100.0)),
        _object(_STATE_MACHINE, (_ANIMATION_NAME, machine)),
        _object(_NUMBER, (_COMPONENT_NAME, number), (_VALUE, 0.0)),
        _object(_LAYER, (_COMPONENT_NAME, "Layer 1")),
        *(_object(x) for x in (_ANY, _ENTRY, _EXIT)),
    ]
    return b"RIVE" + _varuint(7) + _varuint(0) + _varuint(1) + _varuint(0) + b"".join(objects)


def _object(kind: int, *properties: Property) -> bytes:
    return _varuint(kind) + b"".join(_varuint(key) + _value(x) for key, x in properties) + _varuint(0)


def _value(x: str | float) -> bytes:
    return _varuint(len(x.encode())) + x.encode() if isinstance(x, str) else struct.pack("<f", x)


def _varuint(x: int) -> bytes:
    found = bytearray()
    while True:
        x, low = x >> 7, x & 0x7F
        found.append(low | (0x80 if x else 0))
        if not x:
            return bytes(found)
