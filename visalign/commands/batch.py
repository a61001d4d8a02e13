"""``visalign batch`` and ``visalign status``: many clips, and how they stand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visalign.commands.choices import choice
from visalign.commands.console import (
    VERDICT_STYLES,
    batch_progress,
    facts_table,
    print_json,
    screen,
    show_written,
    write_json,
)
from visalign.commands.given import refuse_lonely_language
from visalign.commands.judging import Judging, with_groups
from visalign.commands.options import (
    SPEED,
    Jobs,
    Json,
    JsonLines,
    MemoryLimit,
    NeededOutput,
    Overwrite,
    Pages,
    Parquet,
    Quiet,
    TimeLimit,
)
from visalign.errors import ParseError
from visalign.files.object_storage import is_address

if TYPE_CHECKING:
    from visalign.batch import BatchEvent, BatchResult, BatchSettings
    from visalign.batch.costing import Estimate
    from visalign.batch.engines import Engine
    from visalign.batch.ledger import Entry, Ledger
    from visalign.corpora.clip_list import Manifest

__all__ = [
    "BATCH_EPILOG",
    "STATUS_EPILOG",
    "batch",
    "cost_in_words",
    "default_out",
    "exit_code",
    "listener",
    "memory_bytes",
    "settings_of",
    "show_result",
    "status",
]

BATCH_EPILOG = (
    "visalign batch clips/ -o results    (clips, each with its transcript beside it)\n\n"
    "visalign batch clips.csv -o results --jobs 8 --max-failures 5%\n\n"
    "visalign batch clips.csv -o results --retry-failed timeout --time-limit 600\n\n"
    "visalign batch clips.csv --dry-run --jobs 64 --price 0.04    (what it would take, from two clips)\n\n"
    "Run the same command again and it does what is missing. Columns of a manifest: clip, id, transcript, text, audio, "
    "language, speaker, condition, map, expected (docs/batch.md).\n\n"
    "Exit codes: 0 all clips got the expected verdict · 1 done, some did not · 2 wrong usage · 3 some clips could not "
    "be analysed, or are still to do · 130 interrupted · 143 ended by kill"
)
STATUS_EPILOG = (
    "visalign status results\n\nvisalign status results --clip s1/bbaf2n    (one clip, with the stack of a crash)"
)

_ALL, _SOME_DIFFER, _INCOMPLETE = 0, 1, 3
_STOPPED = {"interrupted": 130, "terminated": 143}
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_RECENT_SECONDS = 60.0

Results = Annotated[Path, typer.Argument(metavar="FOLDER", help="What `visalign batch` wrote (its --output).")]


@with_groups
def batch(
    source: Annotated[Path, typer.Argument(metavar="MANIFEST|FOLDER", help="CSV or JSON lines, or a folder of clips.")],
    judging: Judging,
    output: Annotated[
        Path | None,
        NeededOutput("Folder for ledger, reports and summary; default: the source's name and .results."),
    ] = None,
    pages: Pages = False,
    parquet: Parquet = False,
    json_lines: JsonLines = False,
    quiet: Quiet = False,
    jobs: Jobs = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = "3G",
    lip_cache: Annotated[
        Path | None,
        typer.Option(
            help="Folder that keeps lips by content, for several batches; default: OUTPUT/lips.", rich_help_panel=SPEED
        ),
    ] = None,
    no_lip_cache: Annotated[bool, typer.Option("--no-lip-cache", help="Keep no lips.", rich_help_panel=SPEED)] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Do these ids only; a pattern, as 's1/*'. Repeatable.", rich_help_panel=SPEED),
    ] = None,
    retry_failed: Annotated[
        str | None,
        typer.Option(
            help="Try failures again: all, or reasons with commas between, as timeout,memory.", rich_help_panel=SPEED
        ),
    ] = None,
    max_failures: Annotated[
        str | None, typer.Option(help="Stop after so many failures: 20, or 5%.", rich_help_panel=SPEED)
    ] = None,
    shard: Annotated[
        str | None, typer.Option(help="Do the i-th of N parts only, as 2/8.", rich_help_panel=SPEED)
    ] = None,
    engine: Annotated[
        str, choice("--engine", names=("local", "dask"), help="Where the work is done.", panel=SPEED)
    ] = "local",
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Address of the Dask scheduler (tcp://host:8786), or its scheduler file.", rich_help_panel=SPEED
        ),
    ] = None,
    cloud: Annotated[
        bool,
        typer.Option(
            "--cloud", help="Read what the manifest names by s3:// or gs:// from there.", rich_help_panel=SPEED
        ),
    ] = False,
    upload: Annotated[
        str | None,
        typer.Option(
            help="Copy reports and summary there at the end: s3://bucket/folder, gs://…", rich_help_panel=SPEED
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be done, and what it costs; do no more.", rich_help_panel=SPEED),
    ] = False,
    price: Annotated[
        float | None,
        typer.Option(
            min=0.0, help="With --dry-run: dollars for an hour of one processor (vCPU).", rich_help_panel=SPEED
        ),
    ] = None,
) -> None:
    """Check many clips, each in a process of its own; what is done is kept, whatever happens."""
    # These load the rooms of the batch.
    from visalign.batch import run_batch
    from visalign.corpora.clip_list import read_manifest

    settings = replace(
        settings_of(judging),
        jobs=jobs,
        time_limit_seconds=time_limit,
        memory_limit_bytes=memory_bytes(memory_limit),
        lip_cache="" if no_lip_cache else lip_cache,
        only=tuple(only or ()),
        retry_failed=_reasons(retry_failed),
        max_failures=_failures(max_failures),
        shard=_shard(shard),
        parquet=parquet,
        pages=pages,
        cloud=cloud,
        upload=upload or "",
    )
    manifest, out = read_manifest(source), output or default_out(source)
    if not quiet:
        for warning in manifest.warnings:
            screen(stderr=True).print(f"Warning: {warning}", style="yellow")
    if price is not None and not dry_run:
        raise typer.BadParameter("--price belongs to --dry-run, which tells what a batch would cost")
    if dry_run:
        missing = _say_what_would_be_done(manifest, out, settings, price)
        raise typer.Exit(_INCOMPLETE if missing else _ALL)
    chosen = _engine(engine, scheduler)
    with listener(json_lines=json_lines, quiet=quiet) as listen:
        result = run_batch(manifest, out, settings, engine=chosen, on_event=listen)
    if not quiet and not json_lines:
        show_result(result)
    raise typer.Exit(exit_code(result))


def _say_what_would_be_done(manifest: Manifest, out: Path, settings: BatchSettings, price: float | None) -> bool:
    """What `--dry-run` says; whether files are missing."""
    # These load the rooms of the batch.
    from visalign.batch import plan_batch
    from visalign.batch.costing import estimate_cost

    plan = plan_batch(manifest, out, settings)
    say = screen()
    for message in plan.missing:
        say.print(message, style="yellow", soft_wrap=True)
    known = f"{plan.n_done} are done, {plan.n_failed} failed before" if plan.n_done or plan.n_failed else "none is done"
    say.print(f"{len(plan.to_do)} clips would be checked; {known}; {len(plan.missing)} files are missing.")
    if abroad := _files_elsewhere(manifest):
        say.print(f"{len(abroad)} files lie outside {manifest.root}: {', '.join(abroad[:5])}", soft_wrap=True)
    if plan.to_do:
        for line in cost_in_words(estimate_cost(manifest, plan.to_do, settings), price):
            say.print(line, soft_wrap=True)
    return bool(plan.missing)


def cost_in_words(found: Estimate, price: float | None) -> Iterator[str]:
    """What a batch would cost, a sentence a line."""
    of = "" if found.n_opened == found.n_clips else f" (reckoned from {found.n_opened} that could be opened)"
    yield f"Material: {_time_in_words(found.material_seconds / 3600)} in {found.n_clips} clips{of}."
    cpu, wall = found.cpu_hours, found.wall_hours
    if cpu is None or wall is None:
        yield f"What it costs can't be told: {found.problem or 'no clip could be measured'}"
        return
    for clip in found.measured:
        yield (
            f"Measured here: {clip.id}, {clip.duration_seconds:.1f} s, took {clip.cpu_seconds:.2f} s of processor time "
            f"and {clip.wall_seconds:.2f} s by the clock."
        )
    workers = f"{found.workers} worker{'s' * (found.workers != 1)}"
    yield f"All of it: {_time_in_words(cpu)} of processor time; with {workers} about {_time_in_words(wall)}."
    if price is not None:
        yield f"At ${price:g} a vCPU hour: ${found.price(price):.2f}."
    if found.is_busy:
        yield "The machine was busy with other things: the time by the clock is what it takes beside them."


def _time_in_words(hours: float) -> str:
    if hours >= 1:
        return f"{hours:.1f} hours"
    return f"{hours * 60:.1f} minutes" if hours >= 1 / 60 else f"{hours * 3600:.1f} seconds"


def _files_elsewhere(manifest: Manifest) -> list[str]:
    """What a manifest names beyond its own folder: it may, and somebody else may have written it."""
    names = [getattr(clip, kind) for clip in manifest.clips for kind in ("clip", "transcript", "audio", "map")]
    # Of maps most are names and no files.
    places = {name: manifest.root / name for name in dict.fromkeys(names) if name}
    return [
        name for name, place in places.items() if is_address(name) or not place.resolve().is_relative_to(manifest.root)
    ]


def settings_of(judging: Judging) -> BatchSettings:
    """Settings of a batch from the options that `visalign check` has as well."""
    # Loads the rooms of the batch.
    from visalign.batch import BatchSettings

    refuse_lonely_language(judging.language, judging.config or "clips")
    # Workers run elsewhere, so files are named from the root.
    named = replace(
        judging,
        lexicon=None if judging.lexicon is None else judging.lexicon.resolve(),
        reference=None if judging.reference is None else judging.reference.resolve(),
        viseme_map=_name_or_file(judging.viseme_map),
        grammar=_name_or_file(judging.grammar),
        g2p=_name_or_file(judging.g2p),
        enhancement=None,
    )
    return BatchSettings(
        config=named.settings(),
        model="" if judging.model is None else str(judging.model.resolve()),
        enhancement=None if judging.enhancement == "off" else judging.enhancement,
    )


def _name_or_file(given: str | None) -> str | None:
    return given if given is None or not Path(given).is_file() else str(Path(given).resolve())


def default_out(source: Path) -> Path:
    """Where the results go that nobody gave a place: a folder here, named after the manifest or the clips' folder."""
    return Path(f"{source.resolve().stem}.results")


