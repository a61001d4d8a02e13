"""``visalign desk``: look at clips, correct them by hand, and decide."""

from __future__ import annotations

import contextlib
import getpass
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visalign.commands.console import screen
from visalign.commands.given import refuse_missing
from visalign.commands.judging import Judging, Spoken, Streams, check_arguments, given_option, with_groups
from visalign.commands.options import OUTPUT, SPEED, Audio, Port
from visalign.errors import InputError, OutputError

if TYPE_CHECKING:
    from visalign.desk.workplace import Desk

__all__ = ["DESK_EPILOG", "desk"]

DESK_EPILOG = (
    'visalign desk clip.mp4 --text "bin blue at f two now"\n\n'
    "visalign desk results/ --who anna    (the queue of a batch: what is in doubt comes first)\n\n"
    "visalign desk report.json    (a report of `visalign check --json`, its clip beside it)\n\n"
    "The page is served to this machine alone; Ctrl-C ends it, and what was done is there at the next start. Decisions "
    "of a batch stand in its ledger. The clip and the report are never changed."
)

_MOST_NAME = 100


@with_groups
def desk(
    spoken: Spoken,
    streams: Streams,
    judging: Judging,
    source: Annotated[
        Path, typer.Argument(metavar="[CLIP|REPORT|RESULTS]", help="A clip, a report (JSON), or what a batch wrote.")
    ] = Path(),
    audio: Audio = None,
    who: Annotated[str | None, typer.Option("--who", help="Who decides; default: your name on this machine.")] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            help="Folder to make for edits and what is written; default: a private one, of a batch its own.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    port: Port = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, open nothing.", rich_help_panel=SPEED)
    ] = False,
) -> None:
    """Look at clips on a page, correct words and phones, decide; the machine goes on from each correction."""
    name = _name(who)
    # These load numpy, FFmpeg and dlib.
    from visalign.desk.page import format_desk_page
    from visalign.desk.places import is_batch

    if is_batch(source):
        given = "--audio" if audio else "--save" if save else given_option(spoken)
        if given is not None:
            raise typer.BadParameter(f"a batch knows that of each clip; give {given} with a clip")
    opened, place = _opened(source, spoken, streams, judging, audio, save, name)
    with opened as found:
        _serve(found, format_desk_page(source.resolve().name), place, port, no_browser)


def _name(who: str | None) -> str:
    """The name under which decisions are made."""
    if who is None:
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):  # a user without a name, as in a container
            return "somebody"
    if not who.strip() or len(who) > _MOST_NAME or not who.isprintable():
        raise typer.BadParameter(f"--who is a name of 1 to {_MOST_NAME} characters that can be seen")
    return who.strip()


def _opened(
    source: Path,
    spoken: Spoken,
    streams: Streams,
    judging: Judging,
    audio: Path | None,
    save: Path | None,
    who: str,
) -> tuple[contextlib.AbstractContextManager[Desk], Path]:
    """The desk that is asked for, and the folder of its things."""
    # Loaded already.
    from visalign.desk.material import ClipMaterial, clip_id
    from visalign.desk.places import desk_of_batch, desk_of_clip, is_batch, material_of_report, own_place
    from visalign.media.clips import video_tracks

    if source.is_dir() and not is_batch(source):
        raise InputError(f"{source}: not what `visalign batch` wrote (there is no ledger); name a clip, or that folder")
    refuse_missing(None if source.is_dir() else source, audio)
    arguments = check_arguments(spoken, streams, judging, source)
    material = ClipMaterial(clip_id(source.name), source.name, source, audio=audio, **_of_material(arguments))
    if source.is_dir():
        return desk_of_batch(source, material, who), source
    if source.suffix.lower() == ".json":
        given = "--audio" if audio else given_option(spoken)
        if given is not None:
            raise typer.BadParameter(f"a report holds the words; give {given} with a clip")
        material = material_of_report(source, material)
    video_tracks(material.clip, material.video_track)  # what is no clip is told here, not on a page that is empty
    place = own_place(material.clip) if save is None else save
    return desk_of_clip(material, place, who), place


def _of_material(arguments: dict[str, Any]) -> dict[str, Any]:
    """What :func:`visalign.check` takes, under the names of a clip at the desk."""
    return {"settings": arguments.pop("config"), **arguments}


def _serve(desk: Desk, page: str, place: Path, port: int | None, no_browser: bool) -> None:
    # Loaded already.
    from visalign.desk.places import Doorway
    from visalign.desk.server import DeskServer

    doorway = Doorway.of(place)
    try:
        server = DeskServer(desk, page, doorway.port if port is None else port, doorway.token)
    except OutputError:
        if port is not None or not doorway.port:
            raise
        server = DeskServer(desk, page, 0, doorway.token)  # another desk on the same folder has it
    else:
        replace(doorway, port=server.port).keep(place)
    if desk.mode == "clip" and desk.journal.revision(next(iter(desk.materials.values())).name):
        screen().print("It goes on as it was left; to begin anew, name another folder with --save.", soft_wrap=True)
    with server:
        screen().print(f"Open {server.url}", soft_wrap=True)
        if not no_browser:
            server.show()
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                server.wait(3600)
        screen().print("Ended. What was done is kept.")
