"""The page of a search: verdict, comparison on what was held out, plots and configuration, in one file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from visalign.errors import AnyPath
from visalign.files.text_files import write_text
from visalign.plots.style import save_plot
from visalign.reports.html_report.document import data_uri, format_document
from visalign.tuning.configuration import format_config
from visalign.tuning.holdout import Estimate
from visalign.tuning.plots import TUNE_PLOTS
from visalign.tuning.run import Tuned

__all__ = ["format_tune_page", "write_tune_page", "write_tune_plots"]

_ALT = {
    "comparison": "Reward and terms on what was held out, as in the table above",
    "history": "Reward of each trial in turn",
    "importance": "Share of the reward's variance that each parameter explains",
    "trade-off": "The two terms that go against each other most",
}


def write_tune_plots(tuned: Tuned, folder: AnyPath) -> list[Path]:
    """Draw history, importance, trade-off and comparison as SVG files in a folder.

    Raises
    ------
    BackendUnavailable
        If Matplotlib is not installed.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    return [save_plot(draw(tuned), Path(folder) / f"{name}.svg") for name, draw in TUNE_PLOTS.items()]


def write_tune_page(path: AnyPath, tuned: Tuned) -> Path:
    """Write the page.

    Raises
    ------
    BackendUnavailable
        If Matplotlib is not installed.
    OutputError
        If the page can't be written there.
    """
    return write_text(path, format_tune_page(tuned))


def format_tune_page(tuned: Tuned) -> str:
    """The page as one text."""
    with TemporaryDirectory() as folder:
        pictures = [_picture(path) for path in write_tune_plots(tuned, folder)]
    values = {
        "title": "visalign tune",
        "verdict": tuned.verdict,
        "provenance": tuned.provenance[:-1],
        "comparison": _comparison_rows(tuned),
        "pictures": pictures,
        "importance": [(name, f"{share:.3f}") for name, share in tuned.found.importance.items()],
        "configuration": format_config(tuned.config),
        "trials": _trial_rows(tuned),
    }
    return format_document("tune.html", ("page.css", "tune.css"), (), values)


def _picture(path: Path) -> dict[str, str]:
    return {"source": data_uri(path.read_bytes(), "image/svg+xml"), "alt": _ALT[path.stem]}


def _comparison_rows(tuned: Tuned) -> list[tuple[str, list[str]]]:
    c = tuned.comparison
    rows = {"reward": (c.default, c.found, c.difference), **c.terms}
    return [(name, [_shown(estimate) for estimate in three]) for name, three in rows.items()]


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f})".replace("-", "\N{MINUS SIGN}")


def _trial_rows(tuned: Tuned) -> list[dict[str, object]]:
    return [
        {
            "number": trial.place + 1,
            "reward": f"{trial.reward:.4f}",
            "how": "pruned" if trial.is_pruned else "measured",
            "values": " ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in trial.values.items()),
        }
        for trial in sorted(tuned.found.trials, key=lambda t: (t.is_pruned, -t.reward, t.place))
    ]
