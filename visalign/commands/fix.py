"""``visalign fix``: measure a clip's offset, write a corrected copy, measure that again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.commands.console import facts_table, progress_line, screen, signed_ms
from visalign.commands.options import (
    Language,
    VideoTrack,
    chosen_settings,
    refuse_lonely_language,
    refuse_missing,
    said,
)
from visalign.errors import ConfigError, CorrectionRefused

if TYPE_CHECKING:
    from visalign.config import Config
    from visalign.correct.correction import Correction
    from visalign.correct.fix import Fixed
    from visalign.language.annotations import Cue
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


def fix(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The clip; it is never changed.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The new file; CLIP.fixed by default.")] = None,
    mode: Annotated[str, typer.Option(help="copy, pad, drift or pieces; see below.")] = "copy",
    transcript: Annotated[
        Path | None, typer.Option("--transcript", "-t", help="What is said: text or subtitles.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="What is said, in quotes.")] = None,
    lexicon: Annotated[Path | None, typer.Option(help="Pronunciations of your own.")] = None,
    language: Language = None,
    model: Annotated[Path | None, typer.Option(help="Lip model in place of the shipped one.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")] = None,
    track: Annotated[int | None, typer.Option(help="Index of the audio stream; the default one otherwise.")] = None,
    video_track: VideoTrack = None,
    force: Annotated[bool, typer.Option("--force", help="Correct by the best estimate, whatever the verdict.")] = False,
    apply: Annotated[Path | None, typer.Option(help="Apply this correction instead of measuring.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="With --apply: put the sound back.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Correct the offset of a clip into a new file, and measure the result."""
    if undo and apply is None:
        raise typer.BadParameter("--undo needs --apply FILE")
    spoken = None if apply is not None else said(text, transcript)
    refuse_lonely_language(language, spoken, apply)
    refuse_missing(clip)
    # Loads numpy and FFmpeg.
    from visalign.correct.fix import fixed_name

    target = fixed_name(clip) if output is None else output
    if apply is not None:
        _apply(clip, target, apply, undo=undo, quiet=quiet)
        return
    settings = chosen_settings(config, lexicon=lexicon, language=language)
    measure = _measure(spoken, settings, model, track, video_track, quiet=quiet)
    _fix(clip, target, measure, mode=mode, track=track, force=force, quiet=quiet)


def _fix(
    clip: Path,
    target: Path,
    measure: Callable[[Path], ClipReport],
    *,
    mode: str,
    track: int | None,
    force: bool,
    quiet: bool,
) -> None:
    # Loads numpy and FFmpeg.
    from visalign.correct.fix import fix as fix_clip

    try:
        done = fix_clip(clip, target, measure, mode=mode, track=track, force=force)
    except CorrectionRefused as refusal:
        if not quiet:
            screen(stderr=True).print(str(refusal), style="yellow", soft_wrap=True)
        raise typer.Exit(_DONE if refusal.verdict == "in-sync" else _NOT_FIXED) from refusal
    if not quiet:
        _show(done)
    raise typer.Exit(_DONE if done.after.sync.verdict == "in-sync" else _NOT_FIXED)


def _measure(
    words: str | Sequence[Cue] | None,
    settings: Config,
    model: Path | None,
    track: int | None,
    video_track: int | None,
    *,
    quiet: bool,
) -> Callable[[Path], ClipReport]:
    def measure(path: Path) -> ClipReport:
        audio = None if track is None else visalign.read_audio(path, track=track)
        with progress_line(enabled=not quiet) as progress:
            return visalign.check(
                path, words, audio=audio, model=model, config=settings, video_track=video_track, progress=progress
            )

    return measure


def _apply(clip: Path, target: Path, path: Path, *, undo: bool, quiet: bool) -> None:
    # These load numpy and FFmpeg.
    from visalign.correct.correction import Correction, correction_name
    from visalign.correct.fix import refuse_target

    correction = Correction.read(path)
    if correction_name(target) == path:
        raise ConfigError("output", target.name, "another name: the correction beside it is the one that is applied")
    refuse_target(target)
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
    for path in written:
        screen().print(f"Wrote {path}", soft_wrap=True)
