"""What is heard: block by block, and between rows. Phones and sound: test_lip_model.py."""

from __future__ import annotations

import numpy as np
import pytest

import visalign.sync.speech_context as speech_context
from visalign.errors import UnknownSymbol
from visalign.language.phones import ARPABET
from visalign.signals import Audio
from visalign.sync.speech_context import ATTRIBUTES, PHONES, SpeechContext, row_of, rows_at
from visalign.timeline import Tier

SOUND = Audio(np.random.default_rng(2).normal(0, 0.1, 32000).astype(np.float32), 16000)


def test_block_by_block_is_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Smoothing reaches over the edges of blocks, to four deviations; phones change every three rows."""
    edges = tuple(np.arange(0.0, 2.0, 0.03).tolist())
    heard = Tier("phones", edges, tuple(("SIL", "B", "UW1", "S")[k % 4] for k in range(len(edges) - 1)))
    whole = SpeechContext.of(SOUND, heard)
    monkeypatch.setattr(speech_context, "_BLOCK", 16)
    parts = SpeechContext.of(SOUND, heard)
    assert parts.rows == pytest.approx(whole.rows, abs=1e-6)
    assert parts.voiced == pytest.approx(1.0 - whole.rows[:, PHONES.index("SIL")], abs=1e-6)


def test_rows_between_rows_lie_on_a_straight_line() -> None:
    """Rows 10 ms apart; 4 ms after the first, four tenths of the way, and held beyond both ends."""
    rows = np.array([[0.0, 10.0], [1.0, 20.0], [5.0, 0.0]], np.float32)
    found = rows_at(rows, np.array([-1.0, 0.0, 0.004, 0.01, 0.015, 0.02, 3.0]))
    expected = [[0, 10], [0, 10], [0.4, 14], [1, 20], [3, 10], [5, 0], [5, 0]]
    assert found == pytest.approx(np.array(expected, np.float32), abs=1e-5)
    assert rows_at(rows[:1], np.array([0.0, 0.7])).tolist() == [[0.0, 10.0]] * 2


# --- phones of other languages -------------------------------------------------------------------------------------


def shares(phone: str) -> dict[str, float]:
    return dict(zip((*PHONES, *ATTRIBUTES), row_of(phone, "ipa").tolist(), strict=True))


def test_english_is_the_same_in_any_alphabet() -> None:
    edges = tuple(np.linspace(0.0, 2.0, len(PHONES) + 1).tolist())
    rows = SpeechContext.of(SOUND, Tier("phones", edges, PHONES)).rows
    for alphabet in ("ipa", "xsampa"):
        spelt = tuple(getattr(ARPABET[phone], alphabet) for phone in PHONES)
        assert np.array_equal(SpeechContext.of(SOUND, Tier("phones", edges, spelt), alphabet).rows, rows)


@pytest.mark.parametrize(("long", "english"), [("iː", "IY"), ("ˈuː", "UW"), ("sː", "S")])
def test_length_is_nothing_to_the_eye(long: str, english: str) -> None:
    assert np.array_equal(row_of(long, "ipa"), row_of(english))


@pytest.mark.parametrize(
    ("phone", "much", "little"),
    [
        ("ɸ", "bilabial", "labiodental"),
        ("β", "bilabial", "vowel"),
        ("ᵐb", "bilabial", "vowel"),
        ("kp", "labial", "vowel"),
        ("y", "rounded", "front"),
        ("ø", "vowel", "close front"),
        ("ɨ", "near-close", "rounded"),
        ("ɲ", "consonant", "labial"),
        ("ʁ", "consonant", "rounded"),
        ("ts", "coronal", "labial"),
        ("ɕ", "sibilant", "labial"),
        ("ʋ", "labiodental", "vowel"),
    ],
)
def test_a_phone_of_another_language_is_made_of_english_ones(phone: str, much: str, little: str) -> None:
    """What is seen of it, by the charts of IPA."""
    row = shares(phone)
    assert sum(row[x] for x in PHONES) == pytest.approx(1.0, abs=1e-6)
    assert row["SIL"] == 0.0
    assert max(row[x] for x in PHONES) < 1.0
    assert row[much] > 2 * row[little], row


def test_pauses_stay_pauses_among_other_phones() -> None:
    heard = SpeechContext.of(SOUND, Tier("phones", (0.0, 0.5, 1.0, 2.0), ("", "ɓ", "sp")), "ipa")
    assert heard.voiced[[10, 75, 150]].tolist() == [0.0, 1.0, 0.0]


def test_what_is_no_phone_is_named() -> None:
    with pytest.raises(UnknownSymbol, match="9x"):
        SpeechContext.of(SOUND, Tier("phones", (0.0, 1.0), ("9x",)), "ipa")
