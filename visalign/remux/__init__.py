"""Write a clip anew with its sound at another time: streams copied, or the sound alone made anew."""

from __future__ import annotations

from visalign.remux.moving import move_sound

__all__ = ["move_sound"]
