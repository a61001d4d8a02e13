"""Write a clip anew with its sound at another time: streams copied, or one sound track made anew.

Nothing here decides by how much: :mod:`visalign.fix` and :mod:`visalign.attach` do.
"""

from __future__ import annotations

from visalign.remux.copying import CONTAINERS, container_for
from visalign.remux.moving import move_sound
from visalign.remux.sounding import Recording, put_sound, retime_sound
from visalign.remux.time_map import Piece, check_pieces, retimed

__all__ = [
    "CONTAINERS",
    "Piece",
    "Recording",
    "check_pieces",
    "container_for",
    "move_sound",
    "put_sound",
    "retime_sound",
    "retimed",
]
