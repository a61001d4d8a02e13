"""What results look like in a terminal: tables, colours, a progress line.

Only tells :mod:`rich` what to draw; deciding what to show, and when, is for :mod:`visalign.cli`. Text that comes from
the user (words, file names) is always passed as :class:`rich.text.Text`, never as markup: a word like ``[red]`` is a
word. Whatever is drawn, by whichever command, is made :mod:`harmless <visalign.files.display>` here.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from visalign.files.display import harmless, harmless_json, one_line
from visalign.files.outputs import check_output, kept_files, whole_file
from visalign.files.standard_output import is_for_stdout
from visalign.files.timecode import clock

if TYPE_CHECKING:
    from fractions import Fraction

    from visalign.doctor import Finding
    from visalign.forced_alignment.alignment import Alignment
    from visalign.reports.clip_report import ClipReport
    from visalign.reports.passages import Passage
    from visalign.timeline import Tier

__all__ = [
    "VERDICT_STYLES",
    "ProgressCallback",
    "alignment_table",
    "batch_progress",
    "facts_table",
    "findings_table",
    "judged_parts",
    "lines_table",
    "print_json",
    "progress_line",
    "screen",
    "show_failure",
    "show_warnings",
    "show_written",
    "signed_ms",
    "styled_summary",
    "tier_table",
    "time_left",
    "words_table",
    "write_json",
]

ProgressCallback = Callable[[str, float | None], None]
"""Told the stage that runs, and how much of it is done (0..1; None where that can't be told)."""

MOST_WORDS, MOST_ROWS = 60, 40
"""A table has a row a word up to so many words; above it a row a cue or phrase, or at most so many rows of runs."""

PIPE_WIDTH = 400
"""Columns where the output is not a terminal: wide enough that no row of the words table is broken."""

ROOM_FOR_MEASURES, ROOM_FOR_VISEMES = 108, 150
"""Columns from which on the table of the words says more than the lead and the verdict, and says it all."""

VERDICT_STYLES = {
    "in-sync": "green",
    "audio-early": "red",
    "audio-late": "red",
    "mismatched": "red",
    "out-of-step": "red",
    "uncertain": "yellow",
}
_STATUS_STYLES = {"ok": "green", "missing": "red", "broken": "red", "optional": "yellow"}
_MISSING = "-"


class _Screen(Console):
    """A console on which nothing that is printed acts."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print each text as one line: a name with a break in it begins no line of its own."""
        super().print(*(one_line(x) if isinstance(x, str) else x for x in objects), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is to be drawn, in pieces; rich's own orders to the terminal are apart from the text."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else Segment(harmless(piece.text), piece.style)


def screen(*, stderr: bool = False) -> Console:
    """A console that never guesses at markup, e-mail addresses or emoji in what it prints, and never acts on it.

    Words go to stderr where a result goes to the standard output.
    """
    stderr = stderr or is_for_stdout()
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return _Screen(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)


def show_written(*paths: Path) -> None:
    """A line a file; not wrapped, as a path that is broken over two lines can't be copied."""
    for path in paths:
        if not is_for_stdout(path):
            screen().print(f"Wrote {path}", soft_wrap=True)


def show_failure(path: Path, error: Exception) -> None:
    """A line on stderr for one of many files that failed; its name once, also where the error begins with it."""
    told = str(error)
    named = told if told.startswith(f"{path}:") else f"{path}: {told}"
    screen(stderr=True).print(named, style="red", soft_wrap=True)


def write_json(path: Path, facts: Mapping[str, Any], *, overwrite: bool) -> None:
    """Facts for another program, as a file or on the standard output.

    Raises
    ------
    ConfigError, OutputError
        As :func:`~visalign.files.outputs.check_output` and :func:`~visalign.files.outputs.whole_file`.
    """
    check_output(path, suffixes=(".json",), overwrite=overwrite)
    with whole_file(path) as draft:
        draft.write_text(dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    show_written(path)


def print_json(text: str) -> None:
    """Data for another program, which may be a terminal after all."""
    sys.stdout.write(harmless_json(text))
    sys.stdout.flush()


@contextmanager
def progress_line(*, enabled: bool = True) -> Iterator[ProgressCallback]:
    """A line on stderr that shows what is being done, and how long that will still take where it can be told.

    Nothing at all where stderr is not a terminal. It begins with the files that are there and may be kept, since that
    is known only at the end, which can be an hour away.
    """
    console = screen(stderr=True)
    if enabled and console.is_terminal:
        for path in kept_files():
            console.print(
                f"{path.name} is there: it stays unless the same comes out again (or --overwrite)", style="dim"
            )
    stage_text, left_text = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[left]}")
    columns = (SpinnerColumn(), stage_text, BarColumn(), TimeElapsedColumn(), left_text)
    with Progress(*columns, console=console, transient=True, disable=not (enabled and console.is_terminal)) as bar:
        task = bar.add_task("starting", total=None, left="")
        began = {"starting": time.monotonic()}

        def tell(stage: str, fraction: float | None) -> None:
            taken = time.monotonic() - began.setdefault(stage, time.monotonic())
            bar.update(
                task,
                description=one_line(stage),
                total=None if fraction is None else 1.0,
                completed=fraction or 0.0,
                left=time_left(taken, fraction),
            )

        yield tell


def time_left(taken: float, fraction: float | None) -> str:
    """How long a stage will still take, in words; empty as long as that would be guessed.

    Parameters
    ----------
    taken : float
        Seconds so far.
    fraction : float or None
        Which part of it is done.

    Examples
    --------
    >>> time_left(6.0, 0.1), time_left(90.0, 0.25), time_left(0.2, 0.5), time_left(9.0, None)
    ('about 54 s left', 'about 4 min 30 s left', '', '')
    """
    if not fraction or fraction >= 1 or taken < _SURE_AFTER_SECONDS:
        return ""
    minutes, seconds = divmod(round(taken * (1 - fraction) / fraction), 60)
    return f"about {minutes} min {seconds} s left" if minutes else f"about {seconds} s left"


_SURE_AFTER_SECONDS = 1.0


@contextmanager
def batch_progress() -> Iterator[tuple[Callable[[int, int], None], Callable[[str, str], None]]]:
    """A bar on stderr with rate and time left, and a way to print lines above it.

    Yields
    ------
    advance : callable
        Told how many are done, of how many.
    say : callable
        Prints a line in a style. Where stderr is not a terminal there is no bar, and the lines are all.
    """
    console = screen(stderr=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, speed_estimate_period=120
    ) as bar:
        task = bar.add_task("", total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        def say(line: str, style: str) -> None:
            console.print(line, style=style, soft_wrap=True)

        yield advance, say


class _Rate(ProgressColumn):
    """Clips a second, or a minute where they are slow."""

    def render(self, task: Task) -> Text:
        """The rate so far."""
        speed = task.speed
        if not speed:
            return Text("- clips/s")
        return Text(f"{speed:.1f} clips/s" if speed >= 1 else f"{60 * speed:.1f} clips/min")


def styled_summary(report: ClipReport) -> Text:
    """The report's summary, its headline in the colour of the verdict."""
    headline, *rest = report.summary().splitlines()
    colour = VERDICT_STYLES.get(report.sync.verdict, "")
    if report.dubbing is not None and report.dubbing.gate is not None:
        colour = VERDICT_STYLES["in-sync" if report.passed else "mismatched"]
    return Text("\n").join([Text(headline, style=f"bold {colour}"), *map(Text, rest)])


def words_table(report: ClipReport, width: int | None = None) -> Table:
    """One row a judged word; the one with the lowest score is marked, unless all are well.

    Where the terminal is narrow, `width` columns, it says when, how much and how it is judged; where there is room, how
    much of it was seen, and what the lips should show and show, in words with the map's letters behind.
    """
    # Loads numpy, which the report has loaded already.
    from visalign.reports.wording import word_as_told

    room = screen().width if width is None else width
    some, all_of_it = room >= ROOM_FOR_MEASURES, room >= ROOM_FOR_VISEMES
    table = _table(
        *("word", ">start–end s"),
        *["phones"] * some,
        *["expected", "observed"] * all_of_it,
        *[">viseme accuracy"] * some,
        *(">audio lead ms", ">frames"),
        *[">score", ">in step"] * some,
        *("verdict", ""),
    )
    worst = report.worst_segment() if _is_one_weak(report) else None
    for index, word in enumerate(report.judged_words):
        is_worst = index == worst
        verdict, lead = word_as_told(report.sync, word.verdict, word.told_lead_seconds)
        cells: list[str | Text] = [
            word.label,
            f"{word.start:.2f}–{word.end:.2f}",
            *[word.phones] * some,
            *[_in_words(x, report.clip.names) for x in (word.expected, word.observed) if all_of_it],
            *[_number(word.viseme_accuracy, "{:.0%}")] * some,
            *(signed_ms(lead), _signed_frames(lead, report.clip.frame_rate)),
            *[_number(x, "{:.2f}") for x in (word.score, word.in_step) if some],
            Text(verdict, style=VERDICT_STYLES.get(verdict, "")),
            "<- worst" if is_worst else "",
        ]
        table.add_row(*map(_text, cells), style="bold" if is_worst else "")
    return table


def _is_one_weak(report: ClipReport) -> bool:
    """Whether a word stands out as the worst: there are several, and not all are in sync."""
    return len(report.judged_words) > 1 and any(word.verdict != "in-sync" for word in report.judged_words)


def _in_words(visemes: str, names: Mapping[str, str]) -> str:
    """ "lips together, lips relaxed (C I)"; a map's own words alone."""
    # Loads the rooms of the maps, which the report has loaded already.
    from visalign.visemes.naming import short

    words = ", ".join(short(viseme, names) for viseme in visemes.split())
    return words if words.replace(",", "").replace(" ", "_") == visemes.replace(" ", "_") else f"{words} ({visemes})"


def _signed_frames(seconds: float | None, rate: Fraction) -> str:
    return _MISSING if seconds is None or rate <= 0 else f"{seconds * float(rate):+.1f}"


def judged_parts(report: ClipReport) -> RenderableType:
    """The words of a short clip; of a long one its cues or phrases, and of a very long one where it is not in sync."""
    if len(report.judged_words) <= MOST_WORDS:
        return words_table(report)
    # Loads numpy, which the report has loaded already.
    from visalign.reports.passages import notable_runs, passages, runs_of

    parts = passages(report)
    kind = "cue" if report.cues else "phrase"
    if len(parts) <= MOST_WORDS:
        return Group(_passages_table(parts, kind), Text(_HOW_TO_SEE_MORE.format("every word")))
    runs = runs_of(parts)
    shown = notable_runs(runs, MOST_ROWS)
    told = Text(_count_in_words(parts, runs, shown, kind) + " " + _HOW_TO_SEE_MORE.format(f"every word and {kind}"))
    return Group(_passages_table(shown, kind), told) if shown else told


def lines_table(report: ClipReport) -> RenderableType:
    """The lines of a dub that fail a rule of its gate; without a gate all of them, as far as a table goes."""
    # Loads numpy, which the report has loaded already.
    from visalign.reports.line_table import fault_in_words, line_verdict_in_words

    dubbing = report.dubbing
    assert dubbing is not None
    lines = dubbing.lines if dubbing.gate is None else [x for x in dubbing.lines if dubbing.failed(x)]
    table = _table(">line", ">time", "text", ">audio\nlead ms", "verdict", "what fails")
    for line in lines[:MOST_ROWS]:
        failed = dubbing.failed(line)
        style = VERDICT_STYLES.get(line.verdict, "")
        cells: list[str | Text] = [
            str(line.number),
            "" if line.start is None or line.end is None else f"{clock(line.start)}–{clock(line.end)}",
            Text(line.text, no_wrap=True, overflow="ellipsis"),
            signed_ms(line.lead_seconds),
            Text(line_verdict_in_words(line.verdict), style=style),
            fault_in_words(line, failed),
        ]
        table.add_row(*map(_text, cells))
    told = f"{len(lines) - MOST_ROWS} more lines are left out here. " * (len(lines) > MOST_ROWS)
    more = Text(told + "For every line with all measures: --lines FILE, --json FILE or --html FILE (with a player).")
    return Group(table, more) if lines else more


_HOW_TO_SEE_MORE = "For {}: --csv FILE, --segments FILE (with phrases and all measures) or --html FILE (with a player)."


def _count_in_words(parts: Sequence[Passage], runs: Sequence[Passage], shown: Sequence[Passage], kind: str) -> str:
    """ "900 cues: 812 in-sync, 83 audio-early, 5 uncertain. Left out here: 812 in-sync, 5 uncertain." """
    left_out = [run for run in runs if run not in shown]
    told = f"{len(parts)} {kind}s: {_tally(parts)}."
    return f"{told} Left out here: {_tally(left_out)}." if left_out else told


def _tally(parts: Sequence[Passage]) -> str:
    counts = {name: sum(part.n_passages for part in parts if part.verdict == name) for name in [*VERDICT_STYLES, ""]}
    return ", ".join(f"{n} {name or 'not judged'}" for name, n in counts.items() if n)


def _passages_table(parts: Sequence[Passage], kind: str) -> Table:
    """One row a passage, or a run of them; its text in one line."""
    several = any(part.n_passages > 1 for part in parts)
    table = _table(">time", *[f">{kind}s"] * several, "text", ">audio\nlead ms", ">words\nin sync", "verdict")
    for column in table.columns:
        column.no_wrap = str(column.header) != "text"
    for part in parts:
        cells: list[str | Text] = [
            f"{clock(part.start)}–{clock(part.end)}",
            *[str(part.n_passages)] * several,
            Text(part.text, no_wrap=True, overflow="ellipsis"),
            _lead(part),
            f"{part.n_in_sync} of {part.n_words}" if part.n_words else "",
            Text(part.verdict, style=VERDICT_STYLES.get(part.verdict, "")),
        ]
        table.add_row(*map(_text, cells))
    return table


def _lead(part: Passage) -> str:
    """Its lead in milliseconds, or the first and the last one; empty without."""
    if part.lead_at_ends is not None and part.drifts:
        return " to ".join(map(signed_ms, part.lead_at_ends))
    return "" if part.lead_seconds is None else signed_ms(part.lead_seconds)


def tier_table(
    tier: Tier, *, label: str, is_silence: Callable[[str], bool], names: Mapping[str, str] | None = None
) -> Table:
    """One row an interval, silence left out; visemes in words, by their `names`."""
    # Loads numpy, which the tier has loaded already.
    from visalign.visemes.naming import named

    table = _table(label, ">start s", ">end s", ">confidence")
    for x in tier:
        if not is_silence(x.label):
            told = x.label if names is None else named(x.label, names)
            table.add_row(*map(_text, (told, f"{x.start:.3f}", f"{x.end:.3f}", _number(x.score, "{:.2f}"))))
    return table


def alignment_table(alignment: Alignment) -> Table:
    """One row a word: when, its phones, its confidence (or the mean of its phones), and notes where there are any."""
    table = _table("word", ">start s", ">end s", "phones", ">confidence", *["note"] * bool(alignment.notes))
    for word in alignment.words:
        if word.label:
            phones = alignment.phones.crop(word.start, word.end)
            sure = phones.relabel(lambda _: "").merge_equal()[0].score if word.score is None else word.score
            notes = dict.fromkeys(x.label.split(":")[0] for x in alignment.notes if x.overlap(word) > 0)
            cells = [f"{word.start:.3f}", f"{word.end:.3f}", " ".join(phones.labels), _number(sure, "{:.2f}")]
            cells += [", ".join(notes)] * bool(alignment.notes)
            table.add_row(*map(_text, (word.label, *cells)))
    return table


def findings_table(findings: Iterable[Finding]) -> Table:
    """What the doctor found; what to do stands below each fault."""
    table = _table("", "status", "version", "detail")
    for x in findings:
        table.add_row(Text(x.name), Text(x.status, style=_STATUS_STYLES[x.status]), Text(x.version), Text(x.detail))
        if x.remedy:
            table.add_row("", "", "", Text(f"To get it: {x.remedy}", style="bold" if x.is_fault else ""))
    return table


def show_warnings(warnings: Iterable[str], *, stderr: bool = False) -> None:
    """A line a warning."""
    for warning in warnings:
        screen(stderr=stderr).print(f"Warning: {warning}", style="yellow")


def facts_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A plain table of texts; a heading that begins with ``>`` is aligned to the right."""
    table = _table(*header)
    for row in rows:
        table.add_row(*(_text(cell if isinstance(cell, Text) else str(cell)) for cell in row))
    return table


def signed_ms(seconds: float | None) -> str:
    """Milliseconds with their sign; positive = audio early.

    Examples
    --------
    >>> signed_ms(0.0834), signed_ms(-0.02), signed_ms(-0.0001), signed_ms(None), signed_ms(float("nan"))
    ('+83', '-20', '0', '-', '-')
    """
    if seconds is None or seconds != seconds:
        return _MISSING
    ms = round(1000 * seconds)
    return f"{ms:+d}" if ms else "0"


def _number(value: float | None, form: str) -> str:
    return _MISSING if value is None or value != value else form.format(value)


def _text(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(one_line(cell))


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(
            Text(heading.removeprefix(">")), justify="right" if heading.startswith(">") else "left", overflow="fold"
        )
    return table
