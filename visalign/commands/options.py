"""Options that several commands share: what is said, and the settings that single options change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import visalign
from visalign.files.inputs import check_file

if TYPE_CHECKING:
    from visalign.config import Config
    from visalign.language.annotations import Cue

__all__ = ["Overwrite", "Profile", "Strict", "chosen_settings", "refuse_missing", "said"]

Profile = Annotated[
    str | None, typer.Option(help="Whose limits count: ebu_r37 (the default), itu_bt1359, atsc_is191, film …")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="In sync only where the whole 95 % interval is within the limits.")
]

Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file that holds something else, corrected by hand perhaps.")
]


def said(text: str | None, transcript: Path | None) -> str | tuple[Cue, ...] | None:
    """What is said, from the option or the file that gives it."""
    if text is not None and transcript is not None:
        raise typer.BadParameter("give --text or --transcript, not both")
    if transcript is None:
        return text
    # Loads the lexicon's room, so it waits until a command needs it.
    from visalign.language.annotations import read_spoken

    return read_spoken(transcript)


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
    named: dict[str, Any] = {"lexicon": None if lexicon is None else str(lexicon), "oov": oov, "recognise": recognise}
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
