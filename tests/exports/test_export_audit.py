"""Audits of exports: whatever the format, what is audited is what is written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from sample_utterance import UTTERANCE

from visalign.errors import ConfigError
from visalign.exports import cue_track
from visalign.exports.export_audit import audit_export
from visalign.exports.exporter import EXPORTERS, ExportOptions, load_exporter
from visalign.exports.hand_edits import Edit

MOUTHS = [x for x in EXPORTERS if load_exporter(x).family in ("cues", "weights")]


@pytest.mark.parametrize("name", MOUTHS)
@pytest.mark.parametrize("rate", [None, Fraction(12), Fraction(60)])
def test_every_mouth_meets_what_is_asked_for(name: str, rate: Fraction | None) -> None:
    found = audit_export(UTTERANCE, load_exporter(name), ExportOptions(rate=rate))
    assert (found.closures_met, found.closures_asked) == (2, 2)
    assert (found.bites_met, found.bites_asked) == (3, 3)
    assert found.open_in_silence_seconds == 0.0


@pytest.mark.parametrize("name", ["rhubarb-json", "moho-dat", "livelink-csv"])
def test_a_lead_is_taken_into_account(name: str) -> None:
    """The mouth is early by two frames on purpose, and is not early beside its sound for that."""
    exporter = load_exporter(name)
    plain, led = (audit_export(UTTERANCE, exporter, ExportOptions(lead_frames=x)) for x in (0.0, 2.0))
    assert led.closures_met == 2
    assert plain.closures_begin_seconds == pytest.approx(led.closures_begin_seconds, abs=1.01 / exporter.rate)


def test_an_edit_that_opens_a_closure_is_found() -> None:
    edits = (Edit(0.3, 0.6, "D"),)
    for name in ("rhubarb-tsv", "spine"):
        found = audit_export(UTTERANCE, load_exporter(name), ExportOptions(edits=edits))
        assert [x.told for x in found.findings if x.kind == "closure"] == ["the lips do not close for M"]


def test_lips_on_teeth_are_not_asked_of_a_rig_without_them() -> None:
    found = audit_export(UTTERANCE, load_exporter("moho-dat"), ExportOptions(shapes=tuple("ABCDEFX")))
    assert (found.bites_asked, found.closures_met, found.closures_asked) == (0, 2, 2)
    assert not [x for x in found.findings if x.kind in ("closure", "lips on teeth")]


def test_what_shows_no_mouth_has_no_audit() -> None:
    with pytest.raises(ConfigError, match="shows a mouth"):
        audit_export(UTTERANCE, load_exporter("srt"), ExportOptions())


def test_a_sound_that_does_not_begin_at_zero() -> None:
    later = replace(UTTERANCE, words=UTTERANCE.words.shift(5.0), phones=UTTERANCE.phones.shift(5.0))
    here, there = (audit_export(x, load_exporter("moho-dat"), ExportOptions()) for x in (UTTERANCE, later))
    assert here.closures_begin_seconds == pytest.approx(there.closures_begin_seconds, abs=1e-6)
    assert here.closures_met == there.closures_met


@pytest.mark.parametrize("name", [x for x in MOUTHS if load_exporter(x).family == "cues"])
def test_an_audit_looks_at_the_mouths_and_the_frames_that_are_written(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, object]] = []
    cues, frames = cue_track.mouth_cues, cue_track.lay_out
    monkeypatch.setattr(
        cue_track,
        "mouth_cues",
        lambda x, rules, *a, **k: made.append(("mouths of", rules.id)) or cues(x, rules, *a, **k),
    )
    monkeypatch.setattr(
        cue_track,
        "lay_out",
        lambda x, kinds, rate, **k: made.append(("frames at", rate)) or frames(x, kinds, rate, **k),
    )
    exporter = load_exporter(name)
    exporter.render(UTTERANCE, ExportOptions())
    written = made.copy()
    made.clear()
    audit_export(UTTERANCE, exporter, ExportOptions())
    assert made == written
