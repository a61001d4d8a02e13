"""``visalign plot``: figures of a clip or of a run, for papers and reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.commands.choices import choice_argument
from visalign.commands.console import progress_line, show_written
from visalign.commands.given import refuse_missing
from visalign.commands.judging import Judging, Spoken, Streams, check_arguments, given_option, with_groups
from visalign.commands.options import OUTPUT, Audio, End, NeededOutput, Overwrite, Quiet, Start

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from visalign.plots.samples import LeadSample
    from visalign.reports.clip_report import ClipReport
    from visalign.signals import Audio as Sound

__all__ = ["KINDS", "PLOT_EPILOG", "plot"]

PLOT_EPILOG = (
    'visalign plot stages clip.mp4 --text "bin blue at f two now" -o stages.pdf\n\n'
    "visalign plot offset report.json -o offset.svg\n\n"
    "visalign plot lags runs/ -o lags.png    (a folder of reports)\n\n"
    "visalign plot reliability runs/ --truth truth.csv -o reliability.pdf    (columns clip, lead_seconds)\n\n"
    "visalign plot lags results/summary.csv -o lags.svg    (what `visalign batch` writes)\n\n"
    "tracks: what is heard, expected and seen · stages: the method step by step · offset: how well each lead fits · "
    "path: the warping path on its costs · confusion: visemes expected and observed · lags: how leads are spread · "
    "reliability: whether confidences can be believed"
)

KIND_NAMES = ("tracks", "stages", "offset", "path", "confusion", "lags", "reliability")


@with_groups
def plot(
    kind: Annotated[str, choice_argument("KIND", names=KIND_NAMES, help="What to draw")],
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="A clip, a report, a folder of them, or summary.csv of a batch.")
    ],
    output: Annotated[Path, NeededOutput("The figure: .png, .svg or .pdf")],
    spoken: Spoken,
    streams: Streams,
    judging: Judging,
    audio: Audio = None,
    start: Start = None,
    end: End = None,
    words: Annotated[bool, typer.Option("--words", help="lags: leads of words.", rich_help_panel=OUTPUT)] = False,
    truth: Annotated[
        Path | None,
        typer.Option(help="reliability: CSV with the true leads, columns clip, lead_seconds.", rich_help_panel=OUTPUT),
    ] = None,
    true_lead_ms: Annotated[
        float | None, typer.Option(help="reliability: the one true lead of all clips.", rich_help_panel=OUTPUT)
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Draw a figure of a clip, of its report, or of a folder of reports."""
    is_summary = source.suffix.lower() == ".csv"
    is_file = is_summary or source.is_dir() or source.suffix.lower() == ".json"
    given = "--audio" if audio else given_option(spoken, streams, judging)
    _refuse_impossible(kind, is_file=is_file, is_summary=is_summary, words=words, given=given)
    arguments = {} if is_file else check_arguments(spoken, streams, judging, source)
    if not is_file:
        refuse_missing(audio, source)
    # These load numpy and praatio.
    from visalign.files.outputs import check_output
    from visalign.plots.style import PLOT_SUFFIXES, save_plot

    inputs = [source, *(x for x in (audio, truth) if x is not None), *spoken.files, *judging.files]
    check_output(output, suffixes=PLOT_SUFFIXES, overwrite=overwrite, inputs=inputs)
    wanted = _Wanted(source, audio, start, end, words, truth, true_lead_ms)
    with progress_line(enabled=not quiet) as progress:
        if is_file:
            reports = {} if is_summary else _reports(source)
        else:
            report = visalign.check(source, audio=audio, evidence=True, progress=progress, **arguments)
            reports = {source.name: report}
        progress("drawing", None)
        save_plot(KINDS[kind].draw(reports, wanted), output)
    if not quiet:
        show_written(output)


