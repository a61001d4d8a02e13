"""Alignments against hand labels: hand-made cases, a brute-force matching, and another implementation on real ones."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from visalign import Tier, force_align, read_audio
from visalign.cli import app
from visalign.errors import InputError, ParseError
from visalign.evaluation.alignment_evaluation import (
    GAP,
    OTHER_LABEL,
    AlignmentScore,
    evaluate_folder,
    match_phones,
    read_mapping,
    score_phones,
)
from visalign.exports.result_files import write_alignment
from visalign.files.text_files import write_textgrid
from visalign.language.lexicon import embedded_lexicon
from visalign.timeline import Interval

REFERENCE = [Interval(0.1, 0.2, "B"), Interval(0.2, 0.4, "IH"), Interval(0.4, 0.5, "N")]


def test_errors_are_counted_as_mfa_counts_them() -> None:
    found = [Interval(0.11, 0.2, "B"), Interval(0.2, 0.38, "EH"), Interval(0.38, 0.5, "N"), Interval(9.0, 9.5, "T")]
    score = score_phones(found, REFERENCE)
    assert (score.n_reference, score.n_insertions, score.n_deletions, score.n_substitutions) == (3, 1, 0, 1)
    assert score.start_errors == pytest.approx((0.01, 0.0, -0.02))
    assert score.boundary_error == pytest.approx((0.005 + 0.01 + 0.01) / 3)
    assert score.phone_error_rate == pytest.approx((1 + 0 + 2 * 1) / 3)
    assert score.within(0.010) == pytest.approx(2 / 3)
    assert score.within(0.020) == 1.0
    assert score.mean == pytest.approx(0.01)


def test_a_lost_phone_counts_as_wrong() -> None:
    score = score_phones(REFERENCE[:2], REFERENCE)
    assert (score.n_deletions, score.within(0.1)) == (1, pytest.approx(2 / 3))


def test_scores_add_up() -> None:
    one, two = score_phones(REFERENCE, REFERENCE), score_phones(REFERENCE[:1], REFERENCE)
    both = one + two
    assert (both.n_reference, both.n_deletions, len(both.start_errors)) == (6, 2, 4)
    assert AlignmentScore().boundary_error is AlignmentScore().phone_error_rate is AlignmentScore().within(0.02) is None


def cost(pairs: list[tuple[Interval, Interval]], n: int, m: int) -> float:
    total = GAP * (n + m - 2 * len(pairs))
    for a, b in pairs:
        total += abs(a.start - b.start) + abs(a.end - b.end) + (OTHER_LABEL if a.label != b.label else 0.0)
    return total


@pytest.mark.parametrize("seed", range(30))
def test_matching_is_the_cheapest_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def phones() -> list[Interval]:
        times = np.sort(rng.uniform(0, rng.choice([1.0, 8.0, 40.0]), 2 * int(rng.integers(0, 5))))
        return [Interval(a, b, str(rng.choice(["A", "B"]))) for a, b in zip(times[::2], times[1::2], strict=True)]

    found, reference = phones(), phones()
    n, m = len(found), len(reference)
    every = (
        cost([(found[i], reference[j]) for i, j in zip(mine, theirs, strict=True)], n, m)
        for k in range(min(n, m) + 1)
        for mine in itertools.combinations(range(n), k)
        for theirs in itertools.combinations(range(m), k)
    )
    assert cost(match_phones(found, reference), n, m) == pytest.approx(min(every))


def test_a_mapping_says_what_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("B: [b, bcl b]\nIH: ix\nNO: [n]\n", encoding="utf-8")
    mapping = read_mapping(path)
    assert mapping == {"B": {"b", "bcl b"}, "IH": {"ix"}, "NO": {"n"}}
    reference = [
        Interval(0.1, 0.15, "bcl"), Interval(0.15, 0.2, "b"), Interval(0.2, 0.4, "ix"), Interval(0.4, 0.5, "n"),
    ]  # fmt: skip
    score = score_phones(REFERENCE, reference, mapping)
    assert (score.n_reference, score.n_substitutions, score.phone_error_rate) == (3, 0, 0.0)
    assert score.start_errors == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("text", ["- a\n- b\n", "B: {a: b}\n", "B: [[a]]\n", "a: [\n"])
def test_a_mapping_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError, match=r"map\.yaml"):
        read_mapping(path)


def folders(tmp_path: Path) -> tuple[Path, Path]:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs" / "deeper"
    for folder in (ours, theirs):
        folder.mkdir(parents=True)
    times = (0.0, 0.1, 0.2, 0.3)
    write_textgrid(ours / "a.TextGrid", [Tier("phones", times, ("B", "IH", "N"))])
    write_textgrid(ours / "lonely.TextGrid", [Tier("phones", times, ("B", "IH", "N"))])
    timit = Tier("phones", (0.0, 0.05, 0.13, 0.2, 0.3), ("bcl", "b", "ix", "n"))
    write_textgrid(theirs / "a.TextGrid", [timit])
    return ours, theirs.parent


def test_the_command(tmp_path: Path) -> None:
    ours, theirs = folders(tmp_path)
    out = tmp_path / "scores.csv"
    result = CliRunner().invoke(
        app, ["evaluate-alignment", str(ours), "--reference", str(theirs), "--csv", str(out)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [x["file"] for x in rows] == ["a", "all"]
    assert rows[1]["reference_phones"] == "3"
    assert float(rows[1]["within_20_ms"]) == pytest.approx(2 / 3, abs=1e-6)
    assert float(rows[1]["phone_error_rate"]) == 0.0


def test_nothing_to_compare(tmp_path: Path) -> None:
    ours, _ = folders(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="same name"):
        list(evaluate_folder(ours, tmp_path / "empty"))


@pytest.mark.corpus
def test_agrees_with_another_implementation_on_timit(corpus: Path, tmp_path: Path) -> None:
    """The independent script that goes with the development clips: other costs, the same phones."""
    script = corpus.parent / "eval" / "boundaries.py"
    if not script.is_file():
        pytest.skip(f"{script} is missing")
    other = _load(script)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    errors, labelled = list[float](), 0
    for wav in sorted((corpus / "timit").glob("*.wav")):
        aligned = force_align(read_audio(wav), other.timit_transcript(wav), lexicon=embedded_lexicon())
        write_alignment(ours / f"{wav.stem}.TextGrid", aligned)
        labels = [Interval(x.start, x.end, x.text) for x in other.timit_phones(wav)]
        write_textgrid(theirs / f"{wav.stem}.TextGrid", [Tier.from_intervals("phones", labels)])
        expected = other._timit(other.timit_phones(wav))
        labelled += len(expected)
        errors += other.start_errors(other._spoken(aligned.phones), expected)
    total = sum((score for _, score in evaluate_folder(ours, theirs)), AlignmentScore())
    for seconds in (0.010, 0.020, 0.050):
        assert total.within(seconds) == pytest.approx(sum(np.abs(errors) <= seconds) / labelled, abs=0.03)
    assert total.mean == pytest.approx(float(np.mean(np.abs(errors))), abs=0.002)


def _load(script: Path) -> Any:
    sys.path.insert(0, str(script.parent))
    try:
        spec = importlib.util.spec_from_file_location("boundaries", script)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["boundaries"] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(script.parent))
