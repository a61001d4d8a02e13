"""The journal: every edit undone to the start, byte by byte, whoever is killed when."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from desk_documents import random_edit, small_document

from visalign.desk.edits import apply
from visalign.desk.history import History, Journal, NotNewest
from visalign.errors import EditRefused, ParseError


def test_two_thousand_edits_and_back(tmp_path: Path) -> None:
    journal, draw = Journal(tmp_path / "desk.sqlite"), random.Random(2000)
    # What is measured here is no disk: every entry is still a transaction of its own.
    journal._db.execute("PRAGMA synchronous=OFF")
    start = small_document()
    history = History.begun(journal, "clip", start, "anna")
    states, ids = [start.to_json()], {x.id for tier in start.tiers.values() for x in tier}
    while len(states) <= 2000:
        edit = random_edit(draw, history.document)
        try:
            after = apply(history.document, edit)
        except EditRefused:
            continue
        history.add(after, edit.to_dict(), history.revision, "anna")
        new = {x.id for tier in after.tiers.values() for x in tier}
        ids |= new
        states.append(history.document.to_json())
        if draw.random() < 0.05:  # some way back and forth
            history.undo(history.revision, "anna")
            assert history.document.to_json() == states[-2]
            history.redo(history.revision, "anna")
    assert History.resumed(journal, "clip").document.to_json() == states[-1]  # type: ignore[union-attr]
    for state in reversed(states[:-1]):
        history.undo(history.revision, "anna")
        assert history.document.to_json() == state
    assert history.document.to_json() == start.to_json()
    assert not history.can_undo
    # An identity that was ever given is not given again, though its interval was undone.
    assert history.document.next_id > max(ids)
    resumed = History.resumed(journal, "clip")
    assert resumed is not None
    assert (resumed.document.to_json(), resumed.revision) == (start.to_json(), history.revision)
    for _ in range(2000):
        resumed.redo(resumed.revision, "anna")
    assert resumed.document.to_json() == states[-1]


def test_only_the_newest_revision_can_be_changed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "desk.sqlite")
    a = History.begun(journal, "clip", small_document(), "anna")
    b = History.begun(journal, "clip", small_document(), "ben")
    after = apply(a.document, random_move(a))
    a.add(after, {}, 0, "anna")
    with pytest.raises(NotNewest) as told:
        b.add(after, {}, 0, "ben")
    assert told.value.revision == 1
    assert b.follow()
    assert b.document.to_json() == a.document.to_json()
    b.undo(1, "ben")
    assert a.follow()
    assert a.document.to_json() == small_document().to_json()


def random_move(history: History):  # type: ignore[no-untyped-def]
    from visalign.desk.edits import Edit

    return Edit("move", "words", history.document["words"][1].id, "end", time=0.61)


_WRITER = """
import random, sys
sys.path.insert(0, sys.argv[2])
from desk_documents import random_edit
from visalign.desk.edits import apply
from visalign.desk.history import History, Journal
from visalign.errors import EditRefused
history = History.resumed(Journal(sys.argv[1]), "clip")
draw = random.Random(1)
while True:
    edit = random_edit(draw, history.document)
    try:
        history.add(apply(history.document, edit), edit.to_dict(), history.revision, "anna")
    except EditRefused:
        continue
    print(history.revision, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_nothing_that_was_answered_is_lost_when_the_program_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    journal = Journal(path)
    start = small_document()
    History.begun(journal, "clip", start, "anna")
    for n in range(3):
        program = [sys.executable, "-c", _WRITER, str(path), str(Path(__file__).parent)]
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            told = [int(child.stdout.readline()) for _ in range(10)]
            time.sleep(0.01 * n)
            child.send_signal(signal.SIGKILL)
            told += [int(x) for x in child.stdout.read().split()]
        history = History.resumed(journal, "clip")
        assert history is not None
        assert history.revision in (told[-1], told[-1] + 1)  # one may have been written and not yet told
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    while history.can_undo:
        history.undo(history.revision, "anna")
    assert history.document.to_json() == start.to_json()


def test_what_is_no_journal_is_told_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    path.write_text("no database, but long enough to be looked at" * 20)
    with pytest.raises(ParseError, match="not a journal of the desk"):
        Journal(path)
