"""Figures for papers and reports, each a function that returns its axes; see :mod:`visalign.plots.style`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.plots.clip import plot_stages, plot_tracks
    from visalign.plots.lips import plot_lips
    from visalign.plots.maps import plot_clip_mouth, plot_learnt_map, plot_map_fits, plot_mouth
    from visalign.plots.offset import plot_offset, plot_path
    from visalign.plots.scores import plot_confusion, plot_lags, plot_reliability
    from visalign.plots.style import PLOT_SUFFIXES, plot_style, save_plot

__all__ = [
    "PLOT_SUFFIXES",
    "plot_clip_mouth",
    "plot_confusion",
    "plot_lags",
    "plot_learnt_map",
    "plot_lips",
    "plot_map_fits",
    "plot_mouth",
    "plot_offset",
    "plot_path",
    "plot_reliability",
    "plot_stages",
    "plot_style",
    "plot_tracks",
    "save_plot",
]

__getattr__ = lazily(__name__)
