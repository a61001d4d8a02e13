"""Mouth shapes as a rig wants them; how much an export reads for them."""

from __future__ import annotations

import shutil
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from sample_utterance import CHECKED

from visalign.animation.cue_layout import FrameCue
from visalign.animation.mouth_rules import load_mouth_rules
from visalign.exports import EXPORTERS, ExportOptions, load_exporter
from visalign.exports.cue_track import FrameTrack, cue_tier, mouth_rules
from visalign.visemes import viseme_map
from visalign.visemes.viseme_map import shipped_map_file

MOHO = load_exporter("moho-dat")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the file of each map is read."""
    found, reader = Counter[str](), viseme_map.read_viseme_map

    def counted(path: Path) -> dict[str, object]:
        found[Path(path).name] += 1
        return reader(path)

    monkeypatch.setattr(viseme_map, "read_viseme_map", counted)
    viseme_map._shipped_map.cache_clear()
    return found


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_an_export_reads_a_map_of_the_user_once(name: str, read: Counter[str], tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    theirs = "azure_en_us" if name == "azure-visemes" else "oculus_15"  # Azure has numbers only
    with shipped_map_file(theirs) as shipped:
        shutil.copy(shipped, mine)
    load_exporter(name).render(CHECKED, ExportOptions(mouths=str(mine)))
    assert set(read.values()) <= {1}, read


def test_shipped_maps_are_read_once_a_process(read: Counter[str]) -> None:
    for name in ("gltf", "spine", "vrma"):
        load_exporter(name).render(CHECKED, ExportOptions())
    assert read
    assert set(read.values()) == {1}


def test_frames_are_counted_as_the_format_counts() -> None:
    track = FrameTrack((FrameCue(0, 2, "X"), FrameCue(2, 3, "A")), Fraction(24), first_frame=1)
    assert track.n_frames == 3
    assert list(track.numbered()) == [(1, "X"), (3, "A")]
    assert list(track.shapes()) == [(1, "X"), (2, "X"), (3, "A")]


def test_the_rules_are_those_of_the_rig_that_was_named() -> None:
    assert mouth_rules(ExportOptions()).id == "rhubarb"
    assert mouth_rules(ExportOptions(), "oculus_15").id == "oculus_15"
    rules = mouth_rules(ExportOptions(mouths="jeffers_1971"), "oculus_15")
    assert rules.id == "jeffers_1971"
    assert set(cue_tier(CHECKED, ExportOptions(), MOHO, rules).labels) <= set(rules.shapes)
    assert not set(cue_tier(CHECKED, ExportOptions(), MOHO, load_mouth_rules()).labels) - set("XABCDEFGH")
