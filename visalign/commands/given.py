"""What the options say, once they are given: the text wherever it stands, and what makes no sense by itself."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from visalign.errors import ParseError
from visalign.files.inputs import check_file
from visalign.files.standard_output import STANDARD_STREAM

if TYPE_CHECKING:
    from visalign.language.annotations import Cue

__all__ = ["refuse_lonely_language", "refuse_lonely_shift", "refuse_missing", "said", "said_text"]


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
    if transcript != STANDARD_STREAM and not transcript.exists():
        # As its reader tells it.
        reason = f"can't be read: {os.strerror(errno.ENOENT)}. Check the path of the transcript"
        raise ParseError(transcript, None, reason)
    # Loads the lexicon's room, so it waits until a command needs it.
    from visalign.language.annotations import read_spoken

    return _piped_in() if transcript == STANDARD_STREAM else read_spoken(transcript)


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
