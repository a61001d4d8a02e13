"""Exports for animation programs, avatars and dubbing read back by their grammar: what they say is what was meant."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import types
from fractions import Fraction
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pysubs2
import pytest
from rendering import ERROR, ROUNDING, channels_of, render
from sample_utterance import CHECKED, UTTERANCE

from visalign.animation.mouth_cues import mouth_cues
from visalign.animation.mouth_rules import load_mouth_rules
from visalign.errors import ConfigError
from visalign.exports import ExportOptions, load_exporter
from visalign.exports.after_effects import CHARACTER_ANIMATOR_MOUTHS
from visalign.exports.cue_track import frame_track
from visalign.exports.lottie import FULL_SIZE, REST_SIZE
from visalign.exports.recipes import load_recipe

Keys = list[tuple[float, float]]


def cues_of(map_name: str) -> list[tuple[float, str]]:
    return [(x.start, x.label) for x in mouth_cues(CHECKED.phones, load_mouth_rules(map_name))]


def shown(name: str, map_name: str = "rhubarb") -> list[str]:
    """The mouth at each frame."""
    track = frame_track(CHECKED, ExportOptions(), load_exporter(name), load_mouth_rules(map_name))
    return [x.shape for x in track.cues for _ in range(x.start, x.end)]


def assert_near(curves: dict[str, Keys], name: str, recipe: str = "arkit_openfacefx", scale: float = 1.0) -> None:
    channels = channels_of(name, recipe)
    assert set(curves) == set(channels.names)
    times = np.arange(len(channels)) / float(channels.rate)
    for channel, column in zip(channels.names, channels.values.T, strict=True):
        keys = np.asarray(curves[channel])
        assert np.abs(np.interp(times, keys[:, 0], keys[:, 1]) / scale - column).max() <= ERROR + ROUNDING


# --- Adobe's ------------------------------------------------------------------------------------------------------


def keyframe_blocks(content: bytes) -> tuple[float, dict[str, Keys]]:
    """The rate and the keys of each property, as After Effects' text has them."""
    text = content.decode()
    assert text.startswith("Adobe After Effects 8.0 Keyframe Data\r\n\r\n\tUnits Per Second\t")
    assert text.endswith("\r\n\r\nEnd of Keyframe Data\r\n")
    rate = float(re.search(r"Units Per Second\t([\d.]+)", text)[1])  # type: ignore[index]
    blocks = {}
    for block in text.split("\r\n\r\n")[2:-1]:
        title, columns, *rows = block.strip("\r\n").split("\r\n")
        assert columns.startswith("\tFrame\t")
        blocks[title] = [(float(x.split("\t")[1]), float(x.split("\t")[2])) for x in rows]
    return rate, blocks


def test_sliders_of_after_effects() -> None:
    rate, blocks = keyframe_blocks(render("ae-keyframes"))
    assert rate == 24
    curves = {}
    for i, (title, keys) in enumerate(blocks.items(), start=1):
        effect, slider, prop = title.split("\t")
        assert (effect, prop) == ("Effects", "Slider #2")
        curves[slider.removesuffix(f" #{i}")] = [(frame / 24, value) for frame, value in keys]
    assert_near(curves, "ae-keyframes", scale=100)


def test_character_animator_shows_a_mouth_a_frame() -> None:
    rate, blocks = keyframe_blocks(render("character-animator"))
    frames, seconds = np.transpose(blocks["Time Remap"])
    wanted = shown("character-animator", "oculus_15")
    remapped = np.interp(np.arange(len(wanted)), frames, seconds)
    found = [CHARACTER_ANIMATOR_MOUTHS[int(x * rate)] for x in remapped]
    by_viseme = dict(zip(wanted, found, strict=True))
    assert [by_viseme[x] for x in wanted] == found
    assert {k: by_viseme[k] for k in ("sil", "PP", "FF", "aa")} == {
        "sil": "Neutral", "PP": "M", "FF": "F", "aa": "Ah"
    }  # fmt: skip


