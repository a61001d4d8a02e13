"""What explains a verdict: the evidence of single sounds, and the words for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_report import EARLY, NAN, ROWS, judged, make_report
from typer.testing import CliRunner

from visalign.cli import app
from visalign.explanation import LARGEST_ODDS, explain_sounds, explain_words, strength
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import EvidenceParams
from visalign.pipeline import check
from visalign.signals import Audio
from visalign.sync.estimate import LagEvidence, lag_evidence
from visalign.sync.lip_model import LipModel
from visalign.sync.sound_evidence import SoundEvidence, lag_support, seen_during, sound_evidence
from visalign.sync.speech_context import SpeechContext
from visalign.sync.verdict import SyncEstimate
from visalign.timeline import Interval, Tier
from visalign.visemes.expected import VisemeTarget, expected_visemes
from visalign.visemes.viseme_map import VisemeMap

CALIBRATION = replace(LipModel.load().calibration, temperature=0.1, lag_scatter=0.02)
LAGS = np.round(np.arange(-0.2, 0.205, 0.01), 2)


def target(start: float, end: float, viseme: str = "C", word: str = "bin") -> VisemeTarget:
    return VisemeTarget(Interval(start, end, viseme), viseme, frozenset({viseme}), "B", word)


def evidence(curves: list[np.ndarray], centres: list[float]) -> LagEvidence:
    return LagEvidence(LAGS, np.array(curves), np.array(centres))


def peak(at: float, height: float) -> np.ndarray:
    return np.asarray(-height * (1 - np.exp(-0.5 * ((LAGS - at) / 0.03) ** 2)))


OBSERVED = Tier("observed visemes", (0.0, 0.25, 0.5, 1.0), ("S", "C", "I"))


# --- one sound --------------------------------------------------------------------------------------------------


def test_a_sound_that_fits_only_at_the_lead_speaks_for_it() -> None:
    (found,) = sound_evidence([target(0.1, 0.2)], OBSERVED, 0.1, evidence([peak(0.1, 60.0)], [0.25]), CALIBRATION)
    assert found.n_frames == 1
    assert found.odds is not None
    assert found.odds > 20
    assert found.own_lead == pytest.approx(0.1)
    assert found.own_odds == 1.0


def test_a_sound_that_fits_elsewhere_speaks_against_the_lead_and_tells_where() -> None:
    (found,) = sound_evidence([target(0.1, 0.2)], OBSERVED, 0.1, evidence([peak(-0.1, 60.0)], [0.25]), CALIBRATION)
    assert found.odds is not None
    assert found.odds < 0.1
    assert found.own_lead == pytest.approx(-0.1)
    assert found.own_odds > 20


def test_a_flat_curve_says_nothing_either_way() -> None:
    (found,) = sound_evidence([target(0.1, 0.2)], OBSERVED, 0.0, evidence([peak(0.0, 1e-6)], [0.15]), CALIBRATION)
    assert found.odds == pytest.approx(1.0, abs=1e-4)


def test_lips_are_looked_for_a_lead_later() -> None:
    curves = [peak(-0.1, 60.0), peak(0.1, 60.0)]
    early = sound_evidence([target(0.1, 0.2)], OBSERVED, 0.1, evidence(curves, [0.15, 0.25]), CALIBRATION)[0]
    assert early.own_lead == pytest.approx(0.1)  # the frame at 0.25 s, not the one at 0.15 s
    assert dict(early.observed) == {"S": pytest.approx(0.5), "C": pytest.approx(0.5)}


def test_without_a_face_there_are_no_odds() -> None:
    (found,) = sound_evidence([target(0.1, 0.2)], OBSERVED, 0.0, evidence([np.zeros(41)], [0.15]), CALIBRATION)
    assert (found.odds, found.own_lead, found.n_frames) == (None, None, 0)


def test_what_is_seen_is_measured_in_parts_of_the_sound() -> None:
    assert seen_during(OBSERVED, Interval(0.0, 0.2, ""), 0.2) == (
        ("C", pytest.approx(0.75)),
        ("S", pytest.approx(0.25)),
    )
    assert seen_during(OBSERVED, Interval(0.0, 0.2, ""), 5.0) == ()


def test_the_longest_comes_first_and_of_two_alike_the_first_by_name() -> None:
    shown = Tier("observed", (0.0, 0.1, 0.2, 0.3, 0.5), ("T", "S", "T", "A"))
    assert [label for label, _ in seen_during(shown, Interval(0.0, 0.5, ""), 0.0)] == ["A", "T", "S"]


def test_support_by_hand() -> None:
    """Near 0.1 s are 6 and 2, a mean of 4, against 1, 1 and 7, a mean of 3; the best lag is 7 / 6 as likely."""
    lags = np.array([-0.2, -0.1, 0.0, 0.1, 0.11])
    odds, own_lead, own_odds = lag_support(lags, np.log([1.0, 1.0, 7.0, 6.0, 2.0]), 0.1)
    assert (odds, own_lead, own_odds) == (pytest.approx(4 / 3), 0.0, pytest.approx(7 / 6))
    assert lag_support(lags, np.log([1.0, 1.0, 7.0, 6.0, 2.0]), 5.0) == (1.0, 5.0, 1.0)  # nobody looked there
    assert lag_support(lags[3:], np.zeros(2), 0.1) == (1.0, 0.1, 1.0)  # nobody looked elsewhere


def test_support_does_not_depend_on_a_constant() -> None:
    curve = peak(0.05, 3.0)
    assert lag_support(LAGS, curve, 0.05) == pytest.approx(lag_support(LAGS, curve + 100.0, 0.05))


def test_the_sounds_of_a_clip_add_up_to_its_curve(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    report = check(generated_lips, generated_clip.transcript, audio=generated_audio)
    model, lead = LipModel.load(), report.sync.lead_seconds
    assert lead is not None
    context = SpeechContext.of(generated_audio, report.phones)
    found = lag_evidence(model.streams, generated_lips, context, 0.6, EvidenceParams())
    targets = expected_visemes(report.phones, report.words, VisemeMap.load(report.clip.viseme_map))
    sounds = sound_evidence(targets, report.observed_visemes, lead, found, model.calibration)
    within = (found.centres >= report.phones.start + lead) & (found.centres < report.phones.end + lead)
    assert sum(x.n_frames for x in sounds) == within.sum()
    assert [x.start for x in sounds] == [x.start for x in report.phones]
    # the clip's lead is 120 ms; most of its sounds must say so, or the measure is worth nothing
    spoken = [x for x in sounds if x.word and x.odds is not None]
    assert sum(x.odds > 1 for x in spoken) > 0.8 * len(spoken)


# --- words for it -----------------------------------------------------------------------------------------------


def sound(odds: float | None, start: float = 0.3, **changes: object) -> SoundEvidence:
    made = SoundEvidence("B", "bin", start, start + 0.1, ("C",), (("C", 0.8), ("I", 0.2)), True, 2, odds, 0.08)
    return replace(made, **changes)


def test_strongest_and_weakest_are_sorted_and_none_is_in_both() -> None:
    odds = [3.0, 0.2, 50.0, 1.0, 7.0]
    found = explain_sounds(make_report(), [sound(x, 0.3 + k / 10) for k, x in enumerate(odds)], CALIBRATION, n_items=5)
    assert [x.odds for x in found.strongest] == [50.0, 7.0, 3.0]
    assert [x.odds for x in found.weakest] == [0.2, 1.0]
    few = explain_sounds(make_report(), [sound(x) for x in odds], CALIBRATION, n_items=1)
    assert ([x.odds for x in few.strongest], [x.odds for x in few.weakest]) == ([50.0], [0.2])


def test_an_item_says_which_sound_when_what_was_expected_and_shown_and_for_which_lead() -> None:
    (item,) = explain_sounds(make_report(), [sound(50.0)], CALIBRATION).strongest
    assert item.text == (
        'B of "bin", heard at 0.30 s. Expected: lips together (C). The lips showed: lips together (C) 80%, '
        "lips relaxed, narrow opening (I) 20%. 50 times likelier at 83 ms early than at other leads: says much for it."
    )


def test_evidence_against_is_called_so() -> None:
    against = sound(0.1, own_lead=-0.04, own_odds=12.34)
    (item,) = explain_sounds(make_report(), [against], CALIBRATION).strongest
    assert "10 times less likely at 83 ms early" in item.says
    assert "says something against it" in item.says
    assert "By itself it fits 40 ms late best, 12.3 times better." in item.says


def test_odds_beyond_what_is_measured_are_not_shown() -> None:
    (item,) = explain_sounds(make_report(), [sound(1e9)], CALIBRATION).strongest
    assert item.says.startswith(f"More than {LARGEST_ODDS:.0f} times")
    assert "1000000" not in item.text


def test_sounds_that_nobody_saw_are_counted_not_explained() -> None:
    found = explain_sounds(make_report(), [sound(None), sound(2.0)], CALIBRATION)
    assert len(found.strongest + found.weakest) == 1
    assert any(line.startswith("1 of 2 sounds have no frame") for line in found.caveats)


def test_the_next_best_lead_is_told_with_its_odds() -> None:
    lags = tuple(np.round(np.arange(-0.5, 0.505, 0.01), 2).tolist())
    two_peaks = np.maximum(-((np.array(lags) - 0.1) ** 2) * 4e4, -((np.array(lags) + 0.3) ** 2) * 4e4 - 20.0)
    sync = replace(EARLY, lead_seconds=0.1, lags=lags, log_likelihoods=tuple(two_peaks.tolist()))
    found = explain_sounds(make_report(sync=sync), [sound(2.0)], CALIBRATION)
    assert any("next best lead, 300 ms late, is 7.4 times less likely" in x for x in found.caveats)  # e**(0.1 * 20)


def test_a_tongue_only_sound_is_called_hardly_visible() -> None:
    hidden = sound(1.1, expected=("J", "I"), is_visible=False)
    (item,) = explain_sounds(make_report(), [hidden], CALIBRATION).strongest
    assert item.expected.startswith("Made behind the lips, so hardly visible")


def test_mismatched_clips_are_explained_by_what_disagrees() -> None:
    sync = replace(EARLY, verdict="mismatched", reason="at no lag")
    right = sound(50.0, 0.5, observed=(("C", 1.0),))
    wrong = sound(50.0, 0.7, observed=(("I", 1.0),))
    found = explain_sounds(make_report(sync=sync), [right, wrong], CALIBRATION)
    assert "0.70 s" in found.strongest[0].place
    assert "right for 0% of its 100 ms" in found.strongest[0].says
    assert "0.50 s" in found.weakest[0].place
    assert found.strongest[0].odds is None  # no lead is spoken for


def test_words_are_ranked_for_the_side_of_the_limits_that_the_lead_is_on() -> None:
    rows = [(*ROWS[0][:7], 0.1, 0.2, "audio-early"), (*ROWS[1][:7], 0.1, 0.001, "audio-early")]
    early = explain_words(make_report(judged_words=judged(*rows)))
    assert early.strongest[0].place.startswith('"blue"')
    assert early.strongest[0].odds == pytest.approx(999.0)
    in_sync = replace(EARLY, lead_seconds=0.0, verdict="in-sync")
    within = explain_words(make_report(sync=in_sync, judged_words=judged(*rows)))
    assert within.strongest[0].place.startswith('"bin"')
    assert within.strongest[0].odds == pytest.approx(0.25)
    assert "4.0 times worse within the limits than outside: says something against it" in within.strongest[0].says


def test_a_word_without_a_score_is_counted_not_explained() -> None:
    found = explain_words(make_report(judged_words=judged(ROWS[0], (*ROWS[1][:7], NAN, NAN, "uncertain"))))
    assert len(found.strongest + found.weakest) == 1
    assert any(line.startswith("1 of 2 words") for line in found.caveats)


def test_a_map_that_is_not_shipped_leaves_the_names() -> None:
    clip = replace(make_report().clip, viseme_map="my_own_map")
    found = explain_words(make_report(clip=clip))
    assert found.strongest[0].expected == "Expected: C, then J, then B."


def test_without_a_lead_nothing_is_claimed() -> None:
    nothing = SyncEstimate(None, None, 0.0, "uncertain", "there is no frame with a face")
    found = explain_words(make_report(sync=nothing))
    assert all(item.odds is None for item in found.strongest + found.weakest)


@pytest.mark.parametrize(
    ("odds", "words"), [(2.9, "hardly anything"), (3.0, "something"), (20.0, "much"), (1 / 151, "very much")]
)
def test_strength_in_words(odds: float, words: str) -> None:
    assert strength(odds) == words
    assert strength(1 / odds) == words


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_explains_a_clip(generated_clip: GeneratedClip) -> None:
    result = CliRunner().invoke(app, ["explain", str(generated_clip.path), "--text", generated_clip.transcript])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Audio is 1")
    assert "Says most for audio that is 1" in result.output
    assert result.output.count("Expected:") + result.output.count("expected:") == 10
    assert not [line for line in result.output.splitlines() if line != line.rstrip() or len(line) > 100]


def test_the_command_explains_a_report(tmp_path: Path) -> None:
    path = make_report().write(tmp_path / "report.json")
    result = CliRunner().invoke(app, ["explain", str(path), "--items", "1"])
    assert result.exit_code == 0, result.output
    assert '"bin"' in result.output
    assert "A report holds no evidence of single sounds" in result.output
    assert CliRunner().invoke(app, ["explain", str(path), "--text", "bin"]).exit_code == 2


def test_control_characters_in_a_report_do_not_reach_the_terminal(tmp_path: Path) -> None:
    rows = [("b\x1b[31mi[red]n", *ROWS[0][1:]), ROWS[1]]
    words = Tier("words", (0.0, 0.3, 0.7, 1.1, 3.0), ("", "b\x1b[31mi[red]n", "blue", ""))
    path = make_report(words=words, judged_words=judged(*rows)).write(tmp_path / "report.json")
    result = CliRunner().invoke(app, ["explain", str(path)])
    assert "\x1b" not in result.output
    assert "[red]" in result.output  # text, not markup
