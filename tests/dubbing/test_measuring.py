"""Lines of a dub measured: on a generated clip whose truth is known, and on lips that were made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from visalign.config import Config
from visalign.dubbing.measuring import measure_dubbing, measure_lines
from visalign.face.generated_clip import GeneratedClip
from visalign.forced_alignment.alignment import OTHER_WORDS
from visalign.language.annotations import Cue
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures
from visalign.signals import Audio
from visalign.sync.judging import Heard, Instruments, Judged, Seen, hear, judge, see
from visalign.timeline import Interval

Stages = tuple[Heard, Seen, Judged, Instruments]


@pytest.fixture(scope="module")
def stages(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> Stages:
    return staged(generated_clip, generated_lips, generated_audio)


def staged(clip: GeneratedClip, lips: LipFeatures, audio: Audio) -> Stages:
    tools = Instruments.of(Config().changed(profile="dubbing"))
    cues = (Cue(0.0, audio.duration, clip.transcript, "anna"),)
    heard = hear(audio, cues, tools.settings)
    seen = see(ClipFaces.of(lips), heard, tools)
    return heard, seen, judge(heard, seen, tools), tools


def test_the_lead_of_a_line_is_that_which_was_made(stages: Stages, generated_clip: GeneratedClip) -> None:
    (line,) = measure_lines(*stages)
    assert line.lead_seconds == pytest.approx(generated_clip.lead_seconds, abs=0.03)
    assert line.lead_interval is not None
    assert line.lead_interval[0] < generated_clip.lead_seconds < line.lead_interval[1]
    assert line.verdict == "audio-early"
    assert (line.number, line.speaker, line.text) == (1, "anna", generated_clip.transcript)
    words = [word for word in generated_clip.words if word.label]
    assert line.start == pytest.approx(words[0].start, abs=0.06)
    assert line.end == pytest.approx(words[-1].end, abs=0.06)
    assert line.seen == 1.0
    assert line.match is not None
    assert line.match > 0.5


def test_the_gate_says_why_it_is_not_released(stages: Stages) -> None:
    dubbing = measure_dubbing(*stages)
    assert dubbing.gate is not None
    assert not dubbing.gate.passed
    assert "lead" in dubbing.gate.lines[1]


def test_without_rules_there_is_no_gate(stages: Stages) -> None:
    heard, seen, judged, tools = stages
    dubbing = measure_dubbing(heard, seen, judged, replace(tools, settings=Config()))
    assert dubbing.gate is None
    assert len(dubbing.lines) == 1


def test_a_line_without_a_face_is_not_seen(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    values = generated_lips.values.copy()
    values[10:] = np.nan
    (line,) = measure_lines(*staged(generated_clip, replace(generated_lips, values=values), generated_audio))
    assert line.verdict == "not-seen"
    assert line.lead_seconds is None
    assert line.seen < 0.5


def test_a_mouth_that_rests_is_not_that_of_the_line(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    still = np.repeat(generated_lips.values[:1], len(generated_lips), axis=0)
    rng = np.random.default_rng(0)
    still += 1e-4 * rng.standard_normal(still.shape)
    (line,) = measure_lines(*staged(generated_clip, replace(generated_lips, values=still), generated_audio))
    assert line.verdict == "off-screen"
    assert line.overrun_seconds is not None
    assert line.overrun_seconds > 0.5
    assert line.overlap == 0.0
    assert line.lips_start is None


def test_words_that_are_not_found_are_not_heard(stages: Stages) -> None:
    heard, seen, judged, tools = stages
    cue = replace(heard.alignment.cues[0], found_start=None, found_end=None)
    lost = replace(heard, alignment=replace(heard.alignment, cues=(cue,)))
    (line,) = measure_lines(lost, seen, judged, tools)
    assert (line.verdict, line.start, line.lead_seconds) == ("not-heard", None, None)


@pytest.mark.parametrize(("seconds", "verdict"), [(0.6, "audio-early"), (2.0, "not-heard")])
def test_a_line_over_which_other_words_are_heard_is_not_in_sync(stages: Stages, seconds: float, verdict: str) -> None:
    """Where the aligner says that the text is not what is heard, over most of the line or not."""
    heard, seen, judged, tools = stages
    cue = heard.alignment.cues[0]
    assert cue.found_start is not None
    note = Interval(cue.found_start, cue.found_start + seconds, OTHER_WORDS)
    told = replace(heard, alignment=replace(heard.alignment, notes=(note,)))
    (line,) = measure_lines(told, seen, judged, tools)
    assert line.verdict == verdict


def test_without_cues_the_lines_are_phrases(stages: Stages) -> None:
    heard, seen, judged, tools = stages
    plain = replace(heard, alignment=replace(heard.alignment, cues=()))
    lines = measure_lines(plain, seen, judged, tools)
    assert " ".join(line.text for line in lines) == heard.alignment.cues[0].text
    assert all(line.cue_start is None for line in lines)


def test_closures_and_open_vowels_are_counted_on_the_clock_of_the_file(stages: Stages) -> None:
    """With lips that never close no closure is met; with lips that never open every open vowel is at fault."""
    heard, seen, judged, tools = stages

    def counted(closed: float) -> tuple[int, int, int, int]:
        lips = replace(seen.visemes, closed=np.full(len(seen.visemes.times), closed))
        (line,) = measure_lines(heard, replace(seen, visemes=lips), judged, tools)
        return line.n_closures, line.n_closures_met, line.n_open, line.n_open_closed

    n_closures, met, n_open, open_closed = counted(0.1)
    assert n_closures > 0
    assert n_open > 0
    assert (met, open_closed) == (0, 0)
    assert counted(0.9) == (n_closures, n_closures, n_open, n_open)
    assert counted(np.nan) == (0, 0, 0, 0)


def test_lines_that_are_heard_at_once_share_their_time(stages: Stages) -> None:
    heard, seen, judged, tools = stages
    cue = heard.alignment.cues[0]
    assert cue.found_start is not None
    assert cue.found_end is not None
    middle = (cue.found_start + cue.found_end) / 2
    both = (cue, replace(cue, speaker="bert", found_end=middle))
    first, second = measure_lines(replace(heard, alignment=replace(heard.alignment, cues=both)), seen, judged, tools)
    assert (first.shared, second.shared) == (pytest.approx(0.5), pytest.approx(1.0))