def exit_code(result: BatchResult) -> int:
    """What the command ends with."""
    if result.stopped in _STOPPED:
        return _STOPPED[result.stopped]
    if result.failed or result.pending:
        return _INCOMPLETE
    return _ALL if result.passed == result.done else _SOME_DIFFER


def show_result(result: BatchResult) -> None:
    """The end of a run in words."""
    out = screen()
    again = f" ({result.skipped} from before)" if result.skipped else ""
    out.print(
        f"{result.done} done{again}, {result.passed} of them with the expected verdict; {result.failed} failed; "
        f"{result.pending} to do."
    )
    for reason, n in result.reasons.items():
        out.print(f"  {reason}: {n}", style="red")
    if result.stopped:
        out.print(f"Stopped early ({result.stopped}); run the same command again to go on.", style="yellow")
    show_written(*(path for path in (result.out / "summary.csv", result.out / "index.html") if path.exists()))


def _engine(name: str, scheduler: str | None) -> Engine | None:
    if (name == "dask") != (scheduler is not None):
        raise typer.BadParameter("--engine dask and --scheduler ADDRESS belong together")
    if scheduler is None:
        return None
    # Loads Dask, which is optional.
    from visalign.batch.dask_engine import DaskEngine

    return DaskEngine(scheduler)


