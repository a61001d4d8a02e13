"""Write a clip anew: its sound at another time, copied or made anew, or other pictures to the same sound.

Nothing here decides which: :mod:`visalign.correct.fix`, :mod:`visalign.correct.attach` and
:mod:`visalign.plots.overlay` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.media.remux.copying import CONTAINERS, container_for
    from visalign.media.remux.moving import move_sound
    from visalign.media.remux.picturing import put_picture
    from visalign.media.remux.sounding import Recording, put_sound, retime_sound
    from visalign.media.remux.time_map import Piece, check_pieces, retimed

__all__ = [
    "CONTAINERS",
    "Piece",
    "Recording",
    "check_pieces",
    "container_for",
    "move_sound",
    "put_picture",
    "put_sound",
    "retime_sound",
    "retimed",
]

__getattr__ = lazily(__name__)
