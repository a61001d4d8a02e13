"""Clips of known truth: is the truth true? Sound, picture and phone times are measured independently."""

from __future__ import annotations

import builtins
import difflib
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("espeakng_loader", reason="generated clips need espeak-ng: pip install visalign[demo]")

from pocketsphinx import Decoder, get_model_path
from scipy.signal import correlate, resample_poly

from visalign.animation.lip_trajectory import lip_trajectory
from visalign.errors import BackendUnavailable, ConfigError, InputError
from visalign.face.generated_clip import DEFAULT_TEXT, SENTENCES, GeneratedClip, generate_clip, synthesise_speech
from visalign.language.phones import ARPABET
from visalign.lips.landmarks import DlibDetector
from visalign.media.clips import read_audio, read_frames

TEXT = "Bob would buy papa a blue boat"
DICTIONARY = Path(get_model_path("en-us/cmudict-en-us.dict"))


@pytest.fixture(scope="module")
def early(made_once: Any) -> GeneratedClip:
    """A clip whose audio is 120 ms early."""
    clip: GeneratedClip = made_once.clip(text=TEXT, lead_seconds=0.12)
    return clip


# --- speech -----------------------------------------------------------------------------------------------------


def test_words_and_phones_cover_the_sound() -> None:
    spoken = synthesise_speech("Bob bought five apples")
    assert spoken.transcript == "bob bought five apples"
    for tier in (spoken.words, spoken.phones):
        assert tier.start == 0.0
        assert tier.end == pytest.approx(spoken.audio.duration, abs=1e-9)
    assert " ".join(x for x in spoken.phones.labels if x != "SIL") == "B AA B B AO T F AY V AE P AH L Z"
    for word in spoken.words:
        assert {word.start, word.end} <= set(spoken.phones.boundaries)


def test_speech_does_not_depend_on_what_was_said_before() -> None:
    first = synthesise_speech(TEXT)
    synthesise_speech("Something else entirely")
    again = synthesise_speech(TEXT)
    assert np.array_equal(first.audio.samples, again.audio.samples)
    assert first.phones == again.phones


def test_seeds_vary_the_voice() -> None:
    assert synthesise_speech(TEXT, seed=1).audio.duration != synthesise_speech(TEXT).audio.duration


def test_short_words_are_not_run_together() -> None:
    # espeak-ng alone speaks and reports "for a" and "from the" as one word each.
    spoken = synthesise_speech("fished for a bit from the farmer")
    assert spoken.transcript == "fished for a bit from the farmer"


def test_symbols_of_two_phones_are_divided() -> None:
    phones = synthesise_speech("a big farm house").phones
    index = phones.labels.index("R")
    assert phones.labels[index - 1] == "AA"
    assert 0.5 < phones[index].duration / phones[index - 1].duration < 1.0


def test_plosives_begin_with_their_silent_closure() -> None:
    spoken = synthesise_speech("papa")
    closure = spoken.phones[2]
    assert closure.label == "P"
    rate_hz = spoken.audio.rate_hz
    first = spoken.audio.samples[round(closure.start * rate_hz) : round((closure.start + 0.03) * rate_hz)]
    assert not first.any()


@pytest.mark.parametrize("text", ["", "  …! ", "42 boats"])
def test_texts_without_words_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="English words"):
        synthesise_speech(text)


def test_missing_library_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "espeakng_loader":
            raise ImportError(name)
        return genuine(name, *args, **kwargs)

    monkeypatch.delitem(sys.modules, "espeakng_loader", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BackendUnavailable, match=r"pip install visalign\[demo\]"):
        synthesise_speech(TEXT)


def test_every_word_of_the_sentences_is_in_the_dictionary() -> None:
    known = {line.split(maxsplit=1)[0] for line in DICTIONARY.read_text(encoding="utf-8").splitlines() if line}
    assert {word for text in SENTENCES for word in text.lower().split()} <= known


