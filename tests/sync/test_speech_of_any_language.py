"""A check, its table, page and explanation of a clip whose phones are not all English."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import visalign
from visalign.explanation import explain_words
from visalign.face.generated_clip import GeneratedClip
from visalign.forced_alignment import Alignment
from visalign.language.phone_lists import aligned_alphabet
from visalign.language.phones import convert
from visalign.lips.lip_features import LipFeatures
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio
from visalign.sync.lip_model import LipModel

# Phones of the sentence as other languages have their neighbours.
FOREIGN = {"b": "ɓ", "ɪ": "ɨ", "n": "ɲ", "l": "ʎ", "u": "ʉː", "æ": "a", "t": "t̪", "f": "ɸ", "aʊ": "ɐu"}


def spelt(alignment: Alignment, others: dict[str, str]) -> Alignment:
    """The same alignment in IPA, some phones as another language has them."""
    ipa = [convert(x, "arpabet", "ipa") for x in alignment.phones.labels]
    return replace(alignment, phones=replace(alignment.phones, labels=tuple(others.get(x, x) for x in ipa)))


@pytest.fixture(scope="module")
def english(generated_clip: GeneratedClip, generated_audio: Audio) -> Alignment:
    return visalign.force_align(generated_audio, generated_clip.transcript)


@pytest.fixture(scope="module")
def foreign(english: Alignment, generated_clip: GeneratedClip) -> ClipReport:
    given = spelt(english, FOREIGN)
    return visalign.check(generated_clip.path, None, alignment=given, details=("word", "phone"), evidence=True)


def test_english_in_ipa_is_english(
    english: Alignment, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    own = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio)
    ipa = visalign.check(generated_lips, None, audio=generated_audio, alignment=spelt(english, {}))
    assert ipa.sync.lead_seconds == own.sync.lead_seconds
    assert ipa.sync.log_likelihoods == own.sync.log_likelihoods


def test_no_lips_of_the_language_were_measured_and_the_report_says_so(
    english: Alignment, foreign: ClipReport, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    """The interval is as wide as the calibration of another language makes it, and no English clip is told so."""
    own = visalign.check(generated_lips, None, audio=generated_audio, alignment=english)
    (said,) = (x for x in foreign.warnings if "no lips of this language" in x)
    assert said.startswith("ɓ, ɨ, ɲ, ʎ, ʉː, a, t̪, ɸ, ɐu: phones that are not English")
    assert not any("no lips of this language" in x for x in own.warnings)
    evidence = foreign.evidence
    assert evidence is not None
    assert evidence.comparison is not None
    assert evidence.comparison.calibration == LipModel.load().calibration.elsewhere()
    widths = [np.diff(x.sync.lead_interval or ())[0] for x in (own, foreign)]
    assert widths[1] > widths[0]


def test_elsewhere_less_is_believed() -> None:
    home = LipModel.load().calibration
    assert home.elsewhere() == replace(home, lag_scatter=pytest.approx(math.hypot(home.lag_scatter, 0.010)))


def test_the_lead_is_found(foreign: ClipReport, generated_clip: GeneratedClip) -> None:
    assert foreign.sync.verdict == "audio-early"
    assert foreign.sync.lead_seconds == pytest.approx(generated_clip.lead_seconds, abs=0.02)


def test_closures_of_any_language_are_counted(foreign: ClipReport) -> None:
    """ɓ closes as b does, in "bin" and in "blue"; ɸ does not."""
    counts = {x.judged.label: x.closures_expected for x in foreign.judged_parts or () if x.kind == "word"}
    assert counts == {"bin": 1, "blue": 1, "at": 0, "f": 0, "two": 0, "now": 0}


def test_table_and_page_name_the_phones(foreign: ClipReport, tmp_path: Path) -> None:
    assert foreign.segments.loc[0, "phones"] == "ɓ ɨ ɲ"
    foreign.write(tmp_path / "report.html")
    assert "ɓ ɨ ɲ" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_it_is_explained_from_the_report(foreign: ClipReport) -> None:
    again = ClipReport.from_dict(foreign.to_dict())
    assert aligned_alphabet(again.phones.labels) == "ipa"
    told = explain_words(replace(again, sync=replace(again.sync, verdict="mismatched")))
    assert any("ɸ of" in item.place for item in (*told.strongest, *told.weakest)), told
