"""Speakers left out in turn: counted on lips made of numbers, and on people who move their lips the other way round."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_decoder_training import Clip, make_clip

from visalign.training.held_out import HeldOutSpeaker, left_out_groups, read_held_out
from visalign.visemes.viseme_map import VisemeMap

MAP = VisemeMap.load("neti_2000")
CLIPS = [make_clip(f"speaker {k % 3}", k) for k in range(12)]


def contrary(clip: Clip) -> Clip:
    """The same sentence with lips that do the opposite."""
    return replace(clip, lips=replace(clip.lips, values=-clip.lips.values), speaker="contrary")


def test_speakers_like_the_others_are_read_and_one_unlike_them_is_not() -> None:
    found = read_held_out([*CLIPS, *(contrary(make_clip("x", k)) for k in range(50, 54))], MAP)
    assert (found.viseme_map, found.by) == (MAP.id, "speakers")
    accuracy = {x.name: x.accuracy for x in found.speakers}
    others = [accuracy[f"speaker {k}"] for k in range(3)]
    assert min(others) > accuracy["contrary"] + 0.2
    bits = {x.name: x.bits_per_frame for x in found.speakers}
    assert bits["contrary"] > max(bits[f"speaker {k}"] for k in range(3)) + 0.5


def test_counts_add_up() -> None:
    found = read_held_out(CLIPS, MAP)
    assert found.total.n_clips == len(CLIPS)
    assert found.total.n_frames == sum(found.confusions.values())
    assert found.total.n_right == sum(n for (a, b), n in found.confusions.items() if a == b)
    said = sum(phone.label == "B" for clip in CLIPS for phone in clip.phones)
    assert found.total.n_closures == said
    assert found.total.closure_recall > 0.85
    assert found.total.closure_precision > 0.7


def test_the_json_form_names_each_speaker_and_confusion() -> None:
    found = read_held_out(CLIPS, MAP)
    data = found.to_dict()
    assert [x["name"] for x in data["speakers"]] == ["speaker 0", "speaker 1", "speaker 2"]
    assert data["total"]["accuracy"] == pytest.approx(found.total.accuracy, abs=1e-6)
    assert sum(x["n_frames"] for x in data["confusions"]) == found.total.n_frames


@pytest.mark.parametrize(
    ("n_speakers", "by", "n_groups"),
    [(1, "clips", 5), (2, "clips", 5), (3, "speakers", 3), (23, "groups of speakers", 10)],
)
def test_what_is_left_out_depends_on_how_many_speakers_there_are(n_speakers: int, by: str, n_groups: int) -> None:
    clips = [replace(CLIPS[k % len(CLIPS)], speaker=f"s{k % n_speakers:02}") for k in range(46)]
    told, groups = left_out_groups(clips)
    assert (told, len(set(groups))) == (by, n_groups)
    if by != "clips":
        members = {clip.speaker: group for clip, group in zip(clips, groups, strict=True)}
        assert all(members[c.speaker] == g for c, g in zip(clips, groups, strict=True))


def test_nothing_counted_is_no_measure() -> None:
    nobody = HeldOutSpeaker("nobody")
    measures = (nobody.accuracy, nobody.closure_recall, nobody.closure_precision, nobody.bits_per_frame)
    assert measures == (None, None, None, None)
