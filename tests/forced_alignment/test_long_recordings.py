"""Recordings that are aligned in pieces: the same words at the same times, and errors that stay where they are."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from visalign import Audio, Interval, Tier, align_in_pieces, force_align, read_audio
from visalign.errors import AlignmentError, InputError, OutOfVocabulary
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment import AlignedPiece, any_length, long_recordings
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.pieces import Span, cut_at_pauses, join_pieces
from visalign.language.lexicon import parse_lexicon
from visalign.sound.voice_activity import find_speech

SENTENCES = (
    "the captain told them stories about strange islands",
    "please call my sister and ask her to bring these things",
    "a large house stood at the end of the narrow street",
    "nobody had ever seen so many birds in one place",
    "we need six spoons of fresh snow and five thick slabs of cheese",
    "the old clock in the hall has not been wound for years",
    "when winter comes the whole valley lies under deep snow",
    "he promised to return before the end of the month",
)
# Of speech that eSpeak makes, aligned in pieces and at once; most words are the same to the last digit.
TOLERANCE_SECONDS = 0.03


@pytest.fixture(scope="module")
def parts() -> list[Audio]:
    silence = np.zeros(6400, np.float32)
    spoken = [synthesise_speech(text, seed=n).audio for n, text in enumerate(SENTENCES)]
    return [Audio(np.concatenate([x.samples, silence]), x.rate_hz) for x in spoken]


@pytest.fixture(scope="module")
def recording(parts: list[Audio]) -> Audio:
    return joined(parts)


@pytest.fixture(autouse=True)
def long_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording of 30 s counts as long: the tests need not take a minute."""
    monkeypatch.setattr(any_length, "LONG_SECONDS", 5.0)


def joined(parts: list[Audio]) -> Audio:
    return Audio(np.concatenate([x.samples for x in parts]), parts[0].rate_hz)


