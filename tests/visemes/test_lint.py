"""What the linter of map files finds, and on which line."""

from pathlib import Path

import pytest
from tiny_map import GOOD

from visalign.errors import ParseError
from visalign.visemes.lint import LintFinding, _Lines, lint_viseme_map
from visalign.visemes.viseme_map import VisemeMap


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('name = "Tiny"\n', "", 0, "name is missing"),
        ('name = "Tiny"', "name = 7", 2, "name must be text"),
        ('silence = "rest"', 'silense = "rest"', 6, "did you mean silence?"),
        ('silence = "rest"', 'silence = "rset"', 6, "did you mean rest"),
        ('alphabet = "ipa"', 'alphabet = "sampa"', 3, "arpabet, ipa, xsampa"),
        ('confidence = "A"', 'confidence = "high"', 5, "A, B, C"),
        ('["p"]', '["p", "ж"]', 11, "unknown symbol 'ж'"),
        ('["i", "t"]', '["i", "t", "p"]', 13, "listed 2 times: closed and narrow"),
        ('["p"]', '["p", "sil"]', 11, "belongs to 'rest'"),
        ('["p"]', '"p"', 11, "must be a list"),
        ('["p"]', '["p", 3]', 11, "must be text"),
        ('"bilabial"', '"billabial"', 11, "articulator 'billabial'"),
        ('articulator = "bilabial"', 'artikulator = "bilabial"', 11, "did you mean articulator?"),
        ('["u", "ø"]', '["u"]', 8, "no viseme lists ø"),
        ('unlisted = ["k"]', 'unlisted = ["k", "u"]', 8, "'u' is declared as unlisted, yet"),
        ('unlisted = ["k"]', 'unlisted = ["k", "q"]', 8, "not in the inventory"),
        ('k = "narrow"\n', "", 8, "k have no viseme"),
        ('k = "narrow"', 'k = "narow"', 18, "did you mean narrow"),
        ('k = "narrow"', 'k = "narrow"\np = "open"', 19, "only phones declared as unlisted"),
        ("split = 0.6", "split = 1.0", 21, "between 0 and 1"),
        ("split = 0.6", "split = true", 21, "must be a number"),
        ('["round", "narrow"]', '["round"]', 21, "two visemes"),
        ('["round", "narrow"]', '["open", "narrow"]', 21, "must list 'u'"),
        ("= 0.5", "= 1.5", 26, "weights 0 to 1"),
        ("[visemes]", "[visemes", 10, "not a TOML file"),
        ('closed = { phones = ["p"], articulator = "bilabial" }', "closed = 1", 11, "must be a table"),
    ],
)  # fmt: skip
def test_each_fault_is_found_on_its_line_and_refused_by_the_loader(write, old, new, line, message):
    assert old in GOOD
    path = write(GOOD.replace(old, new, 1))
    errors = [finding for finding in lint_viseme_map(path) if finding.severity == "error"]
    assert [(x.line, message in x.message) for x in errors if message in x.message] == [(line, True)]
    with pytest.raises(ParseError) as caught:
        VisemeMap.load(path)
    assert caught.value.line == (errors[0].line or None)


def test_all_faults_are_reported_at_once(write):
    text = GOOD.replace('["p"]', '["p", "a"]').replace('k = "narrow"', 'k = "narow"').replace("0.6", "6")
    findings = lint_viseme_map(write(text))
    assert len(findings) == 3
    assert findings == sorted(findings)
    with pytest.raises(ParseError, match="and 2 more"):
        VisemeMap.load(write(text))


def test_a_unknown_arpabet_symbol_comes_with_a_suggestion(write):
    text = (Path(__file__).parents[2] / "viseme_maps" / "jeffers_1971.toml").read_text(encoding="utf-8")
    path = write(text.replace('id = "jeffers_1971"', 'id = "tiny"').replace('"DH", "TH"', '"DH", "TTH"'))
    messages = [finding.message for finding in lint_viseme_map(path)]
    assert any("'TTH'" in text and "TH" in text.split("Did you mean")[1] for text in messages if "TTH" in text)
    assert any("no viseme lists TH" in text for text in messages)


def test_warnings_do_not_stop_a_map(write):
    path = write(GOOD.replace('id = "tiny"', 'id = "small"').replace("[fill]", "spare = { phones = [] }\n\n[fill]"))
    assert [(x.line, x.severity) for x in lint_viseme_map(path)] == [(1, "warning"), (17, "warning")]
    assert VisemeMap.load(path).id == "small"


def test_a_finding_reads_like_a_compiler_message():
    assert str(LintFinding(3, "error", "no")) == "line 3: error: no"
    assert str(LintFinding(0, "warning", "no")) == "warning: no"


def test_a_fault_in_a_long_list_is_found_on_its_own_line(write):
    """The list begins in line 11 and a wrong phone stands in line 13; what it lists twice is told at the other list."""
    text = GOOD.replace('["p"]', '[\n"p",\n"ж",\n"i"]')
    errors = {finding.message[:15]: finding.line for finding in lint_viseme_map(write(text))}
    assert errors == {"unknown symbol ": 13, "phone 'i' is li": 16}


def test_a_value_is_looked_for_to_the_last_line() -> None:
    text = '[visemes]\nclosed = { phones = [\n"p",\n"\u0436"] }'
    assert _Lines(text).of(("visemes", "closed"), "\u0436") == 4
    assert _Lines(text).of(("visemes", "closed"), "q") == 2  # of what is nowhere, the key
