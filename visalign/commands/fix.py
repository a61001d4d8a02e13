"""``visalign fix``: measure a clip's offset, write a corrected copy, measure that again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import visalign
from visalign.commands.choices import choice
from visalign.commands.console import facts_table, progress_line, screen, show_written, signed_ms
from visalign.commands.given import refuse_missing
from visalign.commands.judging import Judging, Spoken, Streams, check_arguments, given_option, with_groups
from visalign.commands.options import OUTPUT, Force, NeededOutput, Overwrite, Quiet
from visalign.errors import ConfigError, CorrectionRefused

if TYPE_CHECKING:
    from visalign.correct.correction import Correction
    from visalign.correct.fix import Fixed
    from visalign.reports.clip_report import ClipReport

__all__ = ["FIX_EPILOG", "fix"]

FIX_EPILOG = (
    'visalign fix clip.mp4 --text "bin blue at f two now"    → clip.fixed.mp4, clip.fixed.visalign.json\n\n'
    "visalign fix clip.mp4 -t clip.txt --mode pad -o good.mp4\n\n"
    "visalign fix clip.mp4 --apply good.visalign.json -o again.mp4    (--undo takes it back)\n\n"
    "Modes: copy changes time stamps only, nothing is encoded; pad makes the sound anew with silence in front or its "
    "start cut off, for players that ignore edit lists; drift stretches it; pieces gives each piece its own offset.\n\n"
    "Exit codes: 0 the new file is in sync (or the old one was) · 1 refused, or not in sync yet · 2 wrong usage · "
    "3 an input could not be analysed"
)

_DONE, _NOT_FIXED = 0, 1


@with_groups
def fix(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The clip; it is never changed.")],
    spoken: Spoken,
    streams: Streams,
    judging: Judging,
    output: Annotated[Path | None, NeededOutput("The new file; CLIP.fixed by default.")] = None,
    mode: Annotated[
        str, choice("--mode", names=("copy", "pad", "drift", "pieces"), help="How; see below.", panel=OUTPUT)
    ] = "copy",
    force: Force = False,
    apply: Annotated[
        Path | None, typer.Option(help="Apply this correction instead of measuring.", rich_help_panel=OUTPUT)
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="With --apply: put the sound back.", rich_help_panel=OUTPUT)
    ] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Correct the offset of a clip into a new file, and measure the result."""
    if undo and apply is None:
        raise typer.BadParameter("--undo needs --apply FILE")
    if apply is not None and (given := given_option(spoken, judging)):
        raise typer.BadParameter(f"--apply measures nothing; give {given} without it")
    if spoken.alignment is not None and mode not in ("copy", "pad"):
        raise typer.BadParameter(
            f"--alignment has the times of the old sound, which --mode {mode} moves in parts; give --text"
        )
    arguments = check_arguments(spoken, streams, judging, clip)
    refuse_missing(clip)
    # Loads numpy and FFmpeg.
    from visalign.correct.fix import fixed_name

    target = fixed_name(clip) if output is None else output
    if apply is not None:
        _apply(clip, target, apply, undo=undo, overwrite=overwrite, quiet=quiet)
        return
    measure = _measure(clip, arguments, quiet=quiet)
    _fix(clip, target, measure, mode=mode, track=streams.track, force=force, overwrite=overwrite, quiet=quiet)


def _fix(
    clip: Path,
    target: Path,
    measure: Callable[[Path], ClipReport],
    *,
    mode: str,
    track: int | None,
    force: bool,
    overwrite: bool,
    quiet: bool,
) -> None:
    # Loads numpy and FFmpeg.
    from visalign.correct.fix import fix as fix_clip

    try:
        done = fix_clip(clip, target, measure, mode=mode, track=track, force=force, overwrite=overwrite)
    except CorrectionRefused as refusal:
        if not quiet:
            screen(stderr=True).print(str(refusal), style="yellow", soft_wrap=True)
        raise typer.Exit(_DONE if refusal.verdict == "in-sync" else _NOT_FIXED) from refusal
    if not quiet:
        _show(done)
    raise typer.Exit(_DONE if done.after.sync.verdict == "in-sync" else _NOT_FIXED)


def _measure(clip: Path, arguments: dict[str, Any], *, quiet: bool) -> Callable[[Path], ClipReport]:
    def measure(path: Path) -> ClipReport:
        given = dict(arguments)
        if path != clip and given["alignment"] is not None:
            given["alignment_shift"] += _delay_of(path)
        with progress_line(enabled=not quiet) as progress:
            return visalign.check(path, evidence=False, progress=progress, **given)

    return measure


def _delay_of(fixed: Path) -> float:
    """Seconds by which the sound of a corrected clip comes later than that of the old one."""
    # Loads numpy and FFmpeg, which have been loaded already.
    from visalign.correct.correction import Correction, correction_name

    return Correction.read(correction_name(fixed)).pieces[0].delay_seconds


def _apply(clip: Path, target: Path, path: Path, *, undo: bool, overwrite: bool, quiet: bool) -> None:
    # These load numpy and FFmpeg.
    from visalign.correct.correction import Correction, correction_name
    from visalign.correct.fix import refuse_target

    correction = Correction.read(path)
    if correction_name(target) == path:
        raise ConfigError("output", target.name, "another name: the correction beside it is the one that is applied")
    refuse_target(target, clip, overwrite=overwrite)
    correction = correction.reversed() if undo else correction
    left_out = correction.apply(clip, target)
    written = [target, correction.write(correction_name(target))]
    if not quiet:
        _show_changes(correction)
        _show_files(written, left_out)


def _show(done: Fixed) -> None:
    rows = [
        (name, signed_ms(r.sync.lead_seconds), f"{r.sync.confidence:.2f}", r.sync.verdict)
        for name, r in (("before", done.before), ("after", done.after))
    ]
    _show_changes(done.correction)
    screen().print(facts_table(("", ">audio lead ms (+ = early)", ">confidence", "verdict"), rows))
    if not done.is_better:
        screen(stderr=True).print(
            "Warning: the new file measures no better than the old one; do not use it unchecked.", style="bold red"
        )
    _show_files(done.written, done.left_out)


def _show_changes(correction: Correction) -> None:
    for piece in correction.pieces:
        ms = 1000 * piece.delay_seconds
        moved = f"delayed by {ms:.1f} ms" if ms >= 0 else f"brought forward by {-ms:.1f} ms"
        since = f"From {piece.start:.2f} s on: s" if len(correction.pieces) > 1 else "S"
        drift = f", and stretched by {1e6 * (piece.stretch - 1):+.1f} ppm" if piece.stretch != 1 else ""
        screen().print(f"{since}ound {moved}{drift} ({correction.mode}).")


def _show_files(written: list[Path] | tuple[Path, ...], left_out: tuple[str, ...]) -> None:
    for name in left_out:
        screen(stderr=True).print(f"Warning: the new container can't hold {name}; it was left out.", style="yellow")
    show_written(*written)