@pytest.mark.slow
def test_the_same_as_at_once(recording: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(SENTENCES)
    in_pieces = force_align(recording, text)
    monkeypatch.setattr(any_length, "LONG_SECONDS", 1000.0)
    at_once = force_align(recording, text)
    assert in_pieces.text == at_once.text
    assert (in_pieces.words.start, in_pieces.words.end) == (0.0, recording.duration)
    gaps = [abs(a.start - b.start) for a, b in zip(*(spoken(x.words) for x in (in_pieces, at_once)), strict=True)]
    assert np.median(gaps) < TOLERANCE_SECONDS
    assert np.quantile(gaps, 0.9) < 2 * TOLERANCE_SECONDS


def spoken(tier: Tier) -> list[Interval]:
    return [x for x in tier if x.label]


def test_pieces_follow_each_other(recording: Audio) -> None:
    pieces = list(align_in_pieces(recording, " ".join(SENTENCES)))
    assert len(pieces) >= 2
    assert (pieces[0].start, pieces[-1].end) == (0.0, recording.duration)
    assert all(a.end == b.start and a.last == b.first for a, b in pairwise(pieces))
    assert (pieces[0].first, pieces[-1].last) == (0, len(" ".join(SENTENCES).split()))
    for piece in pieces:
        assert (piece.alignment.phones.start, piece.alignment.phones.end) == (piece.start, piece.end)
        assert piece.alignment.text.split() == " ".join(SENTENCES).split()[piece.first : piece.last]
    assert force_align(recording, " ".join(SENTENCES)).words == join_pieces(pieces).words


@pytest.mark.slow
@pytest.mark.parametrize("aligner", ["pocketsphinx", "gmm_hmm"])
def test_every_aligner_can_do_it(recording: Audio, aligner: str) -> None:
    found = force_align(recording, " ".join(SENTENCES), aligner=aligner)
    assert found.text == " ".join(SENTENCES)
    assert found.engine.startswith(aligner)


def test_the_transcript_is_judged_before_the_first_piece(recording: Audio) -> None:
    with pytest.raises(InputError, match="empty"):
        align_in_pieces(recording, "[laughs]")
    with pytest.raises(OutOfVocabulary):
        align_in_pieces(recording, "zzyzzx")


def test_progress_is_told(recording: Audio) -> None:
    told = list[float | None]()
    force_align(recording, " ".join(SENTENCES), progress=lambda _, part: told.append(part))
    assert told[0] == 0.0
    assert told == sorted(told, key=lambda x: x or 0.0)


def test_silence_is_refused() -> None:
    with pytest.raises(AlignmentError):
        force_align(Audio(np.zeros(16000 * 30, np.float32), 16000), SENTENCES[0])


def test_cuts_lie_in_pauses(recording: Audio) -> None:
    speech = find_speech(recording)
    spans = list(cut_at_pauses(speech, recording.rate_hz, Span(0, len(recording.samples)), longest=12.0))
    assert spans[0].start == 0
    assert spans[-1].end == len(recording.samples)
    for a, b in pairwise(spans):
        assert a.end == b.start
        assert speech.label_at(a.end / recording.rate_hz) == ""
        assert (a.end - a.start) / recording.rate_hz <= 12.0


def test_speech_without_pauses_is_cut_all_the_same() -> None:
    spans = list(cut_at_pauses(Tier("speech", (0.0, 65.0), ("speech",)), 100, Span(0, 6500)))
    assert [x.end for x in spans] == [2000, 4000, 6000, 6500]


def test_a_piece_cut_again_stays_whole() -> None:
    """In seconds these 6 s come out a rounding longer than 6 s; cut again they gave themselves, for ever."""
    piece = Span(33_318, 129_318)
    silence = Tier("speech", (0.0, 130.0), ("",))
    assert list(cut_at_pauses(silence, 16000, piece, shortest=3.0, longest=6.0)) == [piece]


def piece(start: float, end: float, label: str, **facts: object) -> AlignedPiece:
    words = Tier("words", (start, end), (label,))
    phones = Tier("phones", (start, end), ("AA" if label else "SIL",), (0.5 if label else None,))
    return AlignedPiece(start, end, 0, 1, Alignment(words, phones, "x"), **facts)  # type: ignore[arg-type]


def test_joined_pieces_keep_words_apart_and_gaps_together() -> None:
    found = join_pieces([piece(0, 1, "no"), piece(1, 2, "no"), piece(2, 3, ""), piece(3, 4, "")])
    assert [(x.start, x.end, x.label) for x in found.words] == [(0, 1, "no"), (1, 2, "no"), (2, 4, "")]
    assert found.phones.labels == ("AA", "AA", "SIL")


def test_doubts_name_the_places() -> None:
    wrong = piece(10.0, 22.5, "no", fits=False)
    lost = replace(wrong, start=30.0, end=30.0, left_out=("never", "said"))
    told = long_recordings.doubts_of([piece(0, 10, "yes"), wrong, lost])
    assert "10.0 to 22.5 s" in told[0]
    assert '"never said" at 30.0 s' in told[1]
    assert not long_recordings.doubts_of([piece(0, 10, "yes")])


@pytest.mark.slow
@pytest.mark.corpus
def test_what_is_not_in_the_transcript_stays_where_it_is(corpus: Path) -> None:
    """TIMIT's sentences between LibriVox's: left out of the text, and others in their place that nobody says."""
    around = sorted((corpus / "librivox").glob("*.wav"))
    between = sorted((corpus / "timit").glob("*.wav"))
    texts = [x.with_suffix(".txt").read_text(encoding="utf-8") for x in around]
    audio = joined([read_audio(x) for x in (*around, *between, *around)])
    begin = sum(read_audio(x).duration for x in around)
    end = begin + sum(read_audio(x).duration for x in between)
    names = parse_lexicon("dashwood D AE SH W UH D\ndashwoods D AE SH W UH D Z\n")
    alone = force_align(joined([read_audio(x) for x in around]), "\n".join(texts), lexicon=names)
    truth = [x for x in alone.words if x.label and x.start > 20.0]

    missing = force_align(audio, "\n".join([*texts, *texts]), lexicon=names)
    wrong = force_align(audio, "\n".join([*texts, *SENTENCES[:3], *texts]), lexicon=names)
    assert any("speech" in x for x in missing.warnings)
    assert any("transcript" in x for x in wrong.warnings)
    for found in (missing, wrong):
        late = [x for x in found.words if x.label and x.start > end + 20.0]
        assert [x.label for x in late] == [x.label for x in truth]
        assert max(abs(a.start - end - b.start) for a, b in zip(late, truth, strict=True)) < TOLERANCE_SECONDS
    sure = [x.score or 0.0 for x in wrong.phones if x.label != "SIL" and begin + 2 < x.centre < end - 2]
    assert max(sure) < 0.6
