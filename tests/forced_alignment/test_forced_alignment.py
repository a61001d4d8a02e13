"""Forced alignment: times, invariants, refusals, and the same output for the same input."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest

from visalign.errors import AlignmentError, ConfigError, InputError, OutOfVocabulary, ParseError, TimelineError
from visalign.face.generated_clip import SpokenText, synthesise_speech
from visalign.forced_alignment import ALIGNERS, force_align, load_aligner, recognise_phones, recognised
from visalign.forced_alignment import pocketsphinx as room
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.pocketsphinx import PocketSphinxAligner, Settings, boundary_times, pcm_for_model
from visalign.language.lexicon import embedded_lexicon, parse_lexicon
from visalign.language.phones import ARPABET, SILENCE
from visalign.language.transcript import parse_transcript
from visalign.media.clips import read_audio
from visalign.registry import find_class
from visalign.signals import Audio
from visalign.timeline import Tier

TEXT = "place green by d four again"
# eSpeak is no person: PocketSphinx and its own event times part by up to about 50 ms (docs/decisions/0003).
TOLERANCE_SECONDS = 0.06


def padded(audio: Audio, before: float = 0.3, after: float = 0.3) -> Audio:
    """`audio` with exact digital silence around it."""
    head, tail = (np.zeros(int(seconds * audio.rate_hz), np.float32) for seconds in (before, after))
    return Audio(np.concatenate([head, audio.samples, tail]), audio.rate_hz)


@pytest.fixture(scope="module")
def speech() -> SpokenText:
    return synthesise_speech(TEXT, seed=0)


@pytest.fixture(scope="module")
def audio(speech: SpokenText) -> Audio:
    return padded(speech.audio)


@pytest.fixture(scope="module")
def alignment(audio: Audio) -> Alignment:
    return force_align(audio, TEXT)


def starts(tier: Tier) -> list[float]:
    return [row.start for row in tier if row.label not in ("", SILENCE)]


# --- what comes back ----------------------------------------------------------------------------------------


def test_words_start_where_they_are_spoken(speech: SpokenText, alignment: Alignment) -> None:
    expected = [start + 0.3 for start in starts(speech.words)]
    assert starts(alignment.words) == pytest.approx(expected, abs=TOLERANCE_SECONDS)


def test_tiers_keep_their_promises(audio: Audio, alignment: Alignment) -> None:
    assert [label for label in alignment.words.labels if label] == TEXT.split()
    assert (alignment.phones.start, alignment.phones.end) == (0.0, audio.duration)
    assert set(alignment.phones.labels) <= set(ARPABET)
    assert set(alignment.words.boundaries) <= set(alignment.phones.boundaries)
    for phone in alignment.phones:
        assert (phone.score is None) == (phone.label == SILENCE)
        assert phone.score is None or 0.0 <= phone.score <= 1.0
    assert not any(a == b == SILENCE for a, b in itertools.pairwise(alignment.phones.labels))


def test_each_word_holds_one_of_its_pronunciations(alignment: Alignment) -> None:
    for word in alignment.words:
        phones = " ".join(alignment.phones.crop(word.start, word.end).labels)
        assert phones in [str(p) for p in embedded_lexicon()[word.label]] if word.label else phones == SILENCE


def test_boundaries_lie_at_the_middle_of_the_window() -> None:
    assert boundary_times([0, 100, 110], 200, 1.0) == pytest.approx([0.0, 0.5128125, 0.5628125, 1.0], abs=1e-12)


def test_a_pause_between_words_becomes_silence(speech: SpokenText) -> None:
    cut = int((speech.words[2].start + speech.words[2].end) / 2 * speech.audio.rate_hz)
    halves = [padded(Audio(part, speech.audio.rate_hz), 0.5, 0.5) for part in np.split(speech.audio.samples, [cut])]
    joined = Audio(np.concatenate([half.samples for half in halves]), speech.audio.rate_hz)
    words = force_align(joined, TEXT).words.labels
    assert words[0] == words[-1] == ""
    assert "" in words[1:-1]


# --- the same input gives the same output -------------------------------------------------------------------


def test_output_does_not_depend_on_what_was_aligned_before(audio: Audio, alignment: Alignment) -> None:
    rng = np.random.default_rng(1)
    noisy = dataclasses.replace(audio, samples=audio.samples + rng.normal(0, 0.05, len(audio.samples)).astype("f4"))
    force_align(noisy, TEXT)
    force_align(audio, "place green by d")
    recognise_phones(noisy)
    assert force_align(audio, TEXT) == alignment


def test_recognition_repeats(audio: Audio) -> None:
    assert recognise_phones(audio) == recognise_phones(audio)


def test_input_is_not_modified(audio: Audio) -> None:
    before = audio.samples.copy()
    force_align(audio, TEXT)
    np.testing.assert_array_equal(audio.samples, before)


# --- settings -----------------------------------------------------------------------------------------------


def test_another_sampling_rate_moves_nothing_far(speech: SpokenText, alignment: Alignment) -> None:
    from scipy.signal import resample_poly

    wide = Audio(resample_poly(padded(speech.audio).samples, 3, 1).astype(np.float32), speech.audio.rate_hz * 3)
    assert starts(force_align(wide, TEXT).phones) == pytest.approx(starts(alignment.phones), abs=0.03)


def test_the_next_settings_are_tried_and_reported(audio: Audio) -> None:
    # 1000 frames/s leave the model's transitions so unlikely that its search loses the words.
    aligner = PocketSphinxAligner([Settings(1000, 0.9), Settings(100)])
    found = aligner.align(audio, TEXT.split(), embedded_lexicon())
    assert found.engine.endswith("100 frames/s")
    assert "1000 frames/s, beams 0.9 failed" in found.warnings[0]


def test_long_audio_is_cut_and_comes_back_whole(
    audio: Audio, alignment: Alignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_CHUNK", 1.5 * audio.duration)
    tripled = Audio(np.tile(audio.samples, 3), audio.rate_hz)
    found = force_align(tripled, " ".join([TEXT] * 3))
    expected = [start + i * audio.duration for i in range(3) for start in starts(alignment.words)]
    assert starts(found.words) == pytest.approx(expected, abs=0.03)
    assert found.words.end == tripled.duration


def test_own_lexicon_decides(audio: Audio, tmp_path: Path) -> None:
    path = tmp_path / "mine.dict"
    path.write_text("again AH0 G EY1 N\nplace p l eɪ s\n", encoding="utf-8")
    phones = force_align(audio, TEXT, lexicon=path).phones.labels
    assert " ".join(phones).strip(f"{SILENCE} ").endswith("AH G EY N")
    assert phones[1:5] == ("P", "L", "EY", "S")


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("transcript", ["", "  \n", "... — !", "[laughs]", "ANNA:"])
def test_empty_transcripts_are_refused(audio: Audio, transcript: str) -> None:
    with pytest.raises(InputError, match="transcript is empty"):
        force_align(audio, transcript)


def test_unknown_words_are_refused_together(audio: Audio) -> None:
    with pytest.raises(OutOfVocabulary) as caught:
        force_align(audio, "place qwrtp by zzyzzx\n5:5:5")
    assert caught.value.words == ("qwrtp", "zzyzzx", "5:5:5")
    assert caught.value.figures == {"5:5:5": 2}
    assert "line 2: '5:5:5'" in str(caught.value)
    assert "2 word(s) are not in the lexicon: qwrtp" in str(caught.value)


def test_phones_of_no_alphabet_are_refused(audio: Audio) -> None:
    with pytest.raises(ParseError, match=r"names\.dict:2: 'brr' has the phone 'ʙQ'"):
        force_align(audio, "brr", lexicon=parse_lexicon("a AH\nbrr ʙQ", name="names.dict"))


def test_a_pronunciation_of_silence_is_refused(audio: Audio) -> None:
    with pytest.raises(AlignmentError, match="only silence"):
        force_align(audio, "hush", lexicon=parse_lexicon("hush SIL"))


@pytest.mark.parametrize("samples", [np.zeros(32000), np.zeros(0), np.full(16000, 1e-5), np.full(16000, np.nan)])
def test_silent_audio_is_refused(samples: np.ndarray) -> None:
    with pytest.raises(AlignmentError, match="silent"):
        force_align(Audio(samples.astype(np.float32), 16000), TEXT)


def test_audio_too_short_for_its_words_is_refused(audio: Audio) -> None:
    short = Audio(audio.samples[6000:8000], audio.rate_hz)
    with pytest.raises(AlignmentError, match="too short"):
        force_align(short, TEXT)


def test_transcript_that_fits_nowhere_is_refused_or_doubted(audio: Audio) -> None:
    other = "six hundred cheerful zebras whistle sharply while jumping over shiny fences"
    try:
        messages = force_align(audio, other).warnings
    except AlignmentError as error:
        messages = (str(error),)
    assert any("belong" in message for message in messages)


def test_unknown_aligner_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="pocketsphinx"):
        load_aligner("kaldi")


def test_every_registered_aligner_is_where_the_table_says() -> None:
    for name, place in ALIGNERS.items():
        assert place.startswith("visalign.forced_alignment.")
        assert find_class(ALIGNERS, name, "aligner").name == name


def test_an_alignment_whose_tiers_disagree_can_not_be_made() -> None:
    phones = Tier("phones", (0.0, 0.5, 1.0), ("P", "AA"))
    with pytest.raises(TimelineError, match="whole audio"):
        Alignment(Tier("words", (0.0, 0.9), ("pa",)), phones, "test")
    with pytest.raises(TimelineError, match="where no phone does"):
        Alignment(Tier("words", (0.0, 0.4, 1.0), ("p", "a")), phones, "test")


# --- sound for the model, and recognition -------------------------------------------------------------------


def test_sound_for_the_model_has_no_run_of_zeros_and_does_not_wrap() -> None:
    loud = np.zeros(16000, np.float32)
    loud[8000:] = 1.5
    pcm = pcm_for_model(Audio(loud, 16000))
    assert pcm.dtype == np.int16
    assert np.mean(pcm[:8000] == 0) < 0.3
    assert pcm[8100:].min() > 32000


def test_recognised_phones_cover_the_audio(audio: Audio) -> None:
    found = recognise_phones(audio)
    assert found.words.labels == ("",)
    assert (found.phones.start, found.phones.end) == (0.0, audio.duration)
    assert set(found.phones.labels) <= set(ARPABET)
    assert len(found.phones) > 8
    assert found.phones.labels[0] == SILENCE


def test_long_recordings_are_recognised_in_pieces(audio: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two takes with a pause of digital silence that fills a piece: about what is heard of each take by itself."""
    two_takes = padded(audio, before=2.0, after=audio.duration + 2.0)
    two_takes.samples[-len(audio.samples) :] = audio.samples
    whole = recognise_phones(audio)
    monkeypatch.setattr(recognised, "WHOLE_SECONDS", 2.0)
    monkeypatch.setattr(recognised, "PIECE_SECONDS", (1.0, 1.0 + audio.duration))
    found = recognise_phones(two_takes)
    assert found == recognise_phones(two_takes)
    assert found.words.labels == ("",)
    assert (found.phones.start, found.phones.end) == (0.0, two_takes.duration)
    assert (found.engine, found.warnings) == (whole.engine, whole.warnings)
    times = np.arange(0.0, audio.duration, 0.01)
    expected = np.array(whole.phones.sample(times))
    for start in (2.0, two_takes.duration - audio.duration):
        heard = np.array(found.phones.sample(start + times))
        assert np.mean(heard == expected) > 0.6


