"""Words without a transcript, by PocketSphinx's language model."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from visalign import Audio, Config, ConfigError, read_audio, recognise_words
from visalign.cli import app
from visalign.errors import AlignmentError
from visalign.face.generated_clip import GeneratedClip, synthesise_speech
from visalign.forced_alignment.recognised_words import _VARIANT


def test_words_of_synthetic_speech_and_their_times() -> None:
    speech = synthesise_speech("please call me tomorrow morning", seed=0)
    found = recognise_words(speech.audio)
    assert (found.words.start, found.words.end) == (0.0, speech.audio.duration)
    assert set(found.text.split()) & {"please", "call", "me", "tomorrow", "morning"}
    assert any("recognised" in x for x in found.warnings)
    assert "recognised" in found.engine
    assert recognise_words(speech.audio) == found


def test_noise_and_silence_are_refused() -> None:
    with pytest.raises(AlignmentError, match="no word"):
        recognise_words(Audio(np.zeros(32000, np.float32), 16000))


def test_variants_lose_their_numbers() -> None:
    assert [_VARIANT.sub("", x) for x in ("read(2)", "read", "(noise)")] == ["read", "read", "(noise)"]


def test_the_commands(tmp_path: Path, generated_clip: GeneratedClip) -> None:
    out = tmp_path / "a.json"
    result = CliRunner().invoke(
        app, ["align", str(generated_clip.path), "--recognise", "words", "-o", str(out)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text(encoding="utf-8"))["words"]
    with pytest.raises(ConfigError, match="recognise"):
        Config.from_dict({"alignment": {"recognise": "thoughts"}})


@pytest.mark.slow
@pytest.mark.corpus
def test_most_words_of_a_reading_are_right(corpus: Path) -> None:
    right = said = 0
    for wav in sorted((corpus / "librivox").glob("*.wav")):
        truth = wav.with_suffix(".txt").read_text(encoding="utf-8").lower().split()
        heard = recognise_words(read_audio(wav)).text.split()
        right += sum(x.size for x in difflib.SequenceMatcher(None, truth, heard, autojunk=False).get_matching_blocks())
        said += len(truth)
    assert right / said > 0.6
