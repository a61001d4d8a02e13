"""Error rates of lip reading in a report: counted right, kept in JSON, said in words, and summed over a batch."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from sample_report import make_report
from test_reading import GRAMMAR, LEXICON, decoder, lips_of

import visalign
from visalign import Audio, ClipReport, LipFeatures, Tier
from visalign.batch.summary import SUMMARY_COLUMNS, Tally
from visalign.batch.worker import facts_of
from visalign.cli import main
from visalign.config import Config
from visalign.errors import InputError, OutOfVocabulary, ParseError
from visalign.face.generated_clip import GeneratedClip
from visalign.language.lexicon import embedded_lexicon
from visalign.lip_reading.error_rates import ErrorCount
from visalign.lip_reading.score import LipReader, LipReadingScore
from visalign.reports.html_report.clip_page import clip_page
from visalign.visemes.viseme_map import VisemeMap

MAP = VisemeMap.load("jeffers_1971")
READ = LipReadingScore("grid", "bin red", ErrorCount(2, 1), ErrorCount(6, 1, 1, 2), 0.8)
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/report.schema.json").read_text(encoding="utf-8"))


def tiers(said: str, phones: str) -> tuple[Tier, Tier]:
    """Words and the visemes of phones, each half a second long."""
    words, visemes = said.split(), [MAP.lookup(x, "arpabet") for x in phones.split()]
    ends = [0.5 * k for k in range(max(len(words), len(visemes)) + 1)]
    return Tier("words", ends[: len(words) + 1], words), Tier("visemes", ends[: len(visemes) + 1], visemes)


def score(said: str, phones: str) -> LipReadingScore:
    reader = LipReader(GRAMMAR, LEXICON)
    return reader.score(lips_of("SIL F AA B SIL B AA F SIL"), decoder(), MAP, *tiers(said, phones))


def test_what_is_read_right_has_no_errors() -> None:
    found = score("FOB boff", "F AA B SIL B AA F")
    assert found.sentence == "fob boff"
    assert (found.words, found.visemes) == (ErrorCount(2), ErrorCount(5))  # B stays from one word to the next
    assert found.word_chance == pytest.approx(0.5, abs=0.1)


def test_errors_are_counted_against_what_was_said() -> None:
    found = score("fob fob boff", "F AA B F AA B B AA F")
    assert found.words == ErrorCount(3, 0, 1, 0)
    assert found.visemes is not None
    assert (found.visemes.n_said, found.visemes.n_errors) == (8, 3)


def test_without_a_transcript_nothing_is_counted() -> None:
    found = LipReader(GRAMMAR, LEXICON).score(
        lips_of("SIL F AA B SIL"), decoder(), MAP, Tier("words", (0.0, 1.0), ("",)), tiers("", "B")[1]
    )
    assert found.sentence
    assert (found.words, found.visemes, found.word_chance) == (None, None, None)


def test_words_that_the_grammar_never_allows_are_named() -> None:
    reader = LipReader(GRAMMAR, LEXICON)
    assert reader.unknown(tiers("fob tea boff tea", "B")[0]) == ("tea",)


def test_what_can_not_be_used_is_refused_before_the_lips_are_read(tmp_path: Path) -> None:
    impossible, unheard = tmp_path / "a.jsgf", tmp_path / "b.jsgf"
    impossible.write_text("#JSGF V1.0; grammar g; public <s> = bin <VOID>;", encoding="utf-8")
    unheard.write_text("#JSGF V1.0; grammar g; public <s> = xqzzt;", encoding="utf-8")
    for path, error in ((impossible, InputError), (unheard, OutOfVocabulary), (tmp_path / "c.jsgf", ParseError)):
        with pytest.raises(error):
            LipReader.of(path, embedded_lexicon())


# --- in a report ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> ClipReport:
    said = generated_clip.transcript
    return visalign.check(generated_lips, said, audio=generated_audio, grammar="grid", evidence=True)


@pytest.mark.parametrize("read", [READ, LipReadingScore("a.jsgf", "bin"), None])
def test_the_json_form_keeps_it_as_the_schema_says(read: LipReadingScore | None) -> None:
    made = make_report(lip_reading=read)
    data = made.to_dict()
    Draft202012Validator(SCHEMA).validate(data)
    assert ClipReport.from_dict(data).lip_reading == read
    del data["lip_reading"]  # a report of an older version
    assert ClipReport.from_dict(data).lip_reading is None


def test_a_check_counts_against_its_transcript(report: ClipReport, generated_clip: GeneratedClip) -> None:
    found = report.lip_reading
    assert found is not None
    assert found.grammar == "grid"
    assert found.words is not None
    assert found.visemes is not None
    assert found.words.n_said == len(generated_clip.transcript.split())
    assert found.visemes.n_said > found.words.n_said
    assert found.visemes.rate is not None
    assert found.visemes.rate < 1.0
    assert f'The lips alone read as "{found.sentence}"' in report.summary()


def test_the_grammar_may_stand_in_the_settings(
    report: ClipReport, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    config = Config.from_dict({"lips": {"grammar": "grid"}})
    again = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, config=config)
    assert again.lip_reading == report.lip_reading
    plain = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio)
    assert plain.lip_reading is None
    assert plain.sync == report.sync


def test_a_grammar_that_does_not_fit_is_a_warning_and_no_end(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio, tmp_path: Path
) -> None:
    said = generated_clip.transcript
    other, endless = tmp_path / "other.txt", tmp_path / "endless.txt"
    other.write_text("good day\ngood night\n", encoding="utf-8")
    read = visalign.check(generated_lips, said, audio=generated_audio, grammar=other)
    assert read.lip_reading is not None
    assert read.lip_reading.grammar == "other.txt"  # and no folder
    assert any("other.txt does not allow" in x for x in read.warnings)
    endless.write_text("#JSGF V1.0; grammar g; public <s> = " + "manhattan " * 60 + ";", encoding="utf-8")
    none = visalign.check(generated_lips, said, audio=generated_audio, grammar=endless)
    assert none.lip_reading is None
    assert none.sync == read.sync
    assert any("the lips were not read" in x for x in none.warnings)


def test_the_page_says_it(report: ClipReport, generated_clip: GeneratedClip) -> None:
    made = replace(report, lip_reading=replace(READ, sentence="<b>bin</b>"))
    page = clip_page(made, generated_clip.path)
    assert "&lt;b&gt;bin&lt;/b&gt;" in page
    assert "<b>bin</b>" not in page


def test_a_batch_adds_the_counts_up() -> None:
    facts = facts_of(make_report(lip_reading=READ))
    row = {name: facts.get(name) for name in SUMMARY_COLUMNS} | {"state": "done", "passed": 1}
    assert (row["n_lip_words"], row["n_lip_word_errors"], row["n_lip_visemes"], row["n_lip_viseme_errors"]) == (
        2,
        1,
        6,
        4,
    )
    assert row["lip_viseme_error_rate"] == pytest.approx(4 / 6, abs=1e-6)
    tally = Tally()
    tally.add(row)
    tally.add({name: facts_of(make_report()).get(name) for name in SUMMARY_COLUMNS} | {"state": "done", "passed": 0})
    assert tally.row("all", "")[-6:] == [2, 1, 6, 4, 0.5, pytest.approx(2 / 3)]


def test_commands(generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip, said = str(generated_clip.path), generated_clip.transcript
    with pytest.raises(SystemExit):
        main(["check", clip, "--text", said, "--grammar", "grid", "--json", str(tmp_path / "a.json")])
    data = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert f'The lips alone read as "{data["lip_reading"]["sentence"]}"' in capsys.readouterr().out
    (tmp_path / "clips.csv").write_text(f"clip,text\n{clip},{said}\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["batch", str(tmp_path / "clips.csv"), "--out", str(tmp_path / "out"), "--grammar", "grid", "--quiet"])
    with (tmp_path / "out/summary.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert int(row["n_lip_words"]) == data["lip_reading"]["words"]["n_said"]
    assert float(row["lip_word_error_rate"]) == data["lip_reading"]["words"]["rate"]
