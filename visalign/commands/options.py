"""Options that several commands share: what is said, and the settings that single options change."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import visalign
from visalign.files.inputs import check_file

if TYPE_CHECKING:
    from visalign.config import Config
    from visalign.language.annotations import Cue

__all__ = [
    "AlignmentFile",
    "AlignmentShift",
    "Channel",
    "Language",
    "Overwrite",
    "Profile",
    "Strict",
    "Subtitles",
    "VideoTrack",
    "chosen_settings",
    "refuse_lonely_language",
    "refuse_lonely_shift",
    "refuse_missing",
    "said",
    "said_text",
]

STANDARD_INPUT = Path("-")
"""In place of a transcript's file: what is piped in."""

Profile = Annotated[
    str | None, typer.Option(help="Whose limits count: ebu_r37 (the default), itu_bt1359, atsc_is191, film …")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="In sync only where the whole 95 % interval is within the limits.")
]

AlignmentFile = Annotated[
    Path | None,
    typer.Option(
        "--alignment",
        help="Words and phones that are aligned already: TextGrid, EAF, CTM, CSV, labels, JSON of Whisper(X), gentle …",
    ),
]
AlignmentShift = Annotated[
    float, typer.Option("--alignment-shift", help="Seconds to add to the times of --alignment; negative: earlier.")
]
Channel = Annotated[str | None, typer.Option(help="One channel of the sound alone: left, right, or its number from 0.")]
Language = Annotated[
    str | None,
    typer.Option("--language", help="Of what is said: de, fr, pt-BR, ja … (`visalign languages`); default: English."),
]
VideoTrack = Annotated[
    int | None,
    typer.Option("--video-track", help="Index of the video stream; by default the first one that shows a face."),
]
Subtitles = Annotated[
    str | None,
    typer.Option(help="What is said: the subtitles inside the clip; 'default', a language (eng) or a stream's index."),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file that holds something else, corrected by hand perhaps.")
]


def said(
    text: str | None, transcript: Path | None, subtitles: str | None = None, clip: Path | None = None
) -> str | tuple[Cue, ...] | None:
    """What is said, from the option, the file (``-`` is the standard input), or the subtitles of `clip`."""
    given = {"--text": text, "--transcript": transcript, "--subtitles": subtitles}
    if len(names := [name for name, value in given.items() if value is not None]) > 1:
        raise typer.BadParameter(f"give {' or '.join(names)}, not both")
    if subtitles is not None and clip is not None:
        refuse_missing(clip)
        # Loads FFmpeg.
        from visalign.media.subtitles import read_subtitles

        return read_subtitles(clip, subtitles)
    if transcript is None:
        return text
    # Loads the lexicon's room, so it waits until a command needs it.
    from visalign.language.annotations import read_spoken

    return _piped_in() if transcript == STANDARD_INPUT else read_spoken(transcript)


def _piped_in() -> str | tuple[Cue, ...]:
    # As above.
    from visalign.files.limits import allowed
    from visalign.language.annotations import spoken_of
    from visalign.language.transcript import decode_transcript

    name = "<standard input>"
    return spoken_of(name, decode_transcript(name, sys.stdin.buffer.read(allowed("text-bytes") + 1)))


def said_text(text: str | None, transcript: Path | None) -> tuple[str | None, tuple[str, ...]]:
    """What is said as running text, a line a cue, and what a user has to know of how it was read."""
    found = said(text, transcript)
    warnings: tuple[str, ...] = getattr(found, "warnings", ())
    return found if found is None or isinstance(found, str) else "\n".join(cue.text for cue in found), warnings


def refuse_lonely_shift(alignment: Path | None, shift: float) -> None:
    """Refuse a shift without the alignment that it would move."""
    if shift and alignment is None:
        raise typer.BadParameter("--alignment-shift moves the times of --alignment FILE, which was not given")


def refuse_lonely_language(language: str | None, *said: object) -> None:
    """Refuse a language without words that could be in it, and one that does not exist before anything else is done.

    Raises
    ------
    ConfigError
        If there is no such language.
    """
    if language is None:
        return
    # Loads the lexicon's room.
    from visalign.language.languages import chosen_language

    chosen_language(language)
    if all(x is None for x in said):
        raise typer.BadParameter(
            "--language tells in which language a text is, and none was given: phones are recognised as English ones"
        )


def refuse_missing(*media: Path | None) -> None:
    """Refuse sound and clips that are not there, or no files, before anything that could read them is loaded.

    Raises
    ------
    MediaError
        As :func:`visalign.files.inputs.check_file`.
    """
    for path in media:
        if path is not None:
            check_file(path)


def chosen_settings(
    config: Path | None = None,
    *,
    lexicon: Path | None = None,
    language: str | None = None,
    oov: str | None = None,
    recognise: str | None = None,
    viseme_map: str | None = None,
    max_lag: float | None = None,
    profile: str | None = None,
    strict: bool = False,
) -> Config:
    """The settings of a file, or the default ones, with what single options change in them.

    A `profile` brings its limits, whatever limits the file has.
    """
    settings = visalign.Config() if config is None else visalign.Config.load(config)
    own = None if lexicon is None else str(lexicon)
    named: dict[str, Any] = {"lexicon": own, "language": language, "oov": oov, "recognise": recognise}
    alignment = {name: value for name, value in named.items() if value is not None}
    sync: dict[str, Any] = {"viseme_map": viseme_map, "max_lag_seconds": max_lag}
    verdict: dict[str, Any] = {"strict": strict or settings.verdict.strict}
    if profile is not None:
        verdict |= {"profile": profile, "max_lead_seconds": None, "max_lag_seconds": None}
    return replace(
        settings,
        verdict=replace(settings.verdict, **verdict),
        alignment=replace(settings.alignment, **alignment),
        sync=replace(settings.sync, **{name: value for name, value in sync.items() if value is not None}),
    )
