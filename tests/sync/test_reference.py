"""A clip in sync as the reference of another: its bias is taken off, told, and refused where it can't be one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import visalign
from visalign.config import Config
from visalign.errors import InputError, MediaError
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import ThresholdParams
from visalign.reports.clip_info import ClipInfo
from visalign.signals import Audio
from visalign.sync.judging import Instruments, Judged, hear, judge, see
from visalign.sync.own_bias import OwnBias
from visalign.sync.reference import bias_of, with_reference

BIAS = OwnBias("ref.mp4", 0.03, 0.002, 60.0)


@pytest.fixture(scope="module")
def judged(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> dict[str, Judged]:
    """The generated clip without and with a bias."""
    found = {}
    for name, tools in (("without", Instruments.of()), ("with", replace(Instruments.of(), own_bias=BIAS))):
        heard = hear(generated_audio, generated_clip.transcript, tools.settings)
        found[name] = judge(heard, see(ClipFaces.of(generated_lips), heard, tools), tools, details=("phrase",))
    return found


def test_the_bias_is_off_every_lead(judged: dict[str, Judged]) -> None:
    plain, told = judged["without"], judged["with"]
    assert plain.sync.lead_seconds is not None
    assert told.sync.lead_seconds == pytest.approx(plain.sync.lead_seconds - 0.03, abs=0.002)
    for one, other in zip(plain.words, told.words, strict=True):
        assert other.lead_seconds == pytest.approx(one.lead_seconds - 0.03, nan_ok=True)
    for part, same in zip(plain.details, told.details, strict=True):
        assert same.judged.lead_seconds == pytest.approx(part.judged.lead_seconds - 0.03, nan_ok=True)


def test_the_lips_are_looked_for_where_they_are(judged: dict[str, Judged]) -> None:
    """What is compared moment by moment stays as it was: the bias is one of the measurement, not of the picture."""
    assert judged["with"].comparison.lead == pytest.approx(judged["without"].comparison.lead, abs=0.002)


def test_the_interval_is_no_wider_than_without(judged: dict[str, Judged]) -> None:
    widths = {
        name: x.sync.lead_interval[1] - x.sync.lead_interval[0] for name, x in judged.items() if x.sync.lead_interval
    }
    assert widths["with"] <= widths["without"] + 1e-9


def test_a_clip_that_is_not_in_sync_is_no_reference(judged: dict[str, Judged]) -> None:
    """The generated clip is 120 ms early."""
    with pytest.raises(InputError, match=r"take1\.mp4: the reference is not in sync: its sound is 1\d\d ms early"):
        bias_of(judged["without"], "take1.mp4", ThresholdParams())


def test_a_clip_whose_lead_can_not_be_told_is_no_reference(judged: dict[str, Judged]) -> None:
    lost = replace(judged["without"], sync=replace(judged["without"].sync, lead_seconds=None, confidence=0.0))
    with pytest.raises(InputError, match=r"take1\.mp4: the reference tells no bias"):
        bias_of(lost, "take1.mp4", ThresholdParams())


def test_a_reference_tells_its_lead_and_how_sure_it_is(judged: dict[str, Judged]) -> None:
    sync = replace(judged["without"].sync, lead_seconds=0.013)
    bias = bias_of(replace(judged["without"], sync=sync), Path("a/take1.mp4"), ThresholdParams())
    assert (bias.clip, bias.lead_seconds) == ("take1.mp4", 0.013)
    assert 0.002 < bias.scatter_seconds < 0.03
    assert bias.speech_seconds > 0.5


def test_without_a_reference_nothing_changes() -> None:
    tools = Instruments.of()
    assert with_reference(tools) is tools


def test_a_reference_that_is_not_there_is_named(generated_clip: GeneratedClip, generated_lips: LipFeatures) -> None:
    with pytest.raises(MediaError, match=r"nowhere\.mp4"):
        with_reference(Instruments.of(Config().changed(reference="nowhere.mp4")))


def test_a_report_keeps_the_reference(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    report = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio)
    assert "reference" not in report.clip.to_dict()
    told = replace(report.clip, reference=BIAS)
    assert ClipInfo.from_dict(told.to_dict()).reference == BIAS