def listed(content: bytes, name: str) -> Any:
    """A list that a script of JavaScript holds."""
    return json.loads(re.search(rf"var {name} = (\[.*\]);", content.decode())[1])  # type: ignore[index]


def test_script_of_after_effects() -> None:
    content = render("after-effects", shapes=tuple("FEDCBA"))
    shapes, keys = listed(content, "SHAPES"), listed(content, "KEYS")
    assert shapes == list("FEDCBA")  # the drawings' order is the user's
    track = frame_track(
        CHECKED, ExportOptions(shapes=tuple("ABCDEF")), load_exporter("after-effects"), load_mouth_rules()
    )
    assert [(round(t * 24), shapes[i]) for t, i in keys] == [(x.start, x.shape) for x in track.cues]


def test_script_of_harmony() -> None:
    keys = listed(render("toon-boom"), "KEYS")
    assert [x for a, b, x in keys for _ in range(a, b + 1)] == shown("toon-boom")
    assert keys[0][0] == 1
    assert all(b[0] == a[1] + 1 for a, b in pairwise(keys))


# --- avatars ------------------------------------------------------------------------------------------------------


def test_rive() -> None:
    data = json.loads(render("rive", target="mouth"))
    assert (data["input"], data["duration"]) == ("mouth", 2.5)
    assert data["visemes"][0] == "sil"
    assert data["visemes"][14] == "ou"
    assert [(t, data["visemes"][code]) for t, code in data["keys"]] == [
        (pytest.approx(t, abs=1e-6), label) for t, label in cues_of("oculus_15")
    ]


def test_talkinghead() -> None:
    data = json.loads(render("talkinghead"))
    assert list(zip(data["words"], data["wtimes"], data["wdurations"], strict=True)) == [
        ("move", 400, 320), ("five", 720, 360), ("bees", 1080, 420), ("oh", 1950, 300)
    ]  # fmt: skip
    letters = {"ih": "I", "oh": "O", "ou": "U"}
    assert list(zip(data["vtimes"], data["visemes"], strict=True)) == [
        (round(1000 * t), letters.get(x, x)) for t, x in cues_of("oculus_15")
    ]
    ends = np.add(data["vtimes"], data["vdurations"]).tolist()
    assert ends == [*data["vtimes"][1:], 2500]


def test_azure_visemes() -> None:
    events = json.loads(render("azure-visemes"))
    assert [(x["audioOffset"] / 1e7, str(x["visemeId"])) for x in events] == [
        (pytest.approx(t, abs=1e-7), label) for t, label in cues_of("azure_en_us")
    ]


def test_azure_has_numbers_only() -> None:
    with pytest.raises(ConfigError, match="numbers"):
        render("azure-visemes", mouths="oculus_15")


def test_polly_marks() -> None:
    marks = [json.loads(line) for line in render("polly-marks").decode().splitlines()]
    visemes = [(x["time"], x["value"]) for x in marks if x["type"] == "viseme"]
    assert visemes == [(round(1000 * t), label) for t, label in cues_of("polly_en_us")]
    (sentence,) = (x for x in marks if x["type"] == "sentence")
    text = sentence["value"].encode()
    words = [x for x in marks if x["type"] == "word"]
    assert [text[x["start"] : x["end"]].decode() for x in words] == [x["value"] for x in words]
    assert [x["value"] for x in words] == ["move", "five", "bees", "oh"]
    assert [x["time"] for x in marks] == sorted(x["time"] for x in marks)


def test_lottie() -> None:
    data = json.loads(render("lottie"))
    (layer,) = data["layers"]
    keys = layer["shapes"][0]["it"][0]["s"]["k"]
    rest, full = np.asarray(REST_SIZE), np.asarray(FULL_SIZE)
    weights = [(x["t"] / 30, *((np.asarray(x["s"]) - rest) / (full - rest))) for x in keys]
    curves = {"ParamMouthForm": [x[:2] for x in weights], "ParamMouthOpenY": [x[::2] for x in weights]}
    assert_near(curves, "lottie", "live2d")  # type: ignore[arg-type]
    assert (data["ip"], data["op"], data["fr"]) == (0, 75, 30)
    assert [(x["cm"], x["tm"]) for x in data["markers"]] == [("move", 12), ("five", 22), ("bees", 32), ("oh", 58)]
    with pytest.raises(ConfigError, match="ParamMouthOpenY"):
        render("lottie", recipe="vrm1")