def _refuse_impossible(kind: str, *, is_file: bool, is_summary: bool, words: bool, given: str | None) -> None:
    if is_file and given is not None:
        raise typer.BadParameter(f"reports hold all that they need; give {given} with a clip")
    if is_file and KINDS[kind].needs_clip:
        raise typer.BadParameter(f"{kind} needs the clip itself: a report holds no evidence moment by moment")
    if is_summary and (words or not KINDS[kind].takes_summary):
        raise typer.BadParameter("a summary holds the leads of clips only; give the folder of their reports")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the options ask for."""

    source: Path
    audio: Path | None
    start: float | None
    end: float | None
    words: bool
    truth: Path | None
    true_lead_ms: float | None


Reports = Mapping[str, "ClipReport"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A figure: how it is drawn, whether a clip is needed for it, and whether the summary of a batch will do."""

    draw: Callable[[Reports, _Wanted], Axes | Iterable[Axes]]
    needs_clip: bool = False
    takes_summary: bool = False


def _reports(source: Path) -> Reports:
    # Loads pandas.
    from visalign.evaluation.run_comparison import read_run

    return read_run(source)


def _one(reports: Reports, kind: str) -> ClipReport:
    if len(reports) != 1:
        raise visalign.ConfigError("IN", f"{len(reports)} reports", f"one clip or report for {kind}")
    return next(iter(reports.values()))


def _sound(report: ClipReport, wanted: _Wanted) -> Sound | None:
    return None if report.evidence is None else visalign.read_audio(wanted.audio or wanted.source)


# Each loads SciPy and Matplotlib when it is called.


def _tracks(reports: Reports, wanted: _Wanted) -> Iterable[Axes]:
    from visalign.plots.clip import plot_tracks  # SciPy

    report = _one(reports, "tracks")
    return plot_tracks(report, _sound(report, wanted), start=wanted.start, end=wanted.end)


def _stages(reports: Reports, wanted: _Wanted) -> Iterable[Axes]:
    from visalign.plots.clip import plot_stages  # SciPy

    report, audio = _one(reports, "stages"), visalign.read_audio(wanted.audio or wanted.source)
    return plot_stages(report, wanted.source, audio, start=wanted.start, end=wanted.end)


def _offset(reports: Reports, _: _Wanted) -> Axes:
    from visalign.plots.offset import plot_offset  # numpy

    return plot_offset(_one(reports, "offset"))


def _path(reports: Reports, wanted: _Wanted) -> Axes:
    from visalign.plots.offset import plot_path  # numpy

    return plot_path(_one(reports, "path"), start=wanted.start, end=wanted.end)


def _confusion(reports: Reports, _: _Wanted) -> Axes:
    from visalign.plots.scores import plot_confusion  # numpy

    return plot_confusion(list(reports.values()))


def _lags(reports: Reports, wanted: _Wanted) -> Axes:
    from visalign.plots.samples import word_leads  # pandas
    from visalign.plots.scores import plot_lags

    limits = {(x.clip.max_lead_seconds, x.clip.max_lag_seconds) for x in reports.values()}
    one = limits.pop() if len(limits) == 1 else None  # of several profiles none is the one to shade
    by_word = wanted.words or len(reports) == 1
    leads = word_leads(reports) if by_word else _clips(reports, wanted)
    return plot_lags(leads, limits=one, what="words" if by_word else "clips")


def _reliability(reports: Reports, wanted: _Wanted) -> Axes:
    from visalign.plots.samples import judged, read_truth  # pandas
    from visalign.plots.scores import plot_reliability

    if (wanted.truth is None) == (wanted.true_lead_ms is None):
        raise typer.BadParameter("say what is true: --truth FILE, or --true-lead-ms MS for all clips")
    known = read_truth(wanted.truth) if wanted.truth is not None else (wanted.true_lead_ms or 0.0) / 1000
    return plot_reliability(*judged(_clips(reports, wanted), known))


def _clips(reports: Reports, wanted: _Wanted) -> list[LeadSample]:
    from visalign.plots.samples import clip_leads, read_summary  # pandas

    return clip_leads(reports) if reports else read_summary(wanted.source)


KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "tracks": _Kind(_tracks),
        "stages": _Kind(_stages, needs_clip=True),
        "offset": _Kind(_offset),
        "path": _Kind(_path, needs_clip=True),
        "confusion": _Kind(_confusion),
        "lags": _Kind(_lags, takes_summary=True),
        "reliability": _Kind(_reliability, takes_summary=True),
    }
)
"""What can be drawn."""
