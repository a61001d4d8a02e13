"""Alignments that exist already: read back unchanged from every format, and fitted to the sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import visalign
from visalign.errors import AlignmentError, ConfigError, OutOfVocabulary, ParseError
from visalign.evaluation.alignment_evaluation import evaluate_folder
from visalign.exports import Utterance, write_export
from visalign.exports.result_files import write_alignment
from visalign.face.generated_clip import GeneratedClip
from visalign.files.text_files import write_textgrid
from visalign.forced_alignment import PrecomputedAligner, chosen_aligner, load_aligner, read_alignment
from visalign.forced_alignment.alignment import Alignment
from visalign.language.lexicon import embedded_lexicon
from visalign.language.phones import SILENCE
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

# Says nothing, but is not silent.
NOISE = Audio(0.1 * np.random.default_rng(0).standard_normal(32000).astype(np.float32), 16000)

PHONES = Tier(
    "phones",
    (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.72, 0.8, 0.9, 2.0),
    (SILENCE, "N", "OW", "N", "OW", SILENCE, "G", "OW", SILENCE),
    (None, 0.9, 0.8, 0.25, 1.0, None, 0.5, 0.0, None),
)
ALIGNED = Alignment(
    Tier("words", (0.0, 0.3, 0.5, 0.7, 0.72, 0.9, 2.0), ("", "no", "no", "", "go", "")), PHONES, "by hand"
)


def spoken(tier: Tier) -> list[tuple[float, float, str]]:
    return [(round(x.start, 6), round(x.end, 6), x.label) for x in tier if x.label not in ("", SILENCE)]


def grid(path: Path, *tiers: Tier) -> Path:
    return write_textgrid(path, tiers)


@pytest.mark.parametrize("suffix", [".TextGrid", ".json", ".csv", ".eaf"])
def test_round_trip(tmp_path: Path, suffix: str) -> None:
    path = write_alignment(tmp_path / f"a{suffix}", ALIGNED)
    found = read_alignment(path, NOISE)
    assert spoken(found.words) == spoken(ALIGNED.words)
    assert spoken(found.phones) == spoken(ALIGNED.phones)
    if suffix in (".json", ".csv"):
        assert [x.score for x in found.phones if x.label != SILENCE] == [0.9, 0.8, 0.25, 1.0, 0.5, 0.0]
    again = write_alignment(tmp_path / f"b{suffix}", replace(found, notes=()))  # noise is no speech: noted
    assert read_alignment(again, NOISE).words == found.words
    assert again.read_bytes() == path.read_bytes() or suffix == ".json"  # which names its engine


@pytest.mark.parametrize("name", ["textgrid", "textgrid-short", "eaf", "json", "csv"])
def test_what_export_writes_comes_back(tmp_path: Path, name: str) -> None:
    suffix = {"json": ".json", "csv": ".csv", "eaf": ".eaf"}.get(name, ".TextGrid")
    path = write_export(tmp_path / f"a{suffix}", Utterance(ALIGNED.words, PHONES), name)
    found = read_alignment(path, NOISE)
    assert spoken(found.phones) == spoken(PHONES)
    if name != "csv":  # which has no numbers of words, and so takes "no no" for one word
        assert spoken(found.words) == spoken(ALIGNED.words)


def test_speakers_come_back(tmp_path: Path) -> None:
    speakers = Tier("speakers", (0.0, 0.3, 0.5, 0.7, 2.0), ("", "Anna", "Ben", "Anna"))
    aligned = replace(ALIGNED, speakers=speakers)
    for suffix in (".TextGrid", ".json", ".csv", ".eaf", ".ctm"):
        found = PrecomputedAligner(write_alignment(tmp_path / f"a{suffix}", aligned)).annotation
        assert found.speakers == ("Anna", "Ben"), suffix
        assert [[x.label for x in track.words] for track in found.tracks] == [["no", "go"], ["no"]], suffix
    found_ = read_alignment(tmp_path / "a.TextGrid", NOISE)
    assert found_.speakers is not None
    assert [x.label for x in found_.speakers if x.label] == ["Anna", "Ben", "Anna"]
    assert read_alignment(tmp_path / "a.TextGrid", NOISE, speaker="Ben").text == "no"
    with pytest.raises(ConfigError, match="Anna"):
        read_alignment(tmp_path / "a.TextGrid", NOISE, speaker="Carla")


def test_speakers_at_once_must_be_chosen_from(tmp_path: Path) -> None:
    rows = [Tier("anna - phones", (0.0, 1.0, 2.0), ("", "AH")), Tier("ben - phones", (0.5, 1.5), ("OW",))]
    path = grid(tmp_path / "a.TextGrid", *rows)
    with pytest.raises(AlignmentError, match="anna, ben"):
        read_alignment(path, NOISE)
    assert spoken(read_alignment(path, NOISE, speaker="ben").phones) == [(0.5, 1.5, "OW")]


def test_words_take_the_edges_of_their_phones(tmp_path: Path) -> None:
    words = Tier("words", (0.0, 0.32, 0.5, 2.0), ("", "no", ""))
    found = read_alignment(grid(tmp_path / "a.TextGrid", words, PHONES.crop(0.0, 0.5)), NOISE)
    assert spoken(found.words) == [(0.3, 0.5, "no")]
    assert any("20 ms" in warning for warning in found.warnings)


def test_a_word_without_phones_stays(tmp_path: Path) -> None:
    words = Tier("words", (0.0, 0.3, 0.5, 1.0, 2.0), ("", "no", "hm", ""))
    found = read_alignment(grid(tmp_path / "a.TextGrid", words, PHONES.crop(0.0, 0.5)), NOISE)
    assert spoken(found.words) == [(0.3, 0.5, "no"), (0.5, 1.0, "hm")]
    assert any("hm" in warning for warning in found.warnings)


def test_alphabets(tmp_path: Path) -> None:
    def labels(*phones: str, language: str | None = None) -> list[str]:
        tier = Tier("phones", tuple(0.1 * n for n in range(len(phones) + 1)), phones)
        found = read_alignment(grid(tmp_path / "a.TextGrid", tier), NOISE, language=language)
        return [x.label for x in found.phones][: len(phones)]

    assert labels("HH", "AH0", "L", "OW1") == ["HH", "AH", "L", "OW"]
    assert labels("h#", "tcl", "t", "ax", "bcl", "ix")[:5] == [SILENCE, "T", "AH", "B", "IH"]
    assert labels("tcl", "ch", "dcl", "d")[:2] == ["CH", "D"]
    assert labels("tʃ", "ɛ", "ɫ") == ["CH", "EH", "L"]
    assert labels("y", "x", "a") == ["y", "x", "a"]
    assert labels("p", "e", "r", "o", language="en") == ["P", "EH", "R", "OW"]
    assert labels("p", "e", "r", "o", language="es") == ["p", "e", "r", "o"]
    with pytest.raises(ParseError, match="neither ARPABET nor IPA"):
        labels("AH", "??")


def test_places_in_the_word_are_no_part_of_a_phone(tmp_path: Path) -> None:
    """As Kaldi writes its labels, and ``mfa align_one`` those of models with places."""
    words = Tier("words", (0.0, 0.3, 0.5, 0.7, 2.0), ("", "no", "a", ""))
    phones = Tier("phones", (0.0, 0.3, 0.4, 0.5, 0.7, 2.0), ("sil", "N_B", "OW1_E", "EY_S", "sil"))
    found = read_alignment(grid(tmp_path / "a.TextGrid", words, phones), NOISE)
    assert [x[2] for x in spoken(found.phones)] == ["N", "OW", "EY"]
    (score,) = [x for _, x in evaluate_folder(tmp_path / "a.TextGrid", tmp_path / "a.TextGrid")]
    assert (score.n_reference, score.phone_error_rate) == (3, 0.0)


def test_words_alone_get_phones_within_their_times(tmp_path: Path, generated_clip: GeneratedClip) -> None:
    audio = visalign.read_audio(generated_clip.path)
    truth = visalign.force_align(audio, generated_clip.transcript)
    for suffix in (".ctm", ".TextGrid"):
        path = tmp_path / f"a{suffix}"
        if suffix == ".ctm":
            write_alignment(path, truth)
        else:
            grid(path, truth.words)
        found = read_alignment(path, audio)
        assert [x[2] for x in spoken(found.words)] == [x[2] for x in spoken(truth.words)]
        assert [x[2] for x in spoken(found.phones)] == [x[2] for x in spoken(truth.phones)]
        gaps = [abs(a[0] - b[0]) for a, b in zip(spoken(found.phones), spoken(truth.phones), strict=True)]
        assert max(gaps) < 0.05
        assert np.median(gaps) < 0.01


def test_a_word_too_short_for_its_phones_is_shared_out(tmp_path: Path) -> None:
    path = tmp_path / "a.ctm"
    path.write_text("a 1 0.5 0.02 strengths\n", encoding="utf-8")
    found = read_alignment(path, NOISE)
    assert len(spoken(found.phones)) >= 7
    assert spoken(found.words) == [(0.5, 0.52, "strengths")]


def test_what_does_not_belong_together(tmp_path: Path) -> None:
    path = write_alignment(tmp_path / "a.TextGrid", ALIGNED)
    short = Audio(NOISE.samples[:8000], 16000)
    with pytest.raises(AlignmentError, match="belong together"):
        read_alignment(path, short)
    with pytest.raises(AlignmentError, match=r"part from the transcript at word 2: 'no go', not 'go no'"):
        PrecomputedAligner(path).align(NOISE, ["no", "go", "no"], embedded_lexicon())
    with pytest.raises(AlignmentError, match="where its times count from elsewhere, move them with --alignment-shift"):
        read_alignment(path, NOISE, shift=5.0)


def test_no_file_no_aligner() -> None:
    for make in (lambda: load_aligner("precomputed"), lambda: chosen_aligner("precomputed")):
        with pytest.raises(ConfigError, match="--alignment"):
            make()


def test_words_in_silence_are_doubted(tmp_path: Path) -> None:
    quiet = Audio(np.concatenate([np.zeros(32000, np.float32), NOISE.samples[:800]]), 16000)
    found = read_alignment(write_alignment(tmp_path / "a.TextGrid", ALIGNED), quiet)
    assert any("no voice is heard" in warning for warning in found.warnings)


def test_everything_downstream_follows_a_corrected_alignment(
    tmp_path: Path, generated_clip: GeneratedClip, generated_lips: visalign.LipFeatures
) -> None:
    audio = visalign.read_audio(generated_clip.path)
    found = visalign.force_align(audio, generated_clip.transcript)
    moved = replace(found, words=_shifted(found.words, -0.05), phones=_shifted(found.phones, -0.05))
    report = visalign.check(generated_lips, None, alignment=write_alignment(tmp_path / "a.eaf", moved), audio=audio)
    plain = visalign.check(generated_lips, generated_clip.transcript, audio=audio)
    assert report.clip.transcript == generated_clip.transcript
    assert report.clip.aligner == "precomputed, ELAN"
    shift = [a - b for a, b in zip(report.segments["start"], plain.segments["start"], strict=True)]
    assert shift == pytest.approx([-0.05] * len(shift), abs=1e-3)
    with pytest.raises(ConfigError, match="alignment"):
        visalign.check(generated_lips, "hello", alignment=tmp_path / "a.eaf", audio=audio)


def _shifted(tier: Tier, seconds: float) -> Tier:
    rows = [
        Interval(x.start + seconds, x.end + seconds, x.label, x.score) for x in tier if x.label not in ("", SILENCE)
    ]
    return Tier.from_intervals(tier.name, rows, start=0.0, end=tier.end, gap_label=tier.labels[0])


@pytest.mark.corpus
def test_alignments_of_mfa(corpus: Path) -> None:
    audio = visalign.read_audio(corpus / "librivox/austen_0870.wav")
    files = sorted((corpus / "mfa_oracle/acoustic_g2p_nodither").glob("align_*/austen/austen_0870.*"))
    assert len(files) >= 3
    for path in files:
        found = read_alignment(path, audio)
        assert len(found.text.split()) == 22, path
        assert found.alphabet == "arpabet"
    with pytest.raises(ParseError, match=": j;"):  # ARPABET but for one phone of its own
        read_alignment(corpus / "mfa_oracle/mono_model/align_json/austen/austen_0870.json", audio)


# ---- files without times for their words ----


def words_of(found: Alignment) -> list[tuple[str, float]]:
    return [(x.label, round(x.start, 2)) for x in found.words if x.label]


def test_utterances_alone_are_aligned_as_cues(tmp_path: Path, generated_clip: GeneratedClip) -> None:
    audio = visalign.read_audio(generated_clip.path)
    truth = visalign.force_align(audio, generated_clip.transcript)
    tier = Tier("Anna", (0.0, 0.5, 2.3, audio.duration), ("", generated_clip.transcript, ""))
    found = read_alignment(grid(tmp_path / "a.TextGrid", tier), audio)
    assert found.text == truth.text
    assert [x.start for x in found.words][1:] == pytest.approx([x.start for x in truth.words][1:], abs=0.05)
    assert found.engine.startswith("precomputed, Praat TextGrid; gmm_hmm")
    assert found.warnings[0].startswith("the file has times for utterances and none for their words")
    assert len({*found.warnings}) == len(found.warnings)
    assert found.speakers is not None
    with pytest.raises(AlignmentError, match="belong together"):
        read_alignment(grid(tmp_path / "b.TextGrid", Tier("Anna", (0.0, 50.0, 60.0), ("", "hello"))), audio)


def test_phrases_are_aligned_within_their_time(tmp_path: Path, generated_clip: GeneratedClip) -> None:
    """Half of the words have times; the others lie between two of them."""
    audio = visalign.read_audio(generated_clip.path)
    truth = [x for x in visalign.force_align(audio, generated_clip.transcript).words if x.label]
    rows = [f"{x.label},{x.start},{x.end}" if n not in (2, 3) else f"{x.label},," for n, x in enumerate(truth)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["word,start,end", *rows]), encoding="utf-8")
    found = read_alignment(path, audio)
    assert found.text == generated_clip.transcript
    starts = [x.start for x in found.words if x.label]
    assert starts == pytest.approx([x.start for x in truth], abs=0.08)
    assert starts[4:] == pytest.approx([x.start for x in truth[4:]], abs=1e-9)
    assert found.warnings[:2] == (
        "2 word(s) have no time in the file; it is looked for between: at, f",
        "1 stretch(es) of the file have no times for their words, which were aligned within them",
    )


def test_labels_are_read_as_they_are_said(tmp_path: Path) -> None:
    """Recognisers write sentences: capitals, points, figures."""
    path = tmp_path / "a.csv"
    path.write_text("word,start,end\n Oh,0.2,0.5\n20.,0.5,1.0\n-,1.0,1.1\n\u201cYear\u201d,1.1,1.5\n", encoding="utf-8")
    found = read_alignment(path, NOISE)
    assert words_of(found) == [("oh", 0.2), ("twenty", 0.5), ("year", 1.1)]


def test_words_without_a_pronunciation(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("word,start,end\noh,0.2,0.5\nzorblax,0.5,1.5\n", encoding="utf-8")
    with pytest.raises(OutOfVocabulary, match="zorblax"):
        read_alignment(path, NOISE)
    guessed = read_alignment(path, NOISE, oov="g2p")
    assert words_of(guessed) == [("oh", 0.2), ("zorblax", 0.5)]
    assert any("guessed from their spelling: zorblax" in x for x in guessed.warnings)
    skipped = read_alignment(path, NOISE, oov="skip")
    assert words_of(skipped) == [("oh", 0.2)]
    assert any("were left out: zorblax" in x for x in skipped.warnings)


def test_real_phones_stay_where_words_are_found(tmp_path: Path, generated_clip: GeneratedClip) -> None:
    """Words that only share the time of their utterance, beside phones that somebody has set."""
    audio = visalign.read_audio(generated_clip.path)
    truth = visalign.force_align(audio, generated_clip.transcript)
    spoken = [x for x in truth.phones if x.label != SILENCE]
    rows = "".join(f"a - phones,{x.label},{x.start},{x.end}\n" for x in spoken)
    words = [x.label for x in truth.words if x.label]
    text = f"tier,text,start,end\n{rows}a - words,{words[0]},{spoken[0].start},{truth.words[1].end}\n"
    text += "".join(f"a - words,{x},,\n" for x in words[1:-1])
    last = truth.words[len(truth.words) - 2]
    (tmp_path / "a.csv").write_text(text + f"a - words,{words[-1]},{last.start},{last.end}\n", encoding="utf-8")
    found = read_alignment(tmp_path / "a.csv", audio)
    assert spoken_phones(found) == [(x.label, x.start, x.end) for x in spoken]
    assert [x for x, _ in words_of(found)] == words


def spoken_phones(found: Alignment) -> list[tuple[str, float, float]]:
    return [(x.label, x.start, x.end) for x in found.phones if x.label != SILENCE]


def test_what_two_speakers_share_by_less_than_a_frame_is_cut(tmp_path: Path) -> None:
    rows = "Anna,HH,0.5,1.0\nBen,OW,{start},2.0\n"
    path = tmp_path / "a.csv"
    for start in (1.0 - 2e-16, 0.999, 0.985):
        path.write_text("speaker,phone,start,end\n" + rows.format(start=start), encoding="utf-8")
        assert spoken_phones(read_alignment(path, NOISE)) == [("HH", 0.5, start), ("OW", start, 2.0)]
    path.write_text("speaker,phone,start,end\n" + rows.format(start=0.97), encoding="utf-8")
    with pytest.raises(AlignmentError, match=r"several people speak at 0\.97 s \(Anna, Ben\)"):
        read_alignment(path, NOISE)


def test_a_file_can_be_moved(tmp_path: Path) -> None:
    path = write_alignment(tmp_path / "a.TextGrid", ALIGNED)
    there = words_of(read_alignment(path, NOISE))
    assert words_of(read_alignment(path, NOISE, shift=0.25)) == [(x, round(t + 0.25, 2)) for x, t in there]
    assert words_of(read_alignment(path, NOISE, shift=-0.25)) == [(x, round(t - 0.25, 2)) for x, t in there]
    for shift in (float("nan"), float("inf"), 1e9):
        with pytest.raises(ConfigError, match="alignment-shift"):
            read_alignment(path, NOISE, shift=shift)


def test_a_check_follows_the_clock_of_an_alignment(
    tmp_path: Path, generated_clip: GeneratedClip, generated_lips: visalign.LipFeatures
) -> None:
    """A file whose times count from another origin is moved by the keyword, or by what ELAN says."""
    audio = visalign.read_audio(generated_clip.path)
    found = visalign.force_align(audio, generated_clip.transcript)
    path = write_alignment(
        tmp_path / "a.eaf", replace(found, words=_shifted(found.words, -0.3), phones=_shifted(found.phones, -0.3))
    )
    plain = visalign.check(generated_lips, generated_clip.transcript, audio=audio).sync
    moved = visalign.check(generated_lips, None, alignment=path, alignment_shift=0.3, audio=audio).sync
    assert moved.lead_seconds == pytest.approx(plain.lead_seconds, abs=0.01)
    text = path.read_text(encoding="utf-8")
    header = '<MEDIA_DESCRIPTOR MEDIA_URL="clip.mp4" MIME_TYPE="video/mp4" TIME_ORIGIN="300"/>'
    assert "<HEADER" in text
    start = text.index(">", text.index("<HEADER"))
    opened = text[: start - 1] + f">{header}</HEADER>" if text[start - 1] == "/" else text[: start + 1] + header
    path.write_text(opened + text[start + 1 :], encoding="utf-8")
    told = visalign.check(generated_lips, None, alignment=path, audio=audio)
    assert told.sync.lead_seconds == pytest.approx(plain.lead_seconds, abs=0.01)