def test_osc() -> None:
    channels = channels_of("osc")
    values = dict.fromkeys(channels.names, np.nan)
    lines = [x.split() for x in render("osc").decode().splitlines()]
    sent = [(round(30 * (int(t[:8], 16) + int(t[9:], 16) / 2**32)), a, float(v)) for t, a, _, v in lines]
    assert {types_ for _, _, types_, _ in lines} == {"f"}
    for frame, row in enumerate(channels.values):
        values |= {a.rpartition("/")[2]: v for f, a, v in sent if f == frame}
        assert np.abs(np.asarray(list(values.values())) - row).max() <= ERROR + ROUNDING
    assert {a.rpartition("/")[0] for _, a, _ in sent} == {"/avatar/parameters"}
    assert render("osc", target="/face mouth/").decode().splitlines()[0].split()[1].startswith("/face_mouth/")


# --- Unreal -------------------------------------------------------------------------------------------------------


def test_metahuman_csv() -> None:
    curves: dict[str, Keys] = {}
    for row in csv.DictReader(io.StringIO(render("metahuman-csv").decode())):
        curves.setdefault(row["curve_name"], []).append((int(row["frame_number"]) / 30, float(row["value"])))
    assert all(name.startswith("CTRL_expressions_") for name in curves)
    assert_near(curves, "metahuman-csv", "metahuman")


def test_metahuman_closes_what_arkit_closes() -> None:
    """The recipe moves an expression where the ARKit recipe moves a channel."""
    ours, theirs = load_recipe("metahuman"), load_recipe("arkit_openfacefx")
    assert {v for v, row in ours.weights.items() if row} == {v for v, row in theirs.weights.items() if row}
    jaw = {v: row.get("CTRL_expressions_jawOpen") for v, row in ours.weights.items()}
    assert jaw == {v: theirs.weights[v].get("jawOpen") for v in jaw}


class FakeUnreal(types.ModuleType):
    """As much of the module ``unreal`` as the script uses; it notes what is done."""

    def __init__(self) -> None:
        super().__init__("unreal")
        self.curves: dict[str, Keys] = {}
        self.sections: list[dict[str, Any]] = []
        self.AnimSequence, self.MovieSceneSkeletalAnimationTrack = type("AnimSequence", (), {}), "track"
        self.chosen = self.AnimSequence()
        self.RawCurveTrackTypes = types.SimpleNamespace(RCT_FLOAT="float")
        self.EditorUtilityLibrary = types.SimpleNamespace(get_selected_assets=lambda: [self.chosen])
        self.EditorAssetLibrary = types.SimpleNamespace(save_loaded_asset=lambda _: True)
        self.AnimationLibrary = types.SimpleNamespace(
            does_curve_exist=lambda _, name, __: name in self.curves,
            remove_curve=lambda _, name: self.curves.pop(name),
            add_curve=lambda _, name, __: self.curves.update({name: []}),
            add_float_curve_keys=lambda _, name, t, v: self.curves[name].extend(zip(t, v, strict=True)),
        )
        self.LevelSequenceEditorBlueprintLibrary = types.SimpleNamespace(
            get_current_level_sequence=lambda: "sequence", get_selected_bindings=lambda: [self]
        )

    def add_track(self, _: str) -> FakeUnreal:
        return self

    def add_section(self) -> FakeUnreal:
        self.sections.append({})
        return self

    def get_editor_property(self, _: str) -> FakeUnreal:
        return self

    def set_editor_property(self, name: str, value: Any) -> None:
        self.sections[-1][name] = value

    def set_range_seconds(self, start: float, end: float) -> None:
        self.sections[-1]["range"] = (start, end)


