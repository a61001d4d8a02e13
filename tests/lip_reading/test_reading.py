"""Words read off lips: from lips drawn by a model's own rules, from a generated clip, and from recorded speakers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_lips import NAMES, make_lips, random_decoder
from sample_report import make_report

from visalign.cli import main
from visalign.corpora.grid import sentence_of
from visalign.errors import AlignmentError, FaceNotFound, OutOfVocabulary
from visalign.face.generated_clip import GeneratedClip
from visalign.language.lexicon import parse_lexicon
from visalign.lip_reading.error_rates import ErrorCount, count_errors
from visalign.lip_reading.grammar import parse_jsgf, read_grammar
from visalign.lip_reading.reading import read_words
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import MOMENTS, VisemeDecoder
from visalign.visemes.viseme_map import VisemeMap

PHONES = ("AA", "B", "F", "SIL")
LEXICON = parse_lexicon("boff B AA F\nfob F AA B\nmoff M AA F\n")
GRAMMAR = parse_jsgf("#JSGF V1.0; grammar g; public <s> = (boff | fob) (boff | fob);")


def decoder() -> VisemeDecoder:
    """Each phone is a feature of its own, looked at in the middle moment alone."""
    drawn = random_decoder(np.random.default_rng(0), NAMES[:4], PHONES, n_dims=4)
    projection = np.zeros((4 * len(MOMENTS), 4))
    projection[2 * 4 : 3 * 4] = np.eye(4)
    transitions = np.full((4, 4), 0.1) + 0.6 * np.eye(4)
    return replace(
        drawn,
        centre=np.zeros(4 * len(MOMENTS)),
        projection=projection,
        means=4 * np.eye(4),
        start=np.full(4, 0.25),
        transitions=transitions,
    )


def lips_of(phones: str, n_frames: int = 3) -> LipFeatures:
    rows = [4 * np.eye(4)[PHONES.index(phone)] for phone in phones.split() for _ in range(n_frames)]
    return make_lips(np.array(rows), NAMES[:4])


def test_reads_what_is_shown_and_when() -> None:
    found = read_words(lips_of("SIL F AA B SIL B AA F SIL"), GRAMMAR, decoder(), lexicon=LEXICON)
    assert found.sentence == "fob boff"
    words = [(x.start, x.end) for x in found.words if x.label]
    assert words == [pytest.approx((0.12, 0.48), abs=0.021), pytest.approx((0.60, 0.96), abs=0.021)]
    assert found.units.labels == ("SIL", "F", "AA", "B", "SIL", "B", "AA", "F", "SIL")


def test_only_what_the_grammar_allows() -> None:
    only = parse_jsgf("#JSGF V1.0; grammar g; public <s> = boff;")
    assert read_words(lips_of("SIL F AA B SIL"), only, decoder(), lexicon=LEXICON).sentence == "boff"


def test_a_map_that_puts_the_lips_together_leaves_it_to_the_grammar() -> None:
    weighted = parse_jsgf("#JSGF V1.0; grammar g; public <s> = /9/ boff | /1/ fob;")
    lips, merged = lips_of("SIL F AA B SIL"), VisemeMap.load("franks_kimble_1972")
    assert read_words(lips, weighted, decoder(), lexicon=LEXICON).sentence == "fob"
    shown = {merged.lookup(x, "arpabet") for x in ("B", "F")}
    expected = "boff" if len(shown) == 1 else "fob"
    assert read_words(lips, weighted, decoder(), viseme_map=merged, lexicon=LEXICON).sentence == expected


def test_a_phone_that_the_model_never_met_looks_like_the_nearest() -> None:
    only = parse_jsgf("#JSGF V1.0; grammar g; public <s> = moff | fob;")
    found = read_words(lips_of("SIL B AA F SIL"), only, decoder(), lexicon=LEXICON)
    assert found.sentence == "moff"  # M is bilabial, as B is
    assert "B" in found.units.labels


def test_frames_without_a_face_say_nothing() -> None:
    lips = lips_of("SIL F AA B SIL B AA F SIL")
    values = lips.values.copy()
    values[10:13] = np.nan
    assert read_words(replace(lips, values=values), GRAMMAR, decoder(), lexicon=LEXICON).sentence == "fob boff"
    with pytest.raises(FaceNotFound):
        read_words(replace(lips, values=np.full_like(values, np.nan)), GRAMMAR, decoder(), lexicon=LEXICON)


def test_impossible_requests() -> None:
    with pytest.raises(AlignmentError, match=r"no sentence of .* fits"):
        read_words(lips_of("F"), GRAMMAR, decoder(), lexicon=LEXICON)
    grammar = parse_jsgf("#JSGF V1.0; grammar g; public <s> = xyz;")
    with pytest.raises(OutOfVocabulary, match="xyz"):
        read_words(lips_of("F B"), grammar, decoder(), lexicon=LEXICON)


# --- whole clips ----------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return int(ended.value.code or 0)


def test_command(generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ("--text", generated_clip.transcript)
    arguments = ("lipread", generated_clip.path, "--grammar", "grid", *said, "-o", tmp_path / "a.TextGrid")
    assert run(*arguments, "--json", tmp_path / "a.json") == 0
    shown = capsys.readouterr().out
    result = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert result["sentence"] in shown
    assert result["said"] == generated_clip.transcript
    assert result["word_errors"]["n_said"] == 6
    assert read_grammar("grid").accepts(result["sentence"].split())
    assert "words" in (tmp_path / "a.TextGrid").read_text(encoding="utf-8")
    assert run("lipread", generated_clip.path, "--grammar", "grid", "--json", "-", "--quiet") == 0
    assert json.loads(capsys.readouterr().out)["sentence"] == result["sentence"]
    assert run("lipread", generated_clip.path, "--grammar", tmp_path / "none.jsgf") == 3


def test_sync_stands_beside(generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_report().write(tmp_path / "report.json")
    arguments = ("lipread", generated_clip.path, "--grammar", "grid", "--report", tmp_path / "report.json")
    assert run(*arguments, "--json", tmp_path / "a.json") == 0
    result = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert result["sync"]["verdict"] == make_report().sync.verdict
    assert result["sync"]["lead_seconds"] == pytest.approx(make_report().sync.lead_seconds, abs=1e-6)
    assert f"Sync of {result['sync']['clip']}: {result['sync']['verdict']}" in capsys.readouterr().out


def test_command_homophenes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("maps", "homophenes", "--grammar", "grid", "--map", "jeffers_1971") == 0
    assert "at eight in l n" in capsys.readouterr().out
    (tmp_path / "a.txt").write_text("bat mat pat", encoding="utf-8")
    assert run("maps", "homophenes", tmp_path / "a.txt", "--csv", tmp_path / "a.csv") == 0
    assert len((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()) == 24
    assert run("maps", "homophenes") == 2


@pytest.mark.corpus
def test_recorded_speaker_is_read_far_better_than_chance(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the shipped model, which met the speaker; speakers that it never met: docs/benchmarks.md."""
    total = ErrorCount()
    for path in sorted((corpus / "grid/speakers").glob("s31_*.mpg"))[:3]:
        assert run("lipread", path, "--grammar", "grid", "--json", "-", "--quiet") == 0
        read = json.loads(capsys.readouterr().out)["sentence"]
        total += count_errors((sentence_of(path.stem) or "").split(), read.split())
    assert total.rate is not None
    assert total.rate < 0.5
