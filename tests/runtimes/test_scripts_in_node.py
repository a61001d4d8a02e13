"""Scripts for programs that can't be had here, run by Node.js against stand-ins for the programs' objects."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from players import ask_node
from rendering import render
from sample_utterance import CHECKED

from visalign.animation.mouth_rules import load_mouth_rules
from visalign.exports import ExportOptions, load_exporter
from visalign.exports.cue_track import frame_track


def shown(name: str) -> list[str]:
    track = frame_track(CHECKED, ExportOptions(), load_exporter(name), load_mouth_rules())
    return [x.shape for x in track.cues for _ in range(x.start, x.end)]


def test_after_effects_shows_a_drawing_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "out.jsx"
    path.write_bytes(render("after-effects"))
    frame = Fraction(1, 25)  # of the layer's source, whose rate need not be the export's
    found = ask_node(tmp_path, "stand_ins", file=str(path), frame_duration=float(frame))
    assert found["enabled"]
    assert all(held for _, _, held in found["keys"])
    drawings = load_mouth_rules().shapes
    remapped = [[v for t, v, _ in found["keys"] if t <= (f + 0.5) / 24][-1] for f in range(60)]
    assert [drawings[int(value / frame)] for value in remapped] == shown("after-effects")


def test_harmony_exposes_a_drawing_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "out.js"
    path.write_bytes(render("toon-boom"))
    found = ask_node(tmp_path, "stand_ins", file=str(path), drawings=True)
    assert not found["told"]
    assert [found["exposed"][str(frame)] for frame in range(1, 61)] == shown("toon-boom")
    assert len(found["exposed"]) == 60
    (tmp_path / "again").mkdir()
    nothing = ask_node(tmp_path / "again", "stand_ins", file=str(path), drawings=False)
    assert not nothing["exposed"]
    assert "Select the one node" in nothing["told"][0]