def test_recognition_refuses_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    silence = Audio(np.zeros(16000, np.float32), 16000)
    with pytest.raises(AlignmentError, match="silent"):
        recognise_phones(silence)
    monkeypatch.setattr(recognised, "WHOLE_SECONDS", 0.5)
    with pytest.raises(AlignmentError, match="no phones"):
        recognise_phones(silence)


# --- real speech, where it is at hand -----------------------------------------------------------------------


@pytest.mark.corpus
def test_timit_words_start_where_they_were_labelled(corpus: Path) -> None:
    errors: list[float] = []
    for wav in sorted((corpus / "timit").glob("*.wav")):
        rows = [line.split() for line in wav.with_suffix(".wrd").read_text().splitlines()]
        found = force_align(read_audio(wav), " ".join(row[2] for row in rows)).words
        errors += [a - int(row[0]) / 16000 for a, row in zip(starts(found), rows, strict=True)]
    assert np.median(np.abs(errors)) < 0.018
    assert abs(np.median(errors)) < 0.008  # without the half window it is about −13 ms


@pytest.mark.corpus
def test_a_right_transcript_is_trusted_more_than_a_wrong_one(corpus: Path) -> None:
    sentences = {
        "bbaf2n": "bin blue at f two now",
        "pwij3p": "place white in j three please",
        "lbax4n": "lay blue at x four now",
    }

    def trust(clip: str, sentence: str) -> float:
        try:
            phones = force_align(read_audio(corpus / f"grid/speakers/{clip}.mpg"), sentence).phones
        except AlignmentError:
            return 0.0
        return float(np.mean([phone.score for phone in phones if phone.score is not None]))

    for clip, sentence in sentences.items():
        right = trust(clip, sentence)
        assert all(right > trust(clip, other) + 0.05 for other in sentences.values() if other != sentence)


@pytest.mark.corpus
def test_librivox_sentences_come_back_word_for_word(corpus: Path) -> None:
    wav = corpus / "librivox/austen_0870.wav"
    text = wav.with_suffix(".txt").read_text(encoding="utf-8")
    found = force_align(read_audio(wav), text)
    assert [word for word in found.words.labels if word] == parse_transcript(text, embedded_lexicon())
    assert not found.warnings
