"""``visalign explain``: why a clip was judged as it was, in words."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

import visalign
from visalign.commands.console import VERDICT_STYLES, progress_line, screen
from visalign.commands.options import (
    Language,
    VideoTrack,
    chosen_settings,
    refuse_lonely_language,
    refuse_missing,
    said,
)
from visalign.files.display import one_line

if TYPE_CHECKING:
    from visalign.explanation import Explanation

__all__ = ["EXPLAIN_EPILOG", "explain"]

EXPLAIN_EPILOG = (
    'visalign explain clip.mp4 --text "bin blue at f two now"\n\n'
    "visalign explain report.json --items 3    (a report of `visalign check --json`: words only, and at once)\n\n"
    "Exit codes: 0 explained, whatever the verdict · 2 wrong usage · 3 an input could not be analysed"
)

_WIDEST = 100  # columns; longer lines of prose are hard to read


def explain(
    clip: Annotated[Path, typer.Argument(metavar="CLIP|JSON", help="A clip, or a report of `visalign check --json`.")],
    audio: Annotated[Path | None, typer.Option(help="Explain this sound instead of the clip's own.")] = None,
    transcript: Annotated[
        Path | None, typer.Option("--transcript", "-t", help="What is said: text or subtitles.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="What is said, in quotes.")] = None,
    lexicon: Annotated[Path | None, typer.Option(help="Pronunciations of your own.")] = None,
    language: Language = None,
    viseme_map: Annotated[str | None, typer.Option("--map", help="Viseme map: a name or a TOML file.")] = None,
    model: Annotated[Path | None, typer.Option(help="Lip model made by `visalign train`.")] = None,
    video_track: VideoTrack = None,
    items: Annotated[int, typer.Option(min=1, max=100, help="How many sounds or words of each kind.")] = 5,
) -> None:
    """Tell in words why a clip was judged as it was: the strongest and the weakest evidence."""
    is_report = clip.suffix.lower() == ".json"
    words = None if is_report else said(text, transcript)
    if not is_report:
        refuse_lonely_language(language, words)
        refuse_missing(audio, clip)
    # These load numpy, FFmpeg and dlib.
    from visalign.evaluation.run_comparison import read_report
    from visalign.explanation import explain_clip, explain_words

    if is_report:
        if any(x is not None for x in (audio, transcript, text, lexicon, language, model, video_track)):
            raise typer.BadParameter("a report holds all it needs; give --text and the like with a clip")
        report = read_report(clip)
        found = explain_words(
            report, None if viseme_map is None else visalign.VisemeMap.load(viseme_map), n_items=items
        )
    else:
        with progress_line() as progress:
            report, found = explain_clip(
                clip,
                words,
                audio=audio,
                viseme_map=viseme_map,
                model=model,
                config=chosen_settings(lexicon=lexicon, language=language),
                n_items=items,
                video_track=video_track,
                progress=progress,
            )
    _show(report.sync.verdict, found)


def _show(verdict: str, found: Explanation) -> None:
    headline, *rest = found.summary
    _say(headline, f"bold {VERDICT_STYLES.get(verdict, '')}")
    for line in rest:
        _say(line)
    for heading, items in zip(found.headings, (found.strongest, found.weakest), strict=True):
        _say(heading, "bold", above="\n")
        for number, item in enumerate(items, 1):
            _say(f"{number}. {item.place}", "bold cyan", indent="  ")
            _say(f"{item.expected} {item.shown}", indent="     ")
            _say(item.says, indent="     ")
        if not items:
            _say("Nothing.", indent="  ")
    _say("How far to trust this", "bold", above="\n")
    for caveat in found.caveats:
        _say(f"- {caveat}", "dim", indent="  ", hang="  ")


def _say(text: str, style: str = "", *, indent: str = "", hang: str = "", above: str = "") -> None:
    # Wrapped here, not by rich, which would fill each line with blanks to keep the indent.
    out = screen()
    lines = textwrap.wrap(
        one_line(text), min(_WIDEST, out.width), initial_indent=indent, subsequent_indent=indent + hang
    )
    out.print(Text(above + "\n".join(lines), style=style), soft_wrap=True)
