"""``visalign explain``: why a clip was judged as it was, in words."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

import visalign
from visalign.commands.console import VERDICT_STYLES, progress_line, screen
from visalign.commands.given import refuse_missing
from visalign.commands.judging import Judging, Spoken, Streams, check_arguments, given_option, with_groups
from visalign.commands.options import Audio
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


@with_groups
def explain(
    clip: Annotated[Path, typer.Argument(metavar="CLIP|JSON", help="A clip, or a report of `visalign check --json`.")],
    spoken: Spoken,
    streams: Streams,
    judging: Judging,
    audio: Audio = None,
    items: Annotated[int, typer.Option(min=1, max=100, help="How many sounds or words of each kind.")] = 5,
) -> None:
    """Tell in words why a clip was judged as it was: the strongest and the weakest evidence."""
    if clip.suffix.lower() == ".json":
        given = "--audio" if audio else given_option(spoken, streams, replace(judging, viseme_map=None))
        if given is not None:
            raise typer.BadParameter(f"a report holds all it needs; give {given} with a clip")
        _explain_report(clip, judging.viseme_map, items)
        return
    arguments = check_arguments(spoken, streams, judging, clip)
    refuse_missing(audio, clip)
    # Loads numpy, FFmpeg and dlib.
    from visalign.explanation import explain_clip

    with progress_line() as progress:
        report, found = explain_clip(clip, audio=audio, n_items=items, progress=progress, **arguments)
    _show(report.sync.verdict, found)


def _explain_report(path: Path, viseme_map: str | None, items: int) -> None:
    # These load numpy and pandas.
    from visalign.evaluation.run_comparison import read_report
    from visalign.explanation import explain_words

    report = read_report(path)
    known = None if viseme_map is None else visalign.VisemeMap.load(viseme_map)
    _show(report.sync.verdict, explain_words(report, known, n_items=items))


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
