"""``visalign check``: whether sound and lips of a clip are in sync."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.commands.console import (
    judged_parts,
    lines_table,
    progress_line,
    screen,
    show_warnings,
    show_written,
    styled_summary,
)
from visalign.commands.exit_codes import CHECK_FAILED, DONE, EXIT_CODES
from visalign.commands.given import refuse_missing
from visalign.commands.judging import Judging, Spoken, Streams, check_arguments, with_groups
from visalign.commands.options import Audio, Csv, Html, Jobs, Json, Overwrite, Quiet, written
from visalign.errors import KeptFile
from visalign.files.outputs import check_output

if TYPE_CHECKING:
    from visalign.reports.clip_report import ClipReport

__all__ = ["CHECK_EPILOG", "check", "show_report"]

CHECK_EPILOG = (
    'visalign check clip.mp4 --text "bin blue at f two now"\n\n'
    "visalign check clip.mp4 --audio dub.wav --transcript dub.txt --csv words.csv --textgrid clip.TextGrid\n\n"
    "visalign check episode.mp4 --transcript episode.srt    (each cue aligned in its own time)\n\n"
    "visalign check clip.mp4 --alignment corrected.TextGrid    (words and phones as they stand there)\n\n"
    "visalign check clip.mp4 --transcript clip.txt --html clip.html\n\n"
    "visalign check dub.mp4 --transcript dub.txt --grammar lines.txt    (and how readable the lips are)\n\n"
    "visalign check clip.mp4 --transcript clip.txt --profile film --strict    (other limits; in doubt uncertain)\n\n"
    "visalign check episode.mp4 --transcript dub.srt --profile dubbing    (may it be released? line by line)\n\n"
    "visalign check clip.mp4 --json - | jq .sync.lead_seconds\n\n"
    "Without a transcript the phones are recognised: offset and confidence, but no words.\n\n" + EXIT_CODES
)

Segments = Annotated[
    Path | None,
    written(
        "--segments",
        ".csv",
        help="Write words, phones, phrases and windows of 1 s, with all measures, as CSV; - for the standard output.",
    ),
]
Lines = Annotated[
    Path | None,
    written(
        "--lines",
        ".csv",
        help="Write the lines of a dub, cue by cue, with all measures, as CSV; - for the standard output.",
    ),
]
TextGrid = Annotated[
    Path | None,
    written("--textgrid", ".TextGrid", help="Write the tiers as a Praat TextGrid; - for the standard output."),
]


@with_groups
def check(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="Clip with a face that speaks.")],
    spoken: Spoken,
    streams: Streams,
    judging: Judging,
    audio: Audio = None,
    json: Json = None,
    csv: Csv = None,
    segments: Segments = None,
    lines: Lines = None,
    textgrid: TextGrid = None,
    html: Html = None,
    overwrite: Overwrite = False,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Tell whether sound and lips of a clip are in sync: the offset, and every word.

    Of a long clip every cue or phrase is shown, and of a very long one where it is not in sync.
    """
    outputs = {json: ".json", csv: ".csv", textgrid: ".TextGrid", segments: ".csv", lines: ".csv", html: ".html"}
    inputs = [video, *([audio] if audio else []), *spoken.files, *judging.files]
    for path, suffix in outputs.items():
        if path is not None:
            check_output(path, suffixes=(suffix,), overwrite=overwrite, inputs=inputs)
    arguments = check_arguments(spoken, streams, judging, video)
    refuse_missing(audio, video)
    with progress_line(enabled=not quiet) as progress:
        report = visalign.check(
            video,
            audio=audio,
            evidence=html is not None,
            details=("word", "phone", "phrase", "window") if segments else (),
            lines=lines is not None,
            jobs=jobs or os.cpu_count() or 1,
            progress=progress,
            **arguments,
        )
        if html is not None:
            progress("writing the page", None)
    tables = {segments: report.write_details, lines: report.write_lines}
    kept = _write({path: tables.get(path, report.write) for path in outputs if path is not None})
    if not quiet:
        show_report(report, [path for path in outputs if path is not None and path not in kept])
    for refused in kept.values():
        raise refused
    raise typer.Exit(DONE if report.passed else CHECK_FAILED)


def _write(files: Mapping[Path, Callable[[Path], Path]]) -> dict[Path, KeptFile]:
    """Write what was asked for, and give what may not be replaced: it keeps nothing else from being written."""
    kept = dict[Path, KeptFile]()
    for path, write in files.items():
        try:
            write(path)
        except KeptFile as refused:
            kept[path] = refused
    return kept


def show_report(report: ClipReport, outputs: Sequence[Path]) -> None:
    """Print what was found, and where it was written."""
    console = screen()
    console.print(styled_summary(report))
    if report.dubbing is not None:
        console.print(lines_table(report))
    elif report.judged_words:
        console.print(judged_parts(report))
    elif report.clip.transcript is None:
        console.print("No transcript was given: phones were recognised, so there are no words to judge.")
    show_warnings(report.warnings)
    for model in (model for model in report.clip.models if model.binds):
        console.print(f"Model: {model.name} ({model.licence})", style="dim")
    show_written(*outputs)
