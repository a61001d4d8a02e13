"""What is heard: block by block, and between rows. Phones and sound: test_lip_model.py."""

from __future__ import annotations

import numpy as np
import pytest

import visalign.sync.speech_context as speech_context
from visalign.signals import Audio
from visalign.sync.speech_context import PHONES, SpeechContext, rows_at
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
