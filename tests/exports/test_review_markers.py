"""Markers of a review on their frames, and read back by the library of editing programs where it is there."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from visalign.exports.review_markers import (
    ReviewedClip,
    ReviewMarker,
    format_review_edl,
    format_review_otio,
    format_review_srt,
)

NTSC = Fraction(30000, 1001)
CLIPS = [
    ReviewedClip("one", "one.mp4", NTSC, 2.002, (ReviewMarker(0.5, 1.0, "reject", "late\nby far"),)),
    ReviewedClip("two", "two.mp4", NTSC, 60.06, (ReviewMarker(0.0, 60.06, "accept", ""),)),
]


def test_frames_and_timecode_follow_each_other() -> None:
    edl = format_review_edl("Decisions", CLIPS).splitlines()
    assert edl[1] == "FCM: DROP FRAME"
    assert edl[3] == "001  AX       AA/V  C        00:00:00;00 00:00:02;00 01:00:00;00 01:00:02;00"
    assert edl[5] == "* LOC: 01:00:00;14 RED     reject: late by far"
    assert edl[6] == "002  AX       AA/V  C        00:00:00;00 00:01:00;02 01:00:02;00 01:01:02;02"
    assert edl[8] == "* LOC: 01:00:02;00 GREEN   accept"
    srt = format_review_srt(CLIPS)
    assert srt.startswith("1\n00:00:00,467 --> 00:00:00,968\n[00:00:00;14] one\nreject: late by far\n")


def test_opentimelineio_reads_them() -> None:
    text = format_review_otio("Decisions", CLIPS)
    clips = json.loads(text)["tracks"]["children"][0]["children"]
    assert [x["markers"][0]["color"] for x in clips] == ["RED", "GREEN"]
    otio = pytest.importorskip("opentimelineio")
    timeline = otio.adapters.read_from_string(text, "otio_json")
    found = list(timeline.find_clips())
    assert [x.name for x in found] == ["one", "two"]
    marked = found[0].markers[0].marked_range
    assert (marked.start_time.value, marked.duration.value) == (14.0, 15.0)
    assert timeline.duration().value == 60 + 1800


def test_no_clip_is_a_list_without_events() -> None:
    assert format_review_edl("Decisions", []).splitlines()[:2] == ["TITLE: Decisions", "FCM: NON-DROP FRAME"]
    assert format_review_srt([]) == ""
