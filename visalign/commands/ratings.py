"""``visalign ratings``: make a rating test of clips, and analyse what people said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visalign.commands.choices import choice
from visalign.commands.console import facts_table, screen, show_written
from visalign.commands.options import Csv, Json, NeededOutput, Overwrite, Seed
from visalign.errors import quoted

if TYPE_CHECKING:
    from visalign.ratings.analysis import Agreement, Mean, RatingAnalysis
    from visalign.ratings.design import RatingDesign

__all__ = ["ratings_app"]

ratings_app = typer.Typer(help="Make a rating test of clips, and analyse what people said.", no_args_is_help=True)

_MEASURES = ("lead_seconds", "lateness", "proportion_in_sync", "viseme_accuracy", "confidence")


@ratings_app.command(
    "make",
    epilog="visalign ratings make clips/ --conditions real,dub --original real --anchors-ms -240,160 -o test\n\n"
    "visalign ratings make clips/ --conditions dub_a,dub_b --method pairs --questions sync -o pairs\n\n"
    "clips/ holds a folder for each condition, with clips of the same names. test/rate.html and test/clips/ go to "
    "the raters (no network is needed); test/design.json tells which clip is which, and stays with you.",
)
def make(
    clips: Annotated[Path, typer.Argument(metavar="CLIPS", help="Folder with a folder of clips for each condition.")],
    conditions: Annotated[str, typer.Option(help="Names of the conditions' folders, with commas between.")],
    output: Annotated[Path, NeededOutput("Folder to make.")],
    original: Annotated[
        str | None, typer.Option(help="The condition that nothing was done to; rated, not marked.")
    ] = None,
    anchors_ms: Annotated[
        str, typer.Option(help="Anchors: the original with its sound so much early (-: late), commas between.")
    ] = "",
    method: Annotated[
        str,
        choice(
            "--method",
            names=("acr", "pairs"),
            help="acr: one clip at a time, five grades. pairs: which of two is better.",
        ),
    ] = "acr",
    questions: Annotated[str, typer.Option(help="What is asked: sync, quality, or both.")] = "sync,quality",
    repeats: Annotated[
        int, typer.Option(help="Trials that come twice, to see whether raters agree with themselves.")
    ] = 0,
    title: Annotated[str, typer.Option(help="What raters read above the page.")] = "Lips and sound",
    seed: Seed = 0,
    overwrite: Overwrite = False,
) -> None:
    """Make a page, used offline, on which people rate the sync and quality of clips."""
    # Load numpy and FFmpeg.
    from visalign.ratings.design import make_design
    from visalign.ratings.page import write_rating_kit

    design = make_design(
        clips,
        _names(conditions),
        reference=original,
        anchors=[ms / 1000 for ms in _numbers(anchors_ms)],
        method=method,
        questions=_names(questions),
        repeats=repeats,
        title=title,
        seed=seed,
    )
    written, encoded = write_rating_kit(output, design, clips, overwrite=overwrite)
    show = screen()
    if encoded:
        show.print(
            "A browser would not play all of these clips, so all were encoded anew, with the same settings.",
            style="yellow",
        )
    show.print(f"{len(design.stimuli)} clips, {len(design.trials)} trials and {len(design.practice)} for practice.")
    show.print(f"For the raters: {written[0]} with {written[0].parent / 'clips'}", soft_wrap=True)
    show.print(f"For you: {written[1]}", soft_wrap=True)


@ratings_app.command(
    "analyse",
    epilog="visalign ratings analyse test/design.json answers/*.json --csv scores.csv\n\n"
    "visalign ratings analyse test/design.json answers/*.json --reports results/    (reports of `visalign batch` or "
    "`check --json`: results/<condition>/<clip>.json)",
)
def analyse(
    design: Annotated[Path, typer.Argument(metavar="DESIGN", help="design.json of the test.")],
    answers: Annotated[list[Path], typer.Argument(metavar="ANSWERS…", help="The files that raters saved.")],
    reports: Annotated[
        Path | None, typer.Option(help="Reports of the same clips, to correlate the scores with.")
    ] = None,
    min_headphones: Annotated[
        float | None, typer.Option(help="Leave out raters below this part of the headphone check (5 of 6 is 0.83).")
    ] = None,
    min_correlation: Annotated[
        float, typer.Option(min=-1, max=1, help="Leave out raters who agree less than this with the mean (P.913).")
    ] = 0.75,
    csv: Csv = None,
    json: Json = None,
    overwrite: Overwrite = False,
) -> None:
    """Mean opinion scores with 95 % intervals, raters screened after BT.500, correlation with visalign's scores."""
    # Load SciPy.
    from visalign.files.outputs import check_output
    from visalign.files.text_files import format_json, format_table, write_text
    from visalign.ratings.analysis import analyse as analyse_question
    from visalign.ratings.results import read_design, read_sessions

    inputs = [design, *answers]
    for path, suffix in ((csv, ".csv"), (json, ".json")):
        if path is not None:
            check_output(path, suffixes=(suffix,), overwrite=overwrite, inputs=inputs)
    plan = read_design(design)
    sessions = read_sessions(plan, answers)
    found = [
        analyse_question(plan, sessions, question, min_headphones=min_headphones, min_correlation=min_correlation)
        for question in plan.questions
    ]
    agreements = {} if reports is None else {x.question: _agreements(plan, x, reports) for x in found}
    for result in found:
        _show(result, agreements.get(result.question, []))
    written = []
    if csv is not None:
        written.append(write_text(csv, format_table(_COLUMNS, [row for x in found for row in _rows(plan, x)])))
    if json is not None:
        written.append(write_text(json, format_json(_plain(found, agreements))))
    show_written(*written)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _numbers(text: str) -> list[float]:
    try:
        return [float(name) for name in _names(text)]
    except ValueError as error:
        raise typer.BadParameter(f"{quoted(text)} is not a list of milliseconds such as -240,160") from error


