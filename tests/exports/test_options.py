"""What riggers ask for: rates, start frames, lead, holds, subsets, edits, key reduction, recipes."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rendering import render
from sample_utterance import CHECKED, PHONES, UTTERANCE, WORDS

from visalign.animation.mouth_rules import load_mouth_rules
from visalign.errors import ConfigError, InputError, ParseError, TimelineError, UnknownSymbol
from visalign.exports import ExportOptions, load_exporter, read_utterance
from visalign.exports.channels import reduce_keys, weight_channels
from visalign.exports.cue_track import cue_tier, frame_track
from visalign.exports.hand_edits import Edit, apply_edits, edits_beside, read_edits
from visalign.exports.reading import parse_visalign_json
from visalign.exports.recipes import available_recipes, load_recipe, read_recipe
from visalign.files.text_files import write_textgrid
from visalign.forced_alignment import read_alignment
from visalign.signals import Audio
from visalign.timeline import Tier
from visalign.visemes.viseme_map import VisemeMap

MOHO, RHUBARB = load_exporter("moho-dat"), load_mouth_rules()
RATES = [Fraction(12), Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)]


@pytest.mark.parametrize("rate", RATES)
def test_any_rate(rate: Fraction) -> None:
    track = frame_track(CHECKED, ExportOptions(rate=rate), MOHO, RHUBARB)
    assert track.n_frames == round(CHECKED.duration * rate)
    closures = [x for x in track.cues if x.shape == "A"]
    assert len(closures) == 2
    assert all(x.end - x.start >= 2 for x in closures)


def test_lead_in_frames_moves_every_change() -> None:
    options = {"rate": Fraction(24)}
    on_time = cue_tier(CHECKED, ExportOptions(**options), MOHO, RHUBARB)
    early = cue_tier(CHECKED, ExportOptions(**options, lead_frames=2), MOHO, RHUBARB)
    assert (early.start, early.end, early.labels) == (on_time.start, on_time.end, on_time.labels)
    assert np.allclose(np.subtract(on_time.boundaries, early.boundaries)[1:-1], 2 / 24, rtol=0, atol=1e-9)


def test_lead_moves_curves() -> None:
    exporter = load_exporter("audio2face")
    plain, early = (
        weight_channels(CHECKED, ExportOptions(lead_frames=x), exporter, default_recipe="oculus") for x in (0, 3)
    )
    assert np.allclose(early.values[:-3], plain.values[3:], rtol=0, atol=0.02)


def test_a_minimum_hold() -> None:
    track = frame_track(CHECKED, ExportOptions(hold_frames=3), MOHO, RHUBARB)
    assert min(x.end - x.start for x in track.cues) >= 3


@pytest.mark.parametrize(("first", "name"), [(None, "moho-dat"), (0, "moho-dat"), (1001, "frames-csv")])
def test_the_start_frame(first: int | None, name: str) -> None:
    exporter = load_exporter(name)
    track = frame_track(CHECKED, ExportOptions(first_frame=first), exporter, RHUBARB)
    assert next(track.numbered())[0] == (exporter.first_frame if first is None else first)


def test_a_subset_of_shapes() -> None:
    values = {x["value"] for x in json.loads(render("rhubarb-json", shapes=tuple("ABCDEF")))["mouthCues"]}
    assert values <= set("ABCDEF")
    with pytest.raises(UnknownSymbol):
        render("rhubarb-json", shapes=("Q",))


def test_a_subset_of_channels() -> None:
    data = json.loads(render("audio2face", shapes=("jawOpen", "mouthPucker")))
    assert sorted(data["facsNames"]) == ["jawOpen", "mouthPucker"]
    with pytest.raises(UnknownSymbol):
        render("audio2face", shapes=("noSuchChannel",))


def test_another_map() -> None:
    values = {x["value"] for x in json.loads(render("rhubarb-json", mouths="jeffers_1971"))["mouthCues"]}
    assert values <= set(VisemeMap.load("jeffers_1971").visemes)


# --- edits ------------------------------------------------------------------------------------------------------

EDITS = "start_seconds,end_seconds,shape,note\n0.5,0.65,D,wider\n1.95,2.1,F,\n"


def test_edits_survive_a_second_run_with_other_options(tmp_path: Path) -> None:
    path = tmp_path / "a.json.edits.csv"
    path.write_text(EDITS, encoding="utf-8")
    edits = read_edits(path)
    for options in ({}, {"lead_frames": 0.0, "tweens": False}, {"hold_frames": 2}):
        cues = json.loads(render("rhubarb-json", edits=edits, **options))["mouthCues"]
        assert {"start": 0.5, "end": 0.65, "value": "D"} in cues
        assert any(x["value"] == "F" and x["start"] <= 1.95 and x["end"] >= 2.1 for x in cues)
    assert path.read_text(encoding="utf-8") == EDITS


def test_edits_keep_their_frames() -> None:
    edit = Edit(1.0, 1.02, "E")  # shorter than any hold
    track = frame_track(CHECKED, ExportOptions(edits=(edit,), hold_frames=3), MOHO, RHUBARB)
    assert [x for x in track.cues if x.shape == "E" and x.start == 24]


def test_edits_lead_with_the_rest() -> None:
    edit = Edit(1.0, 1.25, "E")
    track = frame_track(CHECKED, ExportOptions(edits=(edit,), lead_frames=2), MOHO, RHUBARB)
    assert [(x.start, x.end) for x in track.cues if x.start in (21, 22)] == [(22, 28)]


def test_edits_change_curves() -> None:
    options = ExportOptions(edits=(Edit(0.1, 0.3, "ou"),))
    channels = weight_channels(CHECKED, options, load_exporter("audio2face"), default_recipe="oculus")
    assert channels.values[6, channels.names.index("viseme_U")] > 0.5


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("start,end,shape\n", 1),
        ("start_seconds,end_seconds,shape\n1,0.5,A\n", 2),
        ("start_seconds,end_seconds,shape\n0,1,A\nx,2,B\n", 3),
        ("start_seconds,end_seconds,shape\n0,1,\n", 2),
    ],
)
def test_broken_edits_are_named_with_their_line(text: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError) as caught:
        read_edits(path)
    assert caught.value.line == line


def test_edits_with_unknown_shapes_or_outside_the_file() -> None:
    with pytest.raises(UnknownSymbol):
        render("rhubarb-json", edits=(Edit(0.1, 0.2, "Q"),))
    with pytest.raises(UnknownSymbol):
        render("moho-dat", edits=(Edit(0.1, 0.2, "Q"),))
    with pytest.raises(TimelineError, match="outside"):
        render("rhubarb-json", edits=(Edit(9.0, 9.2, "A"),))


def test_edits_stand_beside_the_output() -> None:
    assert edits_beside("x/mouth.json") == Path("x/mouth.json.edits.csv")


@given(st.floats(0, 0.9), st.floats(0.01, 0.5))
def test_an_edit_is_where_it_says(start: float, length: float) -> None:
    tier = Tier("mouth", (0.0, 0.4, 1.0), ("X", "D"))
    edited = apply_edits(tier, [Edit(start, start + length, "A")])
    assert edited.label_at(start + length / 2 if start + length <= 1 else (start + 1) / 2) == "A"
    assert (edited.start, edited.end) == (0.0, 1.0)


# --- fewer keys -------------------------------------------------------------------------------------------------


@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=2, max_side=60), elements=st.floats(0, 1)),
    st.sampled_from([0.0, 0.005, 0.01, 0.05, 0.3]),
)
def test_fewer_keys_stay_within_the_error(values: np.ndarray, max_error: float) -> None:
    keys = reduce_keys(values, max_error)
    assert keys[0] == 0
    assert keys[-1] == len(values) - 1
    assert np.all(np.diff(keys) > 0)
    frames = np.arange(len(values))
    for column in values[:, None].T if values.ndim == 1 else values.T:
        column = np.ravel(column)
        assert np.max(np.abs(np.interp(frames, keys, column[keys]) - column)) <= max_error + 1e-7


def test_a_straight_line_has_two_keys_and_a_gap_has_a_limit() -> None:
    line = np.linspace(0, 1, 500)
    assert reduce_keys(line, 0.0).tolist() == [0, 499]
    assert np.max(np.diff(reduce_keys(line, 0.0, 100))) == 100


def test_more_error_never_needs_more_keys_on_speech() -> None:
    channels = weight_channels(CHECKED, ExportOptions(rate=Fraction(60)), load_exporter("unity-anim"))
    counts = [sum(len(x.frames) for x in channels.curves(e)) for e in (0.0, 0.01, 0.05)]
    assert counts == sorted(counts, reverse=True)
    assert counts[1] < 0.4 * channels.values.size


# --- recipes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", available_recipes())
def test_shipped_recipes_fit_their_map(name: str) -> None:
    recipe = load_recipe(name)
    visemes = VisemeMap.load(recipe.viseme_map).visemes
    matrix = recipe.matrix(visemes)
    assert matrix.shape == (len(visemes), len(recipe.channels))
    assert matrix.min() >= 0
    assert matrix.max() <= 1
    assert recipe.source


def test_a_recipe_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "head.toml"
    path.write_text('viseme_map = "jeffers_1971"\n[visemes]\nC = { "Press*" = 0.5, Shut = 1 }\n', encoding="utf-8")
    recipe = read_recipe(path)
    assert (recipe.id, recipe.channels) == ("head", ("PressLeft", "PressRight", "Shut"))
    data = json.loads(render("audio2face", recipe=str(path)))
    assert data["facsNames"] == ["PressLeft", "PressRight", "Shut"]
    assert max(row[2] for row in data["weightMat"]) > 0.85


@pytest.mark.parametrize(
    "text",
    ["", "viseme_map = 3\n[visemes]", 'viseme_map = "x"\n[visemes]\nA = 1', 'viseme_map="x"\n[visemes]\nA={b=2}', "="],
)
def test_broken_recipes(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError):
        read_recipe(path)


def test_a_recipe_that_does_not_fit_its_map(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text('viseme_map = "jeffers_1971"\n[visemes]\nNOPE = { x = 1 }\n', encoding="utf-8")
    with pytest.raises(UnknownSymbol):
        render("audio2face", recipe=str(path))
    with pytest.raises(ConfigError, match="arkit_openfacefx"):
        render("audio2face", recipe="no_such_recipe")


# --- inputs -----------------------------------------------------------------------------------------------------


def test_phones_of_another_language(tmp_path: Path) -> None:
    path = tmp_path / "de.TextGrid"
    german = render("textgrid", UTTERANCE).decode().replace('"UW"', '"yː"').replace('"AY"', '"œ"')
    path.write_text(german, encoding="utf-8")
    utterance = read_utterance(path)
    assert utterance.alphabet == "ipa"


@pytest.mark.parametrize(
    ("labels", "alphabet"), [(["b", "y"], "ipa"), (["b", "iy"], "arpabet"), (["B", "Y"], "arpabet")]
)
def test_phones_in_small_letters(tmp_path: Path, labels: list[str], alphabet: str) -> None:
    path = tmp_path / "a.TextGrid"
    write_textgrid(path, [Tier("phones", (0.0, 0.5, 1.0), tuple(labels))])
    assert read_utterance(path).alphabet == alphabet
    sound = Audio(np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32), 16000)
    assert read_alignment(path, sound).alphabet == alphabet


def test_a_textgrid_takes_no_transcript(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    path.write_bytes(render("textgrid", UTTERANCE))
    with pytest.raises(InputError, match="leave"):
        read_utterance(path, "move five bees")


def test_a_report_brings_its_faults() -> None:
    words = [{"label": x.label, "start": x.start, "end": x.end, "verdict": "in-sync"} for x in WORDS if x.label]
    words[1] |= {"verdict": "audio-late", "lead_seconds": -0.12}
    data = {
        "clip": {"name": "a.mp4", "audio": None, "frame_rate": "25"},
        "sync": {"lead_seconds": -0.1},
        "words": words,
        "phones": [{"label": x.label, "start": x.start, "end": x.end} for x in PHONES],
        "observed_visemes": [{"label": "C", "start": 0.0, "end": 2.5}],
    }
    found = parse_visalign_json(data)
    assert (found.media, found.frame_rate, found.lead_seconds, found.is_checked) == ("a.mp4", 25, -0.1, True)
    assert [x.message for x in found.faults] == ["five: audio-late, 120 ms"]
    assert found.leads is not None
    assert "-120 ms" in found.leads.labels


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"words": [], "phones": []}', '{"words": 1, "phones": [{}]}'])
def test_broken_json(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ParseError):
        read_utterance(path)


@pytest.mark.parametrize("content", ["", "nonsense", 'File type = "ooTextFile"\nObject class = "TextGrid"\n'])
def test_broken_textgrid(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ParseError):
        read_utterance(path)


@pytest.mark.parametrize("rate", [Fraction(12), Fraction(24), Fraction(60)])
@pytest.mark.parametrize("n_frames", [1, 2, 4])
def test_closures_are_held_in_curves_too(rate: Fraction, n_frames: int) -> None:
    options = ExportOptions(rate=rate, closure_frames=n_frames)
    channels = weight_channels(CHECKED, options, load_exporter("unity-anim"), default_recipe="oculus")
    closed = channels.values[:, channels.names.index("viseme_PP")] >= 0.9 - 1e-9
    for phone in PHONES:
        if phone.label in ("M", "B"):
            near = round(phone.centre * rate)
            assert closed[max(0, near - n_frames) : near + n_frames + 1].sum() >= n_frames
    assert np.all(channels.values.sum(axis=1) <= 1 + 1e-3)
