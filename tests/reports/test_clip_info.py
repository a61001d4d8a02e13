"""The facts at the head of a report survive their JSON form."""

from __future__ import annotations

import json
from dataclasses import replace

from sample_report import CLIP

from visalign.reports.clip_info import ClipInfo, SoundInfo


def test_sound_that_was_cleared_keeps_what_it_was_before() -> None:
    before = SoundInfo(3.0000004, -31.0, 0.25)
    after = SoundInfo(18.0, -23.0, None, enhancement="wiener", before=before)
    data = json.loads(json.dumps(after.to_dict()))
    assert data["before"]["snr_db"] == 3.0  # to a microsecond's six decimals
    assert SoundInfo.from_dict(data) == replace(after, before=replace(before, snr_db=3.0))


def test_a_clip_comes_back_whole() -> None:
    data = json.loads(json.dumps(CLIP.to_dict()))
    again = ClipInfo.from_dict(data)
    assert again.to_dict() == CLIP.to_dict()
    assert (again.frame_rate, again.models) == (CLIP.frame_rate, CLIP.models)


def test_a_report_of_an_older_version_measured_no_sound() -> None:
    assert ClipInfo.from_dict(replace(CLIP, sound=None).to_dict()).sound is None