def test_metahuman_script(monkeypatch: pytest.MonkeyPatch) -> None:
    unreal = FakeUnreal()
    unreal.curves["CTRL_expressions_jawOpen"] = [(0.0, 9.0)]
    monkeypatch.setitem(sys.modules, "unreal", unreal)
    script = compile(render("metahuman-script"), "script.py", "exec")
    exec(script, {})
    assert_near(unreal.curves, "metahuman-script", "metahuman")
    assert unreal.sections[0]["animation"] is unreal.chosen
    assert unreal.sections[0]["range"] == (0.0, 2.5)
    unreal.chosen = object()  # type: ignore[assignment]
    with pytest.raises(RuntimeError, match="select one animation"):
        exec(script, {})


# --- dubbing ------------------------------------------------------------------------------------------------------


def test_rythmo() -> None:
    file = pysubs2.SSAFile.from_string(render("rythmo").decode())
    assert (file.info["PlayResX"], file.info["PlayResY"]) == ("1920", "1080")
    line, *words = file
    assert "\\pos(480,1000)" in line.text
    assert [x.plaintext for x in words] == ["move", "five", "bees", "oh"]
    for event, word in zip(words, UTTERANCE.spoken, strict=True):
        first, _, last, _ = map(int, re.search(r"\\move\((.*?)\)", event.text)[1].split(","))  # type: ignore[index]
        share = (1000 * word.start - event.start) / (event.end - event.start)
        assert first + share * (last - first) == pytest.approx(480, abs=2)  # on the line when it is said
        scale = float(re.search(r"\\fscx([\d.]+)", event.text)[1])  # type: ignore[index]
        width = scale / 100 * 0.602 * 48 * len(word.label)
        assert width == pytest.approx(300 * word.duration, rel=2e-3)


def test_detx() -> None:
    root = ElementTree.fromstring(render("detx", rate=Fraction(25)))
    rows = [[(x.tag, x.get("type"), x.get("timecode"), x.text) for x in line] for line in root.iter("line")]
    assert [x[3] or "" for row in rows for x in row if x[0] == "text"] == ["move five ", "bees oh"]
    marks = [(kind, timecode) for row in rows for tag, kind, timecode, _ in row if tag == "lipsync"]
    frames = {0.4: "00:00:00:10", 1.08: "00:00:01:02", 2.25: "00:00:02:06"}
    assert marks == [
        ("in_open", frames[0.4]), ("mpb", frames[0.4]), ("mpb", frames[1.08]), ("out_open", frames[2.25])
    ]  # fmt: skip
    assert {x.get("role") for x in root.iter("line")} == {x.get("id") for x in root.iter("role")}


# --- markers ------------------------------------------------------------------------------------------------------


def test_protools() -> None:
    head, listing = render("protools", UTTERANCE, rate=Fraction(24)).decode().split("M A R K E R S  L I S T I N G\n")
    assert "TIMECODE FORMAT:\t24 Frame\n" in head
    _, *rows = (x.split("\t") for x in listing.splitlines())
    assert [(int(x[0]), x[1].strip(), int(x[2]), x[4].strip()) for x in rows] == [
        (1, "01:00:00:09", 18000, "move"),
        (2, "01:00:00:17", 34000, "five"),
        (3, "01:00:01:01", 50000, "bees"),
        (4, "01:00:01:22", 92000, "oh"),
    ]
    with pytest.raises(ConfigError, match="Pro Tools"):
        render("protools", rate=Fraction(12))


def test_avid_markers() -> None:
    (row,) = csv.reader(io.StringIO(render("avid-markers", rate=Fraction(25)).decode()), delimiter="\t")
    assert row == ["visalign", "01:00:00:18", "V1", "red", "five: audio-early, 60 ms", "9"]
    words = list(csv.reader(io.StringIO(render("avid-markers", UTTERANCE).decode()), delimiter="\t"))
    assert [x[3:5] for x in words] == [["green", x] for x in ("move", "five", "bees", "oh")]
