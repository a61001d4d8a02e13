"""Spans that deserve a look: what marks them, and what does not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from visalign import force_align
from visalign.exports.result_files import write_alignment
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment import read_alignment
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.suspects import note_tier, suspicious_spans, unlikely_word
from visalign.language.phones import SILENCE
from visalign.signals import Audio
from visalign.sound.voice_activity import SPEECH
from visalign.timeline import Interval, Tier

WORDS = Tier("words", (0.0, 1.0, 2.0, 3.0), ("", "bin", ""))
HEARD = Tier("speech", (0.0, 1.0, 2.0, 3.0), ("", SPEECH, ""))


def phones(*edges: float) -> Tier:
    return Tier("phones", (0.0, 1.0, *edges, 2.0, 3.0), (SILENCE, "B", "IH", "N", SILENCE))


def why(spans: tuple[Interval, ...]) -> list[str]:
    return [x.label.split(":")[0] for x in spans]


def test_ordinary_speech_is_not_marked() -> None:
    words = Tier("words", (0.0, 1.0, 1.4, 3.0), ("", "bin", ""))
    tier = Tier("phones", (0.0, 1.0, 1.1, 1.25, 1.4, 3.0), (SILENCE, "B", "IH", "N", SILENCE))
    assert suspicious_spans(words, tier, HEARD) == ()


@pytest.mark.parametrize(
    ("edges", "phone"), [((1.4, 1.8), "B of 0.40 s"), ((1.2, 1.75), "IH of 0.55 s"), ((1.3, 1.65), "N of 0.35 s")]
)
def test_long_phones_are_marked(edges: tuple[float, float], phone: str) -> None:
    (note,) = suspicious_spans(WORDS, phones(*edges), HEARD)
    assert note.label == f"too long: {phone}"


def test_squeezed_words_are_marked() -> None:
    words = Tier("words", (0.0, 1.0, 1.1, 3.0), ("", "bin", ""))
    tier = Tier("phones", (0.0, 1.0, 1.03, 1.06, 1.1, 3.0), (SILENCE, "B", "IH", "N", SILENCE))
    assert why(suspicious_spans(words, tier, HEARD)) == ["too short"]


def test_words_and_voice_that_disagree_are_marked() -> None:
    spans = suspicious_spans(WORDS, phones(1.3, 1.75), Tier("speech", (0.0, 2.5, 3.0), ("", SPEECH)))
    assert why(spans) == ["no voice"]
    late = Tier("words", (0.0, 1.0, 3.2, 4.4), ("", "bin", ""))
    tier = Tier("phones", (0.0, 1.0, 1.3, 1.6, 1.8, 4.4), (SILENCE, "B", "IH", "N", SILENCE))
    assert "no words" in why(suspicious_spans(late, tier, Tier("speech", (0.0, 4.4), (SPEECH,))))


def test_badly_fitting_words_are_marked() -> None:
    word = Interval(1.0, 2.0, "bin")
    assert unlikely_word(word, -5.9) is None
    assert unlikely_word(word, -6.1) is not None


def test_overlapping_notes_make_a_tier() -> None:
    tier = note_tier([Interval(0.5, 1.0, "a"), Interval(0.5, 1.0005, "b"), Interval(2.9999, 3.0, "c")], 3.0)
    assert tier.boundaries == (0.0, 0.5, 1.0, 3.0)
    assert tier.labels == ("", "a; b", "")


@pytest.mark.parametrize("suffix", [".TextGrid", ".eaf", ".csv", ".json", ".ctm"])
def test_every_file_holds_the_notes_and_is_still_read(tmp_path: Path, suffix: str) -> None:
    tier = phones(1.3, 1.7)
    notes = (Interval(1.0, 2.0, "too long: x"),)
    path = write_alignment(tmp_path / f"a{suffix}", Alignment(WORDS, tier, "test", notes=notes))
    text = path.read_text(encoding="utf-8")
    assert "too long: x" in text
    if suffix == ".json":
        assert json.loads(text)["notes"] == [{"label": "too long: x", "start": 1.0, "end": 2.0}]
    elif suffix == ".csv":
        assert [row["note"] for row in csv.DictReader(text.splitlines())] == ["too long: x"] * 3
    if suffix != ".ctm":  # which holds words only
        audio = Audio(np.random.default_rng(0).normal(0, 0.1, 48000).astype(np.float32), 16000)
        assert [x.label for x in read_alignment(path, audio).phones] == list(tier.labels)


def test_words_of_another_text_are_marked_and_the_right_ones_are_not() -> None:
    audio = synthesise_speech("she had your dark suit in greasy wash water all year", seed=0).audio
    right = force_align(audio, "she had your dark suit in greasy wash water all year").notes
    wrong = force_align(audio, "place white with zero please the quick brown fox jumps").notes
    assert len(right) <= 1
    assert len([x for x in wrong if x.label.startswith("does not sound")]) >= 3
