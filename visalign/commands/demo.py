"""``visalign demo``: clips of which everything is known, made and checked; the README and the tutorials use them."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

import visalign
from visalign.commands.check import show_report
from visalign.commands.console import VERDICT_STYLES, facts_table, progress_line, screen, show_written, signed_ms
from visalign.commands.exit_codes import CHECK_FAILED, DONE
from visalign.commands.options import NeededOutput, Overwrite, Quiet
from visalign.files.outputs import keep_edited, made_folder, whole_file

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip
    from visalign.reports.clip_report import ClipReport

__all__ = ["DEMO_EPILOG", "demo"]

DEMO_EPILOG = (
    "visalign demo\n\n"
    "visalign demo --lead-ms -80 -o late_demo\n\n"
    "Exit codes: 0 all three are judged as they were made · 1 one is not · 2 wrong usage · 3 it could not be made"
)

DEMO_TEXT = "bin blue at f two now"
DEMO_TOLERANCE_SECONDS = 0.02  # what the demo calls a success: half a frame at 25 frames a second
LATE_MS = -160.0


def demo(
    output: Annotated[Path, NeededOutput("Folder for the clips and the page.")] = Path("demo"),
    lead_ms: Annotated[float, typer.Option(help="How early the audio of clip.mp4 is made; negative: late.")] = 120.0,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Make clips of which everything is known, check them, and print truth beside measurement.

    clip.mp4 with its sound early, clip.wav and clip.txt with its sound and text, late.mp4 with its sound late, and
    dubbed.mp4 whose lips say something else. The commands of the README and of the tutorials run beside them.
    """
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(progress_line(enabled=not quiet))
        keep_edited(made_folder(output), overwrite=overwrite)
        made = {}
        for name, lead, fault in (("clip", lead_ms, None), ("late", LATE_MS, None), ("dubbed", 0.0, "other-sentence")):
            progress(f"making {name}.mp4: speech and a drawn face", None)
            path = output / f"{name}.mp4"
            made[name] = visalign.generate_clip(path, text=DEMO_TEXT, lead_seconds=lead / 1000, fault=fault)
        _write_beside(made["clip"].path)
        found = {}
        for name, clip in made.items():
            progress(f"checking {name}.mp4", None)
            found[name] = visalign.check(clip.path, DEMO_TEXT, evidence=name == "clip", progress=progress)
        progress("writing the page", None)
        page = found["clip"].write(output / "clip.html")
    if not quiet:
        show_report(found["clip"], [])
        _show_truth(made, found)
        show_written(*(output / name for name in ("clip.mp4", "clip.wav", "clip.txt", "late.mp4", "dubbed.mp4")), page)
        _show_next(output, page)
    raise typer.Exit(DONE if all(_is_right(made[name], found[name]) for name in made) else CHECK_FAILED)


def _write_beside(clip: Path) -> None:
    """The clip's sound and text, under its name."""
    # Loads FFmpeg, which has been loaded already.
    from visalign.media.clips import write_wav

    write_wav(clip.with_suffix(".wav"), visalign.read_audio(clip))
    with whole_file(clip.with_suffix(".txt")) as draft:
        draft.write_text(DEMO_TEXT + "\n", encoding="utf-8")


def _is_right(made: GeneratedClip, found: ClipReport) -> bool:
    if made.fault is not None:
        return found.sync.verdict in ("mismatched", "uncertain")
    lead = found.sync.lead_seconds
    return lead is not None and abs(lead - made.lead_seconds) <= DEMO_TOLERANCE_SECONDS


def _show_truth(made: Mapping[str, GeneratedClip], found: Mapping[str, ClipReport]) -> None:
    rows = []
    for name, clip in made.items():
        sync = found[name].sync
        verdict = Text(sync.verdict, style=VERDICT_STYLES.get(sync.verdict, ""))
        if clip.fault is None:
            leads = [f"{signed_ms(x)} ms" for x in (clip.lead_seconds, sync.lead_seconds)]
            rows.append((clip.path.name, *leads, verdict))
        else:
            rows.append((clip.path.name, "lips of another sentence", "-", verdict))
    screen().print(facts_table(("clip", "made (+ = early)", "measured", "verdict"), rows))


def _show_next(folder: Path, page: Path) -> None:
    out, program = screen(), _program()
    out.print(f"Open in a browser: {page.resolve().as_uri()}", style="bold", soft_wrap=True)
    clip, late, text = (str(folder / name) for name in ("clip.mp4", "late.mp4", "clip.txt"))
    out.print("\nNext:", style="bold")
    for words in (
        ("check", late, "--transcript", text),
        ("explain", clip, "--transcript", text),
        ("fix", clip, "--transcript", text),
    ):
        out.print(f"  {program} {shlex.join(words)}", soft_wrap=True)
    out.print("\nWith a clip of your own, and what is said in it:", style="bold")
    out.print(f'  {program} check FILE --text "what is said" --html page.html', soft_wrap=True)


def _program() -> str:
    """How this program was started, so that it can be started again."""
    if sys.orig_argv[1:3] == ["-m", "visalign"]:
        return shlex.join([sys.orig_argv[0], "-m", "visalign"])
    started = Path(sys.argv[0]).absolute()
    on_path = shutil.which(started.name)
    if on_path is not None and Path(on_path).absolute() == started:
        return shlex.quote(started.name)
    with contextlib.suppress(ValueError):
        started = started.relative_to(Path.cwd())
    return shlex.quote(str(started))
