"""The plot of the offset."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_report import EARLY, make_report

from visalign.errors import ConfigError
from visalign.plots import (
    plot_offset,
)
from visalign.sync.verdict import SyncEstimate


def test_the_offset_plot_shows_the_curve_the_lead_and_its_interval() -> None:
    axes = plot_offset(make_report())
    curve, line = axes.lines
    assert curve.get_xdata() == pytest.approx([0.0, 40.0, 80.0])
    assert curve.get_ydata() == pytest.approx([-9.0, -2.5, 0.0])
    assert line.get_xdata() == pytest.approx([83.0001, 83.0001])
    spans = sorted((p.get_x(), p.get_x() + p.get_width()) for p in axes.patches)
    assert spans == [pytest.approx((-60.0, 40.0)), pytest.approx((61.0, 105.0))]
    assert axes.get_title(loc="left") == "Audio 83 ms early (2.1 frames)\n95 %: +61 to +105 ms"


def test_what_does_not_fit_has_a_curve_and_no_lead() -> None:
    axes = plot_offset(make_report(sync=replace(EARLY, verdict="mismatched")))
    assert len(axes.lines) == 1
    assert len(axes.patches) == 1  # what counts as in sync
    assert axes.get_title(loc="left") == "Lips and sound do not fit"


def test_an_offset_plot_needs_a_curve() -> None:
    nothing = SyncEstimate(None, None, 0.0, "uncertain", "there is no face")
    with pytest.raises(ConfigError, match="there is no face"):
        plot_offset(make_report(sync=nothing))
