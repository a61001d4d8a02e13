"""Cues, streams and markers taken by other programs: pipelines of animators, players of OSC, makers of reports."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from opened import opens
from players import TIMES, assert_plays
from rendering import channels_of, render
from sample_utterance import CHECKED, UTTERANCE

from visalign.animation.mouth_rules import load_mouth_rules
from visalign.exports import ExportOptions, load_exporter
from visalign.exports.cue_track import cue_tier, frame_track
from visalign.exports.editorial import markers

CUE_READERS = {
    "rhubarb-tsv": "parse_rhubarb_tsv",
    "rhubarb-xml": "parse_rhubarb_xml",
    "rhubarb-json": "parse_rhubarb_json",
    "moho-dat": "parse_moho_dat",
    "opentoonz": "parse_moho_dat",
}


def openfacefx(module: str) -> Any:
    return pytest.importorskip(f"openfacefx.{module}", reason="openfacefx is not installed")


@opens("rhubarb-tsv", "OpenFaceFX 0.24", "the mouth at three times, and where each cue begins")
@opens("rhubarb-xml", "OpenFaceFX 0.24", "the mouth at three times, and where each cue begins")
@opens("rhubarb-json", "OpenFaceFX 0.24", "the mouth at three times, and where each cue begins")
@opens("moho-dat", "OpenFaceFX 0.24", "the mouth at three times, and on which frame each begins")
@opens("opentoonz", "OpenFaceFX 0.24", "the mouth by its name at three times, and on which frame each begins")
@pytest.mark.parametrize("name", list(CUE_READERS))
def test_openfacefx_imports_cues(name: str, tmp_path: Path) -> None:
    importers = openfacefx("importers")
    path = tmp_path / f"out{load_exporter(name).suffix}"
    path.write_bytes(render(name))
    text = path.read_text(encoding="utf-8")
    rules, exporter = load_mouth_rules(), load_exporter(name)
    if name in ("moho-dat", "opentoonz"):
        found, duration = importers.parse_moho_dat(text, 24.0)
        track = frame_track(CHECKED, ExportOptions(), exporter, rules)
        wanted = [(x.start / 24, x.shape) for x in track.cues]
    else:
        found, duration = getattr(importers, CUE_READERS[name])(text)
        wanted = [(round(x.start, 2), x.label) for x in cue_tier(CHECKED, ExportOptions(), exporter, rules)]
    names = rules.names["preston_blair"] if name == "opentoonz" else {}
    assert duration == 2.5
    assert [(x[0], x[2]) for x in found] == [(pytest.approx(t, abs=1e-9), names.get(x, x)) for t, x in wanted]
    shown = [next(x[2] for x in found if x[0] <= t < x[1]) for t in TIMES]
    assert len(set(shown)) == 3
    assert importers.detect_format(str(path), text)
    assert importers.import_cues(str(path), fps=24.0)


@opens("livelink-csv", "OpenFaceFX 0.24", "channels' values at three times")
def test_openfacefx_imports_live_link_face(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_bytes(render("livelink-csv"))
    track, complaints = openfacefx("importers_csv").read_csv(str(path), epsilon=1e-6)
    assert not complaints
    keys = {x.name[0].lower() + x.name[1:]: [(k.time, k.value) for k in x.keys] for x in track.channels}
    curves = {name: np.transpose(x) for name, x in keys.items()}
    channels = channels_of("livelink-csv")
    still = dict.fromkeys(channels.names, 0.0)  # what never moves it leaves out
    rows = [still | {name: float(np.interp(t, *x)) for name, x in curves.items()} for t in TIMES]
    assert_plays(channels, rows, error=1e-3)


@opens("protools", "ptulsconv 4.0", "session, rate and markers: number, timecode, sample, name")
def test_ptulsconv_parses_the_session() -> None:
    parser = pytest.importorskip("ptulsconv.docparser.pt_doc_parser", reason="ptulsconv is not installed")
    session = parser.parse_document(render("protools", UTTERANCE).decode())
    assert (session.header.session_name, session.header.timecode_fps) == ("line 1", "25")
    wanted = [(i, round(48_000 * x.frame / 25), x.name) for i, x in enumerate(markers(UTTERANCE, 25), start=1)]
    assert [(x.number, x.time_reference, x.name) for x in session.markers] == wanted
    assert [x.location for x in session.markers][1] == "01:00:00:18"
    drop = parser.parse_document(render("protools").decode())
    assert (drop.header.timecode_fps, drop.header.timecode_drop_frame) == ("29.97", True)


@opens("osc", "liblo's oscsendfile 0.31", "messages as they arrive: each channel's value at three times")
@pytest.mark.slow  # as long as the sentence
def test_liblo_plays_the_stream(tmp_path: Path) -> None:
    program = shutil.which("oscsendfile")
    if program is None:
        pytest.skip("no oscsendfile: install liblo-tools")
    packet = pytest.importorskip("pythonosc.osc_packet", reason="python-osc is not installed").OscPacket
    path = tmp_path / "out.osc"
    path.write_bytes(render("osc"))
    channels = channels_of("osc")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ears:
        ears.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        ears.bind(("127.0.0.1", 0))
        ears.settimeout(20)
        port = str(ears.getsockname()[1])
        began = time.monotonic()
        with subprocess.Popen([program, "127.0.0.1", port, str(path)]) as player:
            n_lines = len(path.read_text().splitlines())
            heard: list[tuple[Any, float]] = []
            while len(heard) < n_lines:  # what is due at once may come as a bundle
                content, at = ears.recv(65_536), time.monotonic() - began
                heard += [(x.message, at) for x in packet(content).messages]
            assert player.wait(20) == 0
    # In the order of the file, so that what had been sent by a time is known however busy the machine is.
    due = [int(x[:8], 16) + int(x[9:17], 16) / 2**32 for x in path.read_text().splitlines()]
    values = dict.fromkeys(channels.names, 0.0)
    rows, k = [], 0
    for frame in sorted({round(t * 30) for t in TIMES}):
        while k < n_lines and due[k] <= frame / 30 + 1e-6:
            values[heard[k][0].address.rpartition("/")[2]] = heard[k][0].params[0]
            k += 1
        rows.append(dict(values))
    assert_plays(channels, rows, times=[round(t * 30) / 30 for t in TIMES], error=0.0102)
    # It waits between messages: the last comes when it is due, not at once.
    assert heard[-1][1] >= due[-1] - 0.05
