"""``visalign compare``: what changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visalign.commands.console import facts_table, screen, show_written, signed_ms
from visalign.commands.options import Csv, Overwrite, Quiet

if TYPE_CHECKING:
    from visalign.evaluation.run_comparison import ClipChange, RunComparison
    from visalign.sync.scoring import SyncScore

__all__ = ["COMPARE_EPILOG", "compare"]

COMPARE_EPILOG = (
    "visalign compare before.json after.json\n\n"
    "visalign compare runs/0.1 runs/0.2 --tolerance-ms 10 --csv changes.csv    (folders of reports, paired by path)\n\n"
    "Exit codes: 0 nothing changed · 1 a verdict changed, a lead moved by more than the tolerance, or a clip is in one "
    "run only · 2 wrong usage · 3 a report could not be read"
)

_SAME, _CHANGED = 0, 1


def compare(
    old: Annotated[Path, typer.Argument(metavar="RUN1", help="A JSON report, or a folder of them: the old run.")],
    new: Annotated[Path, typer.Argument(metavar="RUN2", help="The same of the new run.")],
    tolerance_ms: Annotated[float, typer.Option(help="Leads that move by no more than this are the same.")] = 20.0,
    csv: Csv = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Tell what changed between two runs over the same clips."""
    # Load numpy and pandas.
    from visalign.evaluation.run_comparison import COMPARISON_COLUMNS, compare_runs
    from visalign.files.outputs import check_output
    from visalign.files.text_files import format_table, write_text

    if not 0 <= tolerance_ms < float("inf"):
        raise typer.BadParameter("--tolerance-ms must be 0 or more milliseconds")
    if csv is not None:
        check_output(csv, suffixes=(".csv",), overwrite=overwrite, inputs=(old, new))
    found = compare_runs(old, new)
    changed = found.changes(tolerance_ms / 1000)
    if csv is not None:
        write_text(csv, format_table(COMPARISON_COLUMNS, found.rows()))
    if not quiet:
        _show(found, changed, csv)
    raise typer.Exit(_CHANGED if changed or found.only_old or found.only_new else _SAME)


def _show(found: RunComparison, changed: tuple[ClipChange, ...], csv: Path | None) -> None:
    out = screen()
    if changed:
        header = ("clip", ">lead before ms", ">after", ">moved", "verdict before", "after")
        out.print(facts_table(header, map(_row, changed)))
    for names, which in ((found.only_old, "RUN1"), (found.only_new, "RUN2")):
        if names:
            out.print(f"Only in {which}: {', '.join(names)}", style="yellow", soft_wrap=True)
    n = len(found.clips)
    out.print(f"{n} clip{'' if n == 1 else 's'} in both runs, {len(changed)} changed (positive lead: audio early).")
    out.print(f"Before: {_in_words(found.old_score)}. After: {_in_words(found.new_score)}.", soft_wrap=True)
    if csv is not None:
        show_written(csv)


def _row(clip: ClipChange) -> tuple[str, ...]:
    old, new = clip.old.sync, clip.new.sync
    leads = (signed_ms(x) for x in (old.lead_seconds, new.lead_seconds, clip.lead_moved))
    return (clip.name, *leads, old.verdict, new.verdict)


def _in_words(score: SyncScore) -> str:
    visemes = "-" if score.viseme_accuracy is None else f"{score.viseme_accuracy:.1%}"
    return f"visemes {visemes}, {score.n_words_in_sync} of {score.n_words} words in sync"
