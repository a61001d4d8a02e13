"""``visalign tune``: search for better settings on a user's own material, or choose between some as it arrives."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visalign.commands.choices import choice
from visalign.commands.console import facts_table, progress_line, screen, show_written
from visalign.commands.options import Html, Jobs, Model, NeededOutput, Overwrite, Quiet, Seed, Settings
from visalign.errors import KeptFile

if TYPE_CHECKING:
    from visalign.tuning import Choosing, Estimate, Metric, Tuned

__all__ = ["TUNE_EPILOG", "tune"]

TUNE_EPILOG = (
    "visalign tune clips/ -o tuned\n\n"
    "visalign tune clips/ -o tuned --metric separation=2,windows=1 --budget 120 --jobs 2\n\n"
    "visalign check clip.mp4 --transcript clip.txt --config tuned/recommended.toml\n\n"
    "visalign tune new_clips/ -o desk --choose-between studio.toml --choose-between street.toml\n\n"
    "Run the same command again, with a larger budget, and the search goes on. Terms of --metric: matching, "
    "offset, windows, separation, segments, clips, calibration, time. Groups of --search: evidence, scoring, "
    "thresholds, map, sound, aligner (docs/how-to/tune.md).\n\n"
    "Exit codes: 0 a configuration is recommended, or clips were judged · 1 none is: the gain may be noise · 2 wrong "
    "usage · 3 the clips can't be used"
)

_RECOMMENDED, _NOT_RECOMMENDED = 0, 1


def tune(
    clips: Annotated[
        Path, typer.Argument(metavar="CLIPS", help="Folder of clips with transcripts, by speaker, or a manifest.")
    ],
    output: Annotated[Path, NeededOutput("Folder for the study, lips, plots and the configuration.")],
    metric: Annotated[str | None, typer.Option(help="Terms of the reward with their weights.")] = None,
    budget: Annotated[int, typer.Option(help="Trials in all, those of earlier runs counted.")] = 60,
    search: Annotated[str, typer.Option(help="Groups of parameters, commas between.")] = (
        "evidence,scoring,thresholds,map"
    ),
    hold_out: Annotated[
        str | None, typer.Option(help="Speakers to compare on, commas between; a third of them by default.")
    ] = None,
    config: Settings = None,
    model: Model = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    html: Html = None,
    choose_between: Annotated[
        list[Path] | None,
        typer.Option(help="Do not search: let a bandit choose one of these TOML files for each new clip. Repeatable."),
    ] = None,
    policy: Annotated[str, choice("--policy", names=("ucb", "thompson"), help="Of the bandit.")] = "ucb",
    discount: Annotated[float, typer.Option(help="Of the bandit: weight of a reward against the next one.")] = 0.98,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Find the settings that suit your material, without labels, and learn whether they really do."""
    # These load the rooms of the search.
    from visalign.config import Config
    from visalign.files.outputs import check_output
    from visalign.tuning import (
        DEFAULT_METRIC,
        RECOMMENDED,
        TuneSettings,
        parse_groups,
        parse_metric,
        tune_folder,
        write_tune_page,
    )

    weights = DEFAULT_METRIC if metric is None else parse_metric(metric)
    if choose_between:
        _choose(clips, output, choose_between, weights, model, policy, discount, seed, quiet=quiet)
        return
    if html is not None:
        check_output(html, suffixes=(".html",), overwrite=overwrite, inputs=() if config is None else (config,))
    if (output / RECOMMENDED).exists():
        inputs = () if config is None else (config,)
        check_output(output / RECOMMENDED, suffixes=(".toml",), overwrite=overwrite, inputs=inputs)
    settings = TuneSettings(
        metric=weights,
        budget=budget,
        groups=parse_groups(search),
        base=Config() if config is None else Config.load(config),
        hold_out=tuple(name.strip() for name in hold_out.split(",")) if hold_out else (),
        seed=seed,
        workers=jobs or os.cpu_count() or 1,
    )
    with progress_line(enabled=not quiet) as progress:
        tuned = tune_folder(clips, output, settings, model=model, progress=progress)
        kept = None
        if html is not None:
            progress("writing the page", None)
            try:
                write_tune_page(html, tuned)
            except KeptFile as refused:  # what was found is told all the same
                kept = refused
    if not quiet:
        _show(tuned, output, html if kept is None else None)
    if kept is not None:
        raise kept
    raise typer.Exit(_RECOMMENDED if tuned.is_recommended else _NOT_RECOMMENDED)


def _show(tuned: Tuned, out: Path, html: Path | None) -> None:
    # Loads the rooms of the search.
    from visalign.tuning import RECOMMENDED

    console, c = screen(), tuned.comparison
    for name, reason in tuned.left_out:
        console.print(f"Left out: {name}: {reason}", style="yellow", soft_wrap=True)
    rows = {"reward": (c.default, c.found, c.difference), **c.terms}
    header = ("held out", ">to start from", ">found", ">difference, 95 % interval")
    console.print(
        facts_table(header, [(name, *map(_value, three[:2]), _interval(three[2])) for name, three in rows.items()])
    )
    console.print(tuned.verdict, style="green" if tuned.is_recommended else "yellow", soft_wrap=True)
    if tuned.is_recommended:
        show_written(out / RECOMMENDED)
    if html is not None:
        show_written(html)


def _value(estimate: Estimate) -> str:
    return f"{estimate.value:.4f}"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:+.4f} ({estimate.low:+.4f} to {estimate.high:+.4f})"


def _choose(
    clips: Path,
    out: Path,
    files: Sequence[Path],
    metric: Metric,
    model: Path | None,
    policy: str,
    discount: float,
    seed: int,
    *,
    quiet: bool,
) -> None:
    # Loads the rooms of the search.
    from visalign.tuning import choose_as_clips_arrive

    with progress_line(enabled=not quiet) as progress:
        found = choose_as_clips_arrive(
            clips, out, files, metric, model=model, policy=policy, discount=discount, seed=seed, progress=progress
        )
    if not quiet:
        _show_choices(found)


def _show_choices(found: Choosing) -> None:
    console = screen()
    if found.choices:
        rows = [(clip, arm, f"{reward:.3f}") for clip, arm, reward in found.choices]
        console.print(facts_table(("clip", "configuration", ">reward"), rows))
    else:
        console.print("No new clip.")
    standings = [(arm, f"{mean:.3f}", f"{n:.1f}") for arm, (mean, n) in found.standings.items()]
    console.print(facts_table(("configuration", ">mean reward", ">clips, discounted"), standings))
    console.print(f"Next: {found.next_arm}")
