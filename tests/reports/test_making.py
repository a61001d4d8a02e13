"""From the stages to the report: what stands where."""

from __future__ import annotations

import pytest

import visalign
from visalign.config import AlignmentParams, Config
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures
from visalign.reports.making import make_report
from visalign.signals import Audio
from visalign.sync.judging import Heard, Instruments, Judged, Seen, hear, judge, see

Stages = tuple[Heard, Seen, Judged, Instruments]


@pytest.fixture(scope="module")
def stages(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> Stages:
    tools = Instruments.of(Config(alignment=AlignmentParams(enhancement="wiener")))
    heard = hear(generated_audio, generated_clip.transcript, tools.settings)
    seen = see(ClipFaces.of(generated_lips), heard, tools)
    return heard, seen, judge(heard, seen, tools, details=("phone",)), tools


def test_it_is_the_report_of_check(
    stages: Stages, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    made = make_report(*stages, transcript=generated_clip.transcript, audio="in memory", with_details=True)
    settings = stages[3].settings
    checked = visalign.check(
        generated_lips, generated_clip.transcript, audio=generated_audio, config=settings, details=("phone",)
    )
    assert made.to_dict() == checked.to_dict()


def test_without_a_text_the_words_that_were_found_are_the_transcript(stages: Stages) -> None:
    assert make_report(*stages).clip.transcript == stages[0].alignment.text


def test_both_sounds_are_told_where_one_was_cleared(stages: Stages) -> None:
    sound = make_report(*stages).clip.sound
    assert sound is not None
    assert sound.enhancement == "wiener"
    assert sound.before is not None
    assert sound.before.snr_db == stages[0].recorded_quality.snr_db != sound.snr_db


def test_warnings_stand_in_their_order(stages: Stages) -> None:
    made = make_report(*stages, warnings=("the last",))
    assert made.warnings[-1] == "the last"
    assert set(stages[0].alignment.warnings) <= set(made.warnings)


def test_details_are_there_where_they_were_asked_for(stages: Stages) -> None:
    assert make_report(*stages).details is None
    found = make_report(*stages, with_details=True).details
    assert found is not None
    assert len(found) == len(stages[2].details) > 5


def test_the_landmark_model_that_was_used_is_named(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    own = make_report(*stages).clip.models[0]
    assert "visalign" in own.name
    assert "GRID" in own.licence
    assert "300-W" not in own.licence
    assert not own.binds
    monkeypatch.setenv("VISALIGN_LANDMARK_MODEL", "dlib68")
    other = make_report(*stages).clip.models[0]
    assert "68-point" in other.name
    assert "excludes commercial use" in other.licence
    assert other.binds
    monkeypatch.setenv(
        "VISALIGN_LANDMARK_MODEL", "no such file"
    )  # lips of landmarks that were found elsewhere need none
    assert [x.name.partition(" on ")[0] for x in make_report(*stages).clip.models] == ["lip model trained"]