@pytest.mark.parametrize("text", SENTENCES[:3])
def test_an_aligner_finds_the_phones_where_they_are_said_to_be(text: str) -> None:
    spoken = synthesise_speech(text)
    said = [phone for phone in spoken.phones if phone.label != "SIL"]
    found = _aligned(spoken.audio.samples, spoken.audio.rate_hz, spoken.transcript)
    labels = [label for label, _ in found]
    blocks = difflib.SequenceMatcher(None, [x.label for x in said], labels, autojunk=False).get_matching_blocks()
    late = np.array([found[b.b + k][1] - said[b.a + k].start for b in blocks for k in range(b.size)])
    assert len(late) > 0.8 * len(said)
    assert np.median(late) == pytest.approx(0.0, abs=0.008)
    assert np.median(np.abs(late)) < 0.012
    assert np.mean(np.abs(late) <= 0.05) > 0.9


def _aligned(samples: npt.NDArray[np.float32], rate_hz: int, transcript: str) -> list[tuple[str, float]]:
    """Phones and their starts by PocketSphinx itself, without any of this package's repairs."""
    pause = 0.5
    quiet = np.zeros(round(pause * 16000))
    sound = np.concatenate([quiet, resample_poly(samples.astype(float), 320, rate_hz * 320 // 16000), quiet])
    noisy = sound * 32767 + np.random.default_rng(0).normal(0.0, 3.0, len(sound))
    data = noisy.round().clip(-32768, 32767).astype(np.int16).tobytes()
    frames_per_second = 200
    model = get_model_path("en-us/en-us")
    decoder = Decoder(
        lm=None, bestpath=False, frate=frames_per_second, loglevel="FATAL", hmm=model, dict=str(DICTIONARY)
    )
    decoder.set_align_text(transcript)
    for states in (False, True):
        if states:
            decoder.set_alignment()
        decoder.start_utt()
        decoder.process_raw(data, full_utt=True)
        decoder.end_utt()
    half_window = 0.0128  # a frame's time is that of its first sample
    phones = [phone for word in decoder.get_alignment() for phone in word]
    return [(x.name, x.start / frames_per_second + half_window - pause) for x in phones if x.name in ARPABET]


# --- the clip ---------------------------------------------------------------------------------------------------


def test_truth_is_complete(early: GeneratedClip) -> None:
    assert early.lead_seconds == pytest.approx(0.12, abs=1 / 22050)
    assert early.transcript == TEXT.lower()
    assert early.words.start == early.phones.start == 0.0
    assert early.phones.labels[0] == early.phones.labels[-1] == "SIL"
    written = json.loads(json.dumps(early.to_dict()))
    assert written["lead_seconds"] == pytest.approx(early.lead_seconds, abs=1e-6)
    assert [word["label"] for word in written["words"] if word["label"]] == early.transcript.split()


def test_sound_stands_where_the_truth_says(early: GeneratedClip) -> None:
    spoken = synthesise_speech(TEXT)
    heard = read_audio(early.path, spoken.audio.rate_hz)
    match = correlate(heard.samples, spoken.audio.samples, mode="valid")
    assert int(np.argmax(match)) / heard.rate_hz == pytest.approx(early.phones[0].end, abs=0.0005)
    assert heard.duration == pytest.approx(early.phones.end, abs=0.05)


def test_no_stretch_is_digitally_silent(early: GeneratedClip) -> None:
    heard = read_audio(early.path)
    blocks = heard.samples[: len(heard.samples) // 160 * 160].reshape(-1, 160)
    assert np.abs(blocks).max(axis=1).min() > 0.0


@pytest.mark.parametrize(("landmarks", "likeness"), [("dlib68", 0.97), ("visalign", 0.92)])
def test_lips_are_the_offset_later_than_the_sound(early: GeneratedClip, landmarks: str, likeness: float) -> None:
    times, opening = _seen_opening(early.path, landmarks)
    lags = np.arange(-0.3, 0.3, 0.001)
    middle = times + 0.02
    expected = [np.maximum(lip_trajectory(early.phones, middle - lag)[:, 0], 0.0) for lag in lags]
    fit = [np.corrcoef(opening, track)[0, 1] for track in expected]
    assert max(fit) > likeness
    assert lags[int(np.argmax(fit))] == pytest.approx(early.lead_seconds, abs=0.005)


def test_closures_are_seen_closed(early: GeneratedClip) -> None:
    times, opening = _seen_opening(early.path, "dlib68")
    heard = times + 0.02 - early.lead_seconds
    vowels = [
        opening[(heard >= x.start) & (heard < x.end)].max() for x in early.phones if x.label in ("AA", "AY", "OW")
    ]
    for phone in early.phones:
        if phone.label in ("P", "B", "M"):
            assert opening[(heard >= phone.start) & (heard < phone.end)].min() < 0.05
    assert np.median(vowels) > 0.12


def _seen_opening(path: Path, landmarks: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """When each picture appears and the inner lip opening that landmarks show in it, in inter-ocular distances."""
    detector = DlibDetector(landmarks)
    rows = []
    for frame in read_frames(path):
        faces = detector.find_faces(frame.image)
        assert len(faces) == 1, f"one face at {frame.time} s"
        points = detector.fit(frame.image, faces[0])
        right, left = (points[list(eye)].mean(axis=0) for eye in (detector.layout.right_eye, detector.layout.left_eye))
        mouth = points[list(detector.layout.mouth)]
        gap = np.mean([np.linalg.norm(mouth[a] - mouth[b]) for a, b in ((13, 19), (14, 18), (15, 17))])
        rows.append((frame.time, float(gap / np.linalg.norm(right - left))))
    return np.array(rows)[:, 0], np.array(rows)[:, 1]


def test_same_arguments_give_the_same_clip(tmp_path: Path) -> None:
    first, again, other = (
        generate_clip(tmp_path / name, text="papa", seed=seed, size_px=120)
        for name, seed in (("a.mp4", 3), ("b.mp4", 3), ("c.mp4", 4))
    )
    assert first.path.read_bytes() == again.path.read_bytes()
    assert first.path.read_bytes() != other.path.read_bytes()
    assert first.phones == again.phones


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(50)])
def test_picture_rates(tmp_path: Path, rate: Fraction) -> None:
    clip = generate_clip(tmp_path / "clip.mp4", text="papa", rate=rate, size_px=120, lead_seconds=-0.3)
    times = np.array([frame.time for frame in read_frames(clip.path)])
    assert times == pytest.approx(np.arange(len(times)) / float(rate), abs=1e-3)
    assert clip.phones.end == pytest.approx(len(times) / float(rate), abs=1e-6)
    # The lips begin 0.3 s before the sound and still have time to rest.
    assert clip.phones[0].end > 0.85


def test_faults_change_the_picture_and_not_the_sound(tmp_path: Path) -> None:
    def pictures(fault: str | None) -> tuple[npt.NDArray[np.float64], bytes]:
        clip = generate_clip(tmp_path / f"{fault}.mp4", text="my papa bought a boat", fault=fault, size_px=120)
        assert clip.fault == fault
        mouths = np.array([frame.image[70:90, 45:75].astype(float) for frame in read_frames(clip.path)])
        return mouths, read_audio(clip.path).samples.tobytes()

    whole, sound = pictures(None)
    shifted, shifted_sound = pictures("half-shifted")
    still, _ = pictures("still-lips")
    other, _ = pictures("other-sentence")
    assert sound == shifted_sound
    change = np.abs(whole - shifted).mean(axis=(1, 2))
    half = len(change) // 2
    assert change[half:].max() > 5 * change[: half - 1].max()
    assert np.abs(np.diff(still, axis=0)).mean() < 0.5 * np.abs(np.diff(whole, axis=0)).mean()
    assert np.abs(other - whole).mean() > 2 * np.abs(still[1:] - still[:-1]).mean()


def test_faults_and_offsets_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="half-shifted"):
        generate_clip(tmp_path / "clip.mp4", fault="unknown")
    with pytest.raises(ConfigError, match="finite"):
        generate_clip(tmp_path / "clip.mp4", lead_seconds=float("nan"))
    assert not list(tmp_path.iterdir())


def test_default_text_is_the_first_sentence() -> None:
    assert SENTENCES[0] == DEFAULT_TEXT