@contextmanager
def listener(*, json_lines: bool, quiet: bool) -> Iterator[Callable[[BatchEvent], None]]:
    """What tells the user of a batch's events, in the way that was asked for."""
    if json_lines:
        yield _tell_json
    elif quiet:
        yield lambda _event: None
    else:
        with batch_progress() as (advance, say):
            yield lambda event: _tell(event, advance, say)


def _tell_json(event: BatchEvent) -> None:
    print_json(dumps(event.to_dict(), ensure_ascii=False) + "\n")


def _tell(event: BatchEvent, advance: Callable[[int, int], None], say: Callable[[str, str], None]) -> None:
    advance(event.done + event.failed, event.to_do)
    if event.kind == "clip" and event.reason:
        say(f"{event.clip}: {event.reason}: {event.message}", "red")
    elif event.kind == "clip" and not event.passed:
        say(f"{event.clip}: {event.result['verdict']}", VERDICT_STYLES.get(event.result["verdict"], ""))
    elif event.kind == "stop":
        say(f"No new clips are begun ({event.message}).", "yellow")


# --- status ----------------------------------------------------------------------------------------------------


def status(
    results: Results,
    clip: Annotated[str | None, typer.Option(help="Show all that is known about this clip, by its id.")] = None,
    json: Json = None,
    overwrite: Overwrite = False,
) -> None:
    """Tell how a batch stands, while it runs or after."""
    if not results.is_dir():
        raise ParseError(results, None, "no such folder; give what `visalign batch` wrote (its --output)")
    # Loads the rooms of the batch.
    from visalign.batch.ledger import LEDGER_NAME, Ledger, is_running

    with Ledger(results / LEDGER_NAME, read_only=True) as ledger:
        if clip is not None:
            _show_clip(ledger, clip)
            return
        found = _standing(ledger, at_work=is_running(results))
    if json is None:
        _show_standing(found)
    else:
        write_json(json, found, overwrite=overwrite)


