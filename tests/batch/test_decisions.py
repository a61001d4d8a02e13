"""Decisions: append-only, the latest of each reviewer counts, and how far two of them agree."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from visalign.batch.decisions import DECISIONS, Decision, Decisions, agreement, latest
from visalign.batch.ledger import Ledger
from visalign.corpora.clip_list import BatchClip
from visalign.errors import ConfigError, ParseError


def test_they_stand_in_the_ledger_and_leave_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.enter([(0, BatchClip("a.mp4", "a"))])
        made = Decisions(path)  # while the batch goes on
        made.add("a", None, "reject", "late", "anna")
        made.add("a", 3, "accept", "", "anna")
        made.add("a", None, "accept", "", "anna")
        made.add("a", None, "needs fix", "", "ben")
        ledger.claim("a", "key", "reports/a.json")
        assert ledger.is_intact()
        assert [x.clip.id for x in ledger.entries()] == ["a"]
    made.close()
    again = Decisions(path)
    assert [(x.line, x.decision, x.who) for x in again.all("a")] == [
        *((None, "reject", "anna"), (3, "accept", "anna"), (None, "accept", "anna"), (None, "needs fix", "ben")),
    ]
    counted = {(x.line, x.who): x.decision for x in latest(again.all())}
    assert counted == {(None, "anna"): "accept", (3, "anna"): "accept", (None, "ben"): "needs fix"}
    assert again.count == 4
    again.close()


@pytest.mark.parametrize(
    ("decision", "comment", "who"),
    [("explode", "", "anna"), ("accept", "\x1b[2J", "anna"), ("accept", "x" * 5001, "anna"), ("accept", "", " ")],
)
def test_what_is_no_decision_is_refused(tmp_path: Path, decision: str, comment: str, who: str) -> None:
    made = Decisions(tmp_path / "desk.sqlite")
    with pytest.raises(ConfigError):
        made.add("a", None, decision, comment, who)
    assert made.count == 0
    made.close()


def test_kappa_is_that_of_the_field() -> None:
    said = {"anna": [0, 0, 1, 2, 1, 0, 3, 1, 0, 2], "ben": [0, 1, 1, 2, 1, 0, 3, 0, 0, 1]}
    rows = [Decision(str(n), None, DECISIONS[k], "", who, 0.0) for who, ks in said.items() for n, k in enumerate(ks)]
    found = agreement(rows, "anna", "ben")
    assert found.n == 10
    # By hand: 7 of 10 the same; by chance (4·4 + 3·4 + 2·1 + 1·1) / 100 = 0.31; (0.7 - 0.31) / (1 - 0.31).
    assert found.kappa == pytest.approx(0.39 / 0.69)
    assert found.kappa == pytest.approx(cohen_kappa_score(said["anna"], said["ben"]))
    assert sum(map(sum, found.to_dict()["table"])) == 10
    assert agreement(rows, "anna", "nobody").kappa is None
    assert agreement([x for x in rows if x.decision == "accept"], "anna", "ben").kappa is None  # nothing to disagree on


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(ParseError, match="move it away"):
        Decisions(path)
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE decisions (x)")
    other.close()
