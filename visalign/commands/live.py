"""``visalign live``: watch a clip or stream while it runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import visalign
from visalign.commands.console import screen, show_written
from visalign.commands.options import Map, Model, Overwrite, Port
from visalign.config import SyncParams

if TYPE_CHECKING:
    from visalign.live_view.server import LiveServer
    from visalign.live_view.source import Source

__all__ = ["LIVE_EPILOG", "live"]

LIVE_EPILOG = (
    "visalign live clip.mp4\n\n"
    "ffmpeg -f v4l2 -i /dev/video0 -f alsa -i default -c:v mjpeg -c:a pcm_s16le -f matroska - | visalign live -\n\n"
    "visalign live rtsp://camera.local/1 --allow-network\n\n"
    "SOURCE: a file (shown at its own pace), - (standard input), camera, or an address. The page is served to this "
    "machine alone, at an address that is drawn anew each time; Ctrl-C ends it."
)


def live(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file, -, camera, or an address.")],
    viseme_map: Map = None,
    model: Model = None,
    port: Port = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for the page to be opened before a file runs.")
    ] = 60,
    seconds: Annotated[float | None, typer.Option(min=0, help="End after so many seconds.")] = None,
    allow_network: Annotated[bool, typer.Option("--allow-network", help="Let SOURCE be an address.")] = False,
    stats: Annotated[Path | None, typer.Option(help="Write rate, drops and delays as JSON.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Show landmarks, viseme, aperture, loudness and a rolling offset while a clip or stream runs."""
    # These load dlib, PocketSphinx and FFmpeg.
    from visalign.files.outputs import check_output
    from visalign.files.text_files import format_json, write_text
    from visalign.live_view.page import format_live_page
    from visalign.live_view.server import LiveServer
    from visalign.live_view.source import open_source
    from visalign.sync.lip_model import LipModel
    from visalign.visemes.naming import names_of

    if stats is not None:
        check_output(stats, suffixes=(".json",), overwrite=overwrite)
    chosen, lip_model = visalign.VisemeMap.load(viseme_map or SyncParams().viseme_map), LipModel.load(model)
    opened = open_source(source, allow_network=allow_network)
    with LiveServer(format_live_page(opened.name, names_of(chosen)), port or 0) as server:
        screen().print(f"Open {server.url}", soft_wrap=True)
        if not opened.is_live:
            _wait_for_window(server, wait)
        found = _run(opened, server, chosen, lip_model, seconds)
    if stats is not None:
        show_written(write_text(stats, format_json(found)))
    _show(found)


def _wait_for_window(server: LiveServer, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not server.n_windows and time.monotonic() < until:
        time.sleep(0.05)


def _run(opened: Source, server: LiveServer, chosen: Any, lip_model: Any, seconds: float | None) -> dict[str, Any]:
    # These load dlib and PocketSphinx, which have been loaded already.
    from visalign.live_view.analysis import LiveAnalyser
    from visalign.live_view.viewer import LiveStats, offset_message, run_live

    counted, offset = LiveStats(), None
    with LiveAnalyser(chosen, model=lip_model) as analyser:
        try:
            for moment, stats in run_live(opened, analyser, server.show, seconds=seconds):
                offset, counted = moment.offset, stats
        except KeyboardInterrupt:
            screen().print("Ended.")
        offset = analyser.finish() or offset
        server.end({"offset": offset_message(offset, counted.rate)})
        time.sleep(1.0)  # the page sends its last delays
    sync = None if offset is None else offset.sync
    lead = None if sync is None else sync.lead_seconds
    last = {"lead_seconds": lead, "verdict": None if sync is None else sync.verdict}
    return counted.to_dict(list(server.delays_ms)) | {"last_offset": last}


def _show(found: dict[str, Any]) -> None:
    out = screen()
    rate = found["pictures_a_second"]
    out.print(f"{found['n_pictures']} pictures, {found['n_dropped']} dropped, {rate or 0:.1f} a second looked at.")
    for key, what in (
        ("analysis_ms", "analysis of a picture"),
        ("due_to_sent_ms", "from due to sent"),
        ("due_to_drawn_ms", "from due to drawn"),
    ):
        if found[key] is not None:
            values = ", ".join(f"{name[1:]} %: {value:.0f}" for name, value in found[key].items())
            out.print(f"{what}, ms: {values}")