def _standing(ledger: Ledger, *, at_work: bool) -> dict[str, object]:
    counts = ledger.counts()
    started = float(ledger.facts().get("started_at", "0"))
    window = min(_RECENT_SECONDS, max(1e-3, time.time() - started))
    rate = ledger.finished_since(time.time() - window) / window if at_work else None
    left = counts["pending"] + counts["running"]
    return {
        "is_running": at_work,
        **counts,
        "reasons": ledger.failures(),
        "rate_per_second": rate,
        "seconds_left": left / rate if rate else None,
        "in_flight": [{"clip": name, "seconds": time.time() - since} for name, since in ledger.running()],
        "intact": ledger.is_intact(),
    }


def _show_standing(found: dict[str, object]) -> None:
    out = screen()
    how = "A run is at work." if found["is_running"] else "No run is at work."
    out.print(
        f"{how} {found['done']} done, {found['failed']} failed, {found['running']} in flight, {found['pending']} to do."
    )
    reasons, in_flight = found["reasons"], found["in_flight"]
    assert isinstance(reasons, dict)
    assert isinstance(in_flight, list)
    for reason, n in reasons.items():
        out.print(f"  {reason}: {n}", style="red")
    if found["rate_per_second"]:
        left = found["seconds_left"]
        out.print(f"{found['rate_per_second']:.2f} clips a second in the last minute; about {left:.0f} s to go.")
    for item in in_flight:
        since = f"for {item['seconds']:.0f} s" if found["is_running"] else "when the run died; it will be done again"
        out.print(f"  {item['clip']}: at work {since}", soft_wrap=True)
    if not found["intact"]:
        out.print("The ledger is damaged: move it away and run the batch again; reports are kept.", style="red")


def _show_clip(ledger: Ledger, name: str) -> None:
    entry = ledger.entry(name)
    rows = list(_facts(entry))
    screen().print(facts_table(("", name), rows))
    if entry.detail:
        screen().print(entry.detail, soft_wrap=True)


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    for name in (
        "state",
        "report",
        "reason",
        "message",
        "runs",
        "interruptions",
        "wall_seconds",
        "cpu_seconds",
        "peak_mb",
    ):
        value = getattr(entry, name)
        if value is not None:
            yield name, str(value)
    for key, value in (entry.result or {}).items():
        yield key, "" if value is None else str(value)


# --- options ---------------------------------------------------------------------------------------------------


def memory_bytes(text: str) -> int:
    """Bytes of an option such as ``3G`` or ``800M``."""
    number, unit = text.strip().lower().removesuffix("b").removesuffix("i"), ""
    if number[-1:] in _UNITS:
        number, unit = number[:-1], number[-1:]
    try:
        return int(float(number) * _UNITS[unit])
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"--memory-limit {text}: give a number with M or G, as 800M") from None


def _failures(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        if text.endswith("%"):
            part = float(text[:-1]) / 100
            if not 0 < part < 1:
                raise ValueError
            return part
        return float(int(text))
    except ValueError:
        raise typer.BadParameter(f"--max-failures {text}: give a number, as 20, or a part, as 5%") from None


def _shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    try:
        i, n = map(int, text.split("/"))
    except ValueError:
        raise typer.BadParameter(f"--shard {text}: give two numbers, as 2/8") from None
    return i, n


def _reasons(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    parts: Iterable[str] = (part.strip() for part in text.split(","))
    return () if text.strip() == "all" else tuple(part for part in parts if part)
