"""Figures: they show what was measured, look alike everywhere, and are the same bytes twice."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_report import EARLY, EXPECTED, OBSERVED, make_report
from typer.testing import CliRunner

from visalign.cli import app
from visalign.errors import ConfigError
from visalign.face.generated_clip import GeneratedClip
from visalign.files.text_files import format_table, write_text
from visalign.lips.closures import find_closures
from visalign.lips.lip_features import LipFeatures
from visalign.pipeline import check, observe
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

mpl = pytest.importorskip("matplotlib")
plt = pytest.importorskip("matplotlib.pyplot")

from visalign.plots import (  # noqa: E402 - after the check that Matplotlib is there
    plot_confusion,
    plot_lags,
    plot_lips,
    plot_offset,
    plot_path,
    plot_reliability,
    plot_stages,
    plot_tracks,
)
from visalign.plots.offset import MOST_SECONDS  # noqa: E402
from visalign.plots.samples import (  # noqa: E402
    SUMMARY_COLUMNS,
    LeadSample,
    read_summary,
)
from visalign.plots.scores import viseme_confusion  # noqa: E402
from visalign.plots.style import ARTICULATOR_TINTS  # noqa: E402
from visalign.plots.tiers import draw_intervals  # noqa: E402

TINTS = {"in": "#bfe3d8", "early": "#f4c3a0", "late": "#eec3de"}


@pytest.fixture(scope="module")
def report(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> ClipReport:
    """Of the generated clip, with its evidence."""
    return check(generated_lips, generated_clip.transcript, audio=generated_audio, evidence=True)


def texts(axes) -> list[str]:
    return [x.get_text() for x in axes.texts]


def lead(seconds: float, verdict: str = "in-sync", confidence: float = 0.9, name: str = "a.mp4") -> LeadSample:
    return LeadSample((name,), seconds, verdict, confidence)


# --- one clip ---------------------------------------------------------------------------------------------------


def test_tracks_have_a_row_for_all_that_is_known(report: ClipReport, generated_audio: Audio) -> None:
    assert len(plot_tracks(report, generated_audio)) == 7
    rows = plot_tracks(replace(report, evidence=None))  # as read from a file
    assert len(rows) == 4
    shown = [text.split("\n")[0] for text in texts(rows[0])]
    assert shown == ["bin", "blue", "at", "f", "two", "now"]


def test_expected_visemes_are_drawn_where_they_should_be_seen(report: ClipReport) -> None:
    words, _, expected, observed = plot_tracks(replace(report, evidence=None))
    assert report.sync.lead_seconds is not None
    ms = round(1000 * report.sync.lead_seconds)
    assert f"{ms} ms later" in expected.get_ylabel()
    closed = [x for x in report.expected_visemes if x.label == "C"]
    drawn = [p for p in expected.patches if p.get_facecolor() == mpl.colors.to_rgba(ARTICULATOR_TINTS["bilabial"])]
    assert [p.get_x() for p in drawn] == pytest.approx([x.start + report.sync.lead_seconds for x in closed])
    assert observed.get_xlim() == words.get_xlim()


def test_shapes_are_named_where_there_is_room_and_have_a_key(report: ClipReport) -> None:
    first, *_, observed = plot_tracks(replace(report, evidence=None))
    assert "at rest" in texts(observed)
    key = first.figure.get_supxlabel()
    assert "C lips together" in key
    near, _, _, _ = plot_tracks(replace(report, evidence=None), start=1.0, end=1.5)
    assert near.figure.get_supxlabel() == key, "pages of an overlay are as high as one another"


def test_a_mismatch_has_no_lead_in_its_tracks(report: ClipReport, generated_audio: Audio) -> None:
    unfit = replace(report, sync=replace(report.sync, verdict="mismatched"))
    axes = plot_tracks(unfit, generated_audio)
    assert axes[0].get_title(loc="left").endswith(": Lips and sound do not fit")
    assert [x.get_ylabel().split("\n")[0] for x in axes][-1] == "lip opening"  # and no row of local leads
    assert not any(re.search(r"[+\u2212-]\d|later|earlier", told) for x in axes for told in (*texts(x), x.get_ylabel()))


def test_tracks_show_the_measured_opening_and_the_local_lead(report: ClipReport) -> None:
    *_, opening, local = plot_tracks(report)
    assert report.evidence is not None
    measured = next(line for line in opening.lines if line.get_label() == "measured")
    assert np.asarray(measured.get_ydata()) == pytest.approx(report.evidence.aperture, nan_ok=True)
    low, high = local.get_ylim()
    assert low < 1000 * np.nanmin(report.evidence.local.low[5:20])
    assert high > 1000 * np.nanmax(report.evidence.local.high[5:20])


def test_the_stretch_can_be_chosen_and_must_not_be_empty(report: ClipReport) -> None:
    assert plot_tracks(report, start=1.0, end=1.5)[0].get_xlim() == (1.0, 1.5)
    with pytest.raises(ConfigError, match="an end after the start"):
        plot_tracks(report, start=1.5, end=1.0)


def test_the_path_is_that_of_the_evidence_on_its_costs(report: ClipReport) -> None:
    axes, kept = plot_path(report, start=0.0, end=3.0), report.evidence
    assert kept is not None
    path = axes.lines[-1]
    assert np.asarray(path.get_xdata()) == pytest.approx(kept.moments[kept.path_observed])
    assert np.asarray(path.get_ydata()) == pytest.approx(kept.moments[kept.path_expected])
    costs = np.asarray(axes.images[0].get_array())
    assert costs.shape == (len(kept.moments),) * 2
    # along the path pairs are cheaper than pairs in general, or rows and columns are mixed up
    assert costs[kept.path_expected, kept.path_observed].mean() < 0.5 * costs.mean()


def test_stages_show_mouths_and_the_peak_of_the_evidence(
    report: ClipReport, generated_clip: GeneratedClip, generated_audio: Audio
) -> None:
    rows = plot_stages(report, generated_clip.path, generated_audio)
    assert len(rows) == 7
    mouths = rows[3].images
    assert len(mouths) >= 5
    assert len({np.asarray(x.get_array()).tobytes() for x in mouths}) == len(mouths)  # they are not one picture
    density = rows[6].lines[0]
    assert report.sync.lead_seconds is not None
    best = np.asarray(density.get_ydata())[np.asarray(density.get_xdata()).argmax()]
    assert best == pytest.approx(1000 * report.sync.lead_seconds, abs=10)
    assert any("early" in text for text in texts(rows[6]))


def test_what_needs_evidence_says_so() -> None:
    with pytest.raises(ConfigError, match="evidence=True"):
        plot_path(make_report())


# --- many results -----------------------------------------------------------------------------------------------


def test_confusion_counts_seconds_of_speech_at_the_lead() -> None:
    in_sync = replace(EARLY, lead_seconds=0.0)
    visemes, seconds = viseme_confusion([make_report(sync=in_sync)])
    assert visemes == ("B", "C", "I", "J", "S")  # silence last
    assert seconds.sum() == pytest.approx(0.8, abs=0.02)  # from 0.3 to 1.1 s
    closed = visemes.index("C")
    # 0.30-0.40: "S" up to 0.32, then "C"; 0.70-0.80: "I" up to 0.72, then "B"
    assert seconds[closed, closed] == pytest.approx(0.08, abs=0.011)
    assert seconds[closed, visemes.index("B")] == pytest.approx(0.08, abs=0.011)


def test_confusion_looks_a_lead_later() -> None:
    late_lips = make_report(sync=replace(EARLY, lead_seconds=0.1), observed_visemes=shifted(OBSERVED))
    in_place = make_report(sync=replace(EARLY, lead_seconds=0.0))
    assert viseme_confusion([late_lips])[1] == pytest.approx(viseme_confusion([in_place])[1], abs=0.011)


def shifted(tier: Tier) -> Tier:
    moved = tuple(x + 0.1 for x in tier.boundaries[1:-1])
    return replace(tier, boundaries=(tier.boundaries[0], *moved, tier.boundaries[-1]))


def test_confusion_of_several_clips_adds_up_and_refuses_two_maps() -> None:
    one, two = make_report(), make_report()
    assert viseme_confusion([one, two])[1] == pytest.approx(2 * viseme_confusion([one])[1])
    other = replace(two, clip=replace(two.clip, viseme_map="lee_yook_2002"))
    with pytest.raises(ConfigError, match="same viseme map"):
        viseme_confusion([one, other])


def test_a_perfect_clip_is_all_diagonal() -> None:
    perfect = make_report(
        observed_visemes=replace(EXPECTED, name="observed visemes"), sync=replace(EARLY, lead_seconds=0.0)
    )
    axes = plot_confusion(perfect)
    assert "100% on the diagonal" in axes.get_title(loc="left")
    assert set(texts(axes)) == {"100"}


def test_the_bars_of_leads_add_up_to_all_of_them() -> None:
    samples = [lead(0.0)] * 5 + [lead(0.11, "audio-early")] * 3 + [lead(-0.4, "mismatched")]
    axes = plot_lags(samples, limits=(0.04, 0.06))
    heights = {c.get_label(): sum(bar.get_height() for bar in c) for c in axes.containers}
    assert heights == {"in-sync (5)": 5, "audio-early (3)": 3}
    assert axes.get_title(loc="left") == "Leads of 8 clips; 1 more fit at none"  # what does not fit has no lead
    early = next(
        bar for c in axes.containers for bar in c if c.get_label().startswith("audio-early") and bar.get_height()
    )
    assert early.get_x() <= 110.0 < early.get_x() + early.get_width()
    assert texts(axes) == ["median 0"]


def test_one_lead_and_no_lead() -> None:
    assert plot_lags([lead(0.1)]).containers
    with pytest.raises(ConfigError):
        plot_lags([])


def test_reliability_points_are_what_was_stated_and_what_was_right() -> None:
    stated, right = [0.9] * 10 + [0.3] * 4, [True] * 9 + [False] + [True] * 2 + [False] * 2
    axes = plot_reliability(stated, right)
    points = np.asarray(axes.collections[-1].get_offsets())
    assert points == pytest.approx(np.array([[0.3, 0.5], [0.9, 0.9]]))
    assert "calibration error 0.057" in axes.get_title(loc="left")  # 4 of 14, off by 0.2
    assert "right 79%, stated 73%" in axes.get_title(loc="left")


@pytest.mark.parametrize("stated", [[], [1.2], [-0.1], [float("nan")]])
def test_reliability_refuses_what_is_no_probability(stated: list[float]) -> None:
    with pytest.raises(ConfigError):
        plot_reliability(stated, [True] * len(stated))


# --- style and files --------------------------------------------------------------------------------------------


def test_axes_of_the_callers_are_drawn_on() -> None:
    from matplotlib.figure import Figure

    mine = Figure().subplots()
    assert plot_offset(make_report(), mine) is mine


# --- the command ------------------------------------------------------------------------------------------------


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["plot", *map(str, words)])
    return result.exit_code, result.output


@pytest.mark.parametrize("kind", ["tracks", "offset", "confusion", "lags"])
def test_the_command_draws_a_report(tmp_path: Path, kind: str) -> None:
    path, out = make_report().write(tmp_path / "report.json"), tmp_path / "out.svg"
    assert run(kind, path, "-o", out) == (0, f"Wrote {out}\n")
    assert out.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("kind", ["stages", "path"])
def test_the_command_draws_a_clip(tmp_path: Path, generated_clip: GeneratedClip, kind: str) -> None:
    out = tmp_path / "out.png"
    code, output = run(kind, generated_clip.path, "--text", generated_clip.transcript, "-o", out, "-q")
    assert (code, output) == (0, "")
    assert out.stat().st_size > 20_000


def test_the_command_draws_a_folder_of_reports(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    for name, seconds in (("a", 0.083), ("b", -0.1)):
        make_report(sync=replace(EARLY, lead_seconds=seconds)).write(runs / f"{name}.json")
    (tmp_path / "truth.csv").write_text("clip,lead_seconds\na.json,0.08\nb.json,0.08\n")
    assert run("lags", runs, "-o", tmp_path / "lags.pdf")[0] == 0
    assert run("reliability", runs, "--truth", tmp_path / "truth.csv", "-o", tmp_path / "r.pdf")[0] == 0
    assert run("reliability", runs, "--true-lead", "83", "-o", tmp_path / "r2.pdf")[0] == 0


def test_the_command_draws_the_summary_of_a_batch(tmp_path: Path) -> None:
    rows = [
        ("a/one", "a/one.mp4", "audio-early", 0.083, 0.9),
        ("b", "b.mp4", "in-sync", -0.01, 0.99),
        ("c", "c.mp4", None, None, None),
    ]
    path = write_text(tmp_path / "summary.csv", format_table(SUMMARY_COLUMNS, rows))
    assert [(x.names[-1], x.seconds, x.confidence) for x in read_summary(path)] == [
        ("one.mp4", 0.083, 0.9),
        ("b.mp4", -0.01, 0.99),
    ]
    assert run("lags", path, "-o", tmp_path / "lags.svg")[0] == 0
    (tmp_path / "truth.csv").write_text("clip,lead_seconds\none.mp4,0.08\nb,0\n")
    assert run("reliability", path, "--truth", tmp_path / "truth.csv", "-o", tmp_path / "r.svg")[0] == 0
    assert run("offset", path, "-o", tmp_path / "x.svg")[0] == 2
    assert run("lags", path, "--words", "-o", tmp_path / "x.svg")[0] == 2


def test_the_command_refuses_what_it_can_not_do(tmp_path: Path) -> None:
    path = make_report().write(tmp_path / "report.json")
    code, output = run("stages", path, "-o", tmp_path / "x.png")
    assert code == 2
    assert "needs the clip itself" in output
    assert run("lags", path, "--text", "bin", "-o", tmp_path / "x.png")[0] == 2
    assert run("reliability", path, "-o", tmp_path / "x.png")[0] == 2
    assert CliRunner().invoke(app, ["plot", "pie", str(path), "-o", "x.png"]).exit_code == 2
    assert not (tmp_path / "x.png").exists()


# --- long clips --------------------------------------------------------------------------------------------------


def test_a_long_row_stays_visible_and_small() -> None:
    """Ten thousand words of three verdicts over an hour: a box a stretch, each at its place, none without ink."""
    words = [Interval(0.36 * k, 0.36 * k + 0.3, "in" if k < 4000 else "early") for k in range(10_000)]
    words[7000] = Interval(words[7000].start, words[7000].end, "late")
    _, axes = plt.subplots()
    draw_intervals(axes, words, (0.0, 3600.0), 6.0, mark=lambda x: (TINTS[x.label], ""))
    boxes = [(p.get_x(), p.get_x() + p.get_width(), mpl.colors.to_hex(p.get_facecolor())) for p in axes.patches]
    assert len(boxes) < 6
    assert boxes[0] == (0.0, pytest.approx(0.36 * 3999 + 0.3), TINTS["in"])
    assert boxes[-1][1] == pytest.approx(words[-1].end)
    assert boxes[-1][2] == TINTS["early"]
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(boxes))
    assert not axes.texts


def test_the_edge_of_a_narrow_box_does_not_hide_it() -> None:
    _, axes = plt.subplots()
    words = [Interval(t, t + 0.3, "in") for t in np.arange(0.0, 120.0, 3.0)]
    draw_intervals(axes, words, (0.0, 120.0), 6.0, mark=lambda x: (TINTS[x.label], ""))
    assert len(axes.patches) == len(words)
    points = 0.3 * 6.0 * 72 / 120
    assert all(2 * p.get_linewidth() < 0.5 * points for p in axes.patches)


def test_the_path_of_a_long_clip_names_phones_where_they_have_room(report: ClipReport) -> None:
    lead = report.sync.lead_seconds or 0.0
    second = plot_path(report, start=0.5, end=1.5)
    low, high = sorted(second.get_ylim())
    assert texts(second) == [x.label for x in report.phones if x.label != "SIL" and low < x.centre + lead < high]
    edges = np.arange(0.3, 2.7, 0.02).round(3).tolist()
    crowded = Tier("phones", (0.0, *edges, report.phones.end), ("SIL", *["AA"] * (len(edges) - 1), "SIL"))
    many = replace(report, phones=crowded)
    axes = plot_path(many, start=0.0, end=3.0)
    heights = [x.get_position()[1] for x in axes.texts]
    assert 10 < len(heights) < len(crowded)
    step = min(np.diff(heights)) / 3.0 * axes.get_window_extent().height
    assert step >= 4.5 * axes.figure.dpi / 72  # capitals of 6 points are 4.4 points high


def test_the_path_of_a_stretch_that_is_too_long_is_refused(report: ClipReport) -> None:
    with pytest.raises(ConfigError, match="start and end at most 120 s apart"):
        plot_path(report, start=0.0, end=MOST_SECONDS + 1)


# --- the lips ---------------------------------------------------------------------------------------------------


def test_the_lips_plot_shows_the_mouth_and_what_it_shows(
    generated_clip: GeneratedClip, generated_lips: LipFeatures
) -> None:
    seen = observe(generated_clip.path)
    pictures, _, posteriors, closed, measures = plot_lips(
        generated_clip.path, seen.lips, seen.decoded, silence=seen.silence, start=0.5, end=2.0
    )
    assert len(pictures.images) == 16
    assert measures.get_xlim() == (0.5, 2.0)
    drawn = {x.get_text() for x in posteriors.get_yticklabels()}
    assert drawn == {
        name for k, name in enumerate(seen.decoded.visemes) if np.nanmax(seen.decoded.probabilities[:, k]) > 0.2
    }
    assert len([line for line in closed.lines if line.get_marker() == "v"]) == len(
        find_closures(seen.lips, seen.decoded)
    )
    opening = next(line for line in measures.lines if line.get_label() == "opening")
    np.testing.assert_array_equal(opening.get_ydata(), generated_lips.column("inner_aperture"))
    with pytest.raises(ConfigError, match="span"):
        plot_lips(generated_clip.path, seen.lips, seen.decoded, start=2.0, end=1.0)