def _agreements(design: RatingDesign, found: RatingAnalysis, reports: Path) -> list[Agreement]:
    # Load SciPy and pandas.
    from visalign.ratings.agreement_with_reports import measures_of
    from visalign.ratings.analysis import agreement

    measures = measures_of(design, reports)
    rows = (agreement(found.stimuli, measures[name], name) for name in _MEASURES)
    return [row for row in rows if row is not None]


def _show(found: RatingAnalysis, agreements: Sequence[Agreement]) -> None:
    out = screen()
    out.print(f"{found.question}: {found.n_raters} raters", style="bold")
    for rater, reason in found.rejected:
        out.print(f"left out: {rater}: {reason}", style="yellow")
    if found.conditions:
        rows = [(name, *_cells(x), *_cells(found.differences.get(name))) for name, x in found.conditions.items()]
        out.print(facts_table(("condition", ">score", "95 %", ">against reference", "95 %"), rows))
    if found.pairs:
        pairs = [(x.first, x.second, f"{x.n_first / x.n:.0%}", f"{x.low:.0%}–{x.high:.0%}", x.n) for x in found.pairs]
        out.print(facts_table(("condition", "against", ">preferred", "95 %", ">choices"), pairs))
        ranks = sorted(found.strengths.items(), key=lambda row: -row[1])
        out.print(facts_table(("condition", ">strength (log-odds)"), [(name, f"{x:+.2f}") for name, x in ranks]))
    if found.consistency is not None:
        what = "same choice of repeated pairs" if found.pairs else "grades between two ratings of the same clip"
        out.print(f"{found.consistency.value:.2f} {what}")
    if agreements:
        table = [
            (x.measure, str(x.n), f"{x.pearson:+.2f}", f"{x.low:+.2f} … {x.high:+.2f}", f"{x.spearman:+.2f}")
            for x in agreements
        ]
        out.print(facts_table(("visalign's measure", ">clips", ">Pearson", "95 %", ">Spearman"), table))


def _cells(mean: Mean | None) -> tuple[str, str]:
    if mean is None:
        return "", ""
    interval = "" if mean.low is None or mean.high is None else f"{mean.low:.2f} … {mean.high:.2f}"
    return f"{mean.value:.2f}", interval


_COLUMNS = ("question", "condition", "source", "role", "score", "low", "high", "n_raters")


def _rows(design: RatingDesign, found: RatingAnalysis) -> list[tuple[str | float | int | None, ...]]:
    rows: list[tuple[str | float | int | None, ...]] = []
    for name, x in found.conditions.items():
        role = next(s.role for s in design.stimuli if s.condition == name)
        rows.append((found.question, name, "", role, x.value, x.low, x.high, x.n))
    for stimulus in design.stimuli:
        mean = found.stimuli.get(stimulus.id)
        if mean is not None:
            where = (stimulus.condition, stimulus.source, stimulus.role)
            rows.append((found.question, *where, mean.value, mean.low, mean.high, mean.n))
    for pair in found.pairs:
        rows.append(
            (
                found.question,
                pair.first,
                f"against {pair.second}",
                "",
                pair.n_first / pair.n,
                pair.low,
                pair.high,
                pair.n,
            )
        )
    return rows


def _plain(found: Sequence[RatingAnalysis], agreements: dict[str, list[Agreement]]) -> dict[str, Any]:
    # Loads pandas, which has been loaded already.
    from dataclasses import asdict

    rows = [asdict(x) | {"agreement": [asdict(a) for a in agreements.get(x.question, [])]} for x in found]
    return {"schema_version": 1, "questions": rows}
