"""``visalign evaluate-alignment``: alignments against hand labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visalign.commands.console import facts_table, progress_line, screen, show_written
from visalign.commands.options import Csv, Overwrite, Quiet

if TYPE_CHECKING:
    from visalign.evaluation.alignment_evaluation import AlignmentScore

__all__ = ["EVALUATE_ALIGNMENT_EPILOG", "evaluate_alignment"]

EVALUATE_ALIGNMENT_EPILOG = (
    "visalign evaluate-alignment aligned/ --against labels/ --csv scores.csv\n\n"
    "visalign evaluate-alignment mfa_output/ --against timit/ --mapping arpa_timit_mapping.yaml\n\n"
    "Labels of corpora become such files by `visalign corpus`."
)


def evaluate_alignment(
    aligned: Annotated[Path, typer.Argument(metavar="ALIGNED", help="Folder of alignments, or one: TextGrid, EAF …")],
    against: Annotated[Path, typer.Option(help="Folder of hand labels under the same names, or one file.")],
    mapping: Annotated[
        Path | None, typer.Option(help="Which labels count as the same: YAML, as of `mfa align --custom_mapping_path`.")
    ] = None,
    csv: Csv = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Score alignments against hand labels: boundary error, tolerance table, phone error rate."""
    # These load numpy.
    from visalign.evaluation.alignment_evaluation import AlignmentScore, evaluate_folder, read_mapping
    from visalign.files.outputs import check_output
    from visalign.files.text_files import format_table, write_text

    if csv is not None:
        inputs = [x for x in (aligned, against, mapping) if x is not None]
        check_output(csv, suffixes=(".csv",), overwrite=overwrite, inputs=inputs)
    same = None if mapping is None else read_mapping(mapping)
    scores: list[tuple[str, AlignmentScore]] = []
    with progress_line(enabled=not quiet) as progress:
        for name, score in evaluate_folder(aligned, against, same):
            scores.append((name, score))
            progress(f"comparing {name}", None)
    total = sum((score for _, score in scores), AlignmentScore())
    rows = [*scores, ("all", total)]
    if csv is not None:
        write_text(csv, format_table(_HEADER, [_numbers(name, score) for name, score in rows]))
    if not quiet:
        _show(rows, csv)


_HEADER = (
    *("file", "reference_phones", "boundary_error_seconds", "mean_seconds", "median_seconds"),
    *("within_10_ms", "within_20_ms", "within_25_ms", "within_50_ms", "within_100_ms"),
    *("phone_error_rate", "insertions", "deletions", "substitutions"),
)


def _numbers(name: str, score: AlignmentScore) -> tuple[str | float | int | None, ...]:
    # Loads numpy.
    from visalign.evaluation.alignment_evaluation import TOLERANCES

    return (
        *(name, score.n_reference, score.boundary_error, score.mean, score.median),
        *(score.within(seconds) for seconds in TOLERANCES),
        *(score.phone_error_rate, score.n_insertions, score.n_deletions, score.n_substitutions),
    )


def _show(rows: list[tuple[str, AlignmentScore]], csv: Path | None) -> None:
    header = ("file", ">phones", ">boundary error ms", ">mean ms", ">median ms")
    tolerances = (">≤ 10 ms", ">≤ 20 ms", ">≤ 25 ms", ">≤ 50 ms", ">≤ 100 ms", ">phone error rate")
    cells = []
    for name, score in rows:
        numbers = _numbers(name, score)
        ms = [_text(x, 1000, 1) for x in numbers[2:5]]
        cells.append((name, numbers[1], *ms, *(_text(x, 100, 1) for x in numbers[5:10]), _text(numbers[10], 100, 1)))
    console = screen()
    console.print(facts_table((*header, *tolerances), cells))
    console.print("Distances are of starts; shares are % of all reference phones.", style="dim")
    if csv is not None:
        show_written(csv)


def _text(value: str | float | int | None, factor: float, digits: int) -> str:
    return "-" if not isinstance(value, int | float) else f"{factor * value:.{digits}f}"
