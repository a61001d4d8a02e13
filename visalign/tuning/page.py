"""The page of a search: verdict, comparison on what was held out, plots and configuration, in one file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from visalign.errors import AnyPath
from visalign.files.text_files import write_text
from visalign.plots.style import save_plot
from visalign.reports.html_report.document import data_uri, format_document, text
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
        "title": text("visalign tune"),
        "verdict": text(tuned.verdict),
        "provenance": "".join(f"<li>{text(line)}</li>" for line in tuned.provenance[:-1]),
        "comparison": "".join(_comparison_rows(tuned)),
        "pictures": "".join(pictures),
        "importance": "".join(
            f'<tr><td>{text(name)}</td><td class="number">{share:.3f}</td></tr>'
            for name, share in tuned.found.importance.items()
        ),
        "configuration": text(format_config(tuned.config)),
        "trials": "".join(_trial_rows(tuned)),
    }
    return format_document("tune.html", ("page.css", "tune.css"), (), values)


def _picture(path: Path) -> str:
    source = data_uri(path.read_bytes(), "image/svg+xml")
    return f'<figure><img src="{source}" alt="{text(_ALT[path.stem])}"></figure>'


def _comparison_rows(tuned: Tuned) -> Iterator[str]:
    c = tuned.comparison
    for name, three in {"reward": (c.default, c.found, c.difference), **c.terms}.items():
        cells = "".join(f'<td class="number">{_shown(estimate)}</td>' for estimate in three)
        yield f'<tr><th scope="row">{text(name)}</th>{cells}</tr>'


def _shown(estimate: Estimate) -> str:
    return text(f"{estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f})".replace("-", "\N{MINUS SIGN}"))


def _trial_rows(tuned: Tuned) -> Iterator[str]:
    for trial in sorted(tuned.found.trials, key=lambda t: (t.is_pruned, -t.reward, t.place)):
        values = " ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in trial.values.items())
        how = "pruned" if trial.is_pruned else "measured"
        yield (
            f'<tr><td class="number">{trial.place + 1}</td><td class="number">{trial.reward:.4f}</td>'
            f"<td>{how}</td><td>{text(values)}</td></tr>"
        )
