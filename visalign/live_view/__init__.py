"""A view of a clip or stream while it runs: landmarks, viseme, aperture, loudness, and a rolling offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.live_view.analysis import LiveAnalyser, LiveMoment
    from visalign.live_view.source import Picture, Sound, open_source
    from visalign.live_view.viewer import LiveStats, run_live

__all__ = ["LiveAnalyser", "LiveMoment", "LiveStats", "Picture", "Sound", "open_source", "run_live"]

__getattr__ = lazily(__name__)
