"""What goes to the standard output in place of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.files.outputs import whole_file
from visalign.files.standard_output import hand_on, is_for_stdout, standard_output


def test_it_is_written_as_a_file_and_printed_at_the_end(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = standard_output(".csv")
    assert path.suffix == ".csv"
    assert is_for_stdout()
    assert is_for_stdout(path)
    assert not is_for_stdout("-")
    with whole_file(path) as draft:
        draft.write_bytes(b"label,start\r\n")
    assert capfdbinary.readouterr().out == b""
    hand_on()
    assert capfdbinary.readouterr().out == b"label,start\r\n"
    assert not is_for_stdout()
    assert not path.parent.exists()


def test_after_an_error_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    path = standard_output(".txt")
    path.write_text("half of it", encoding="utf-8")
    hand_on(drop=True)
    assert capfd.readouterr().out == ""
    assert not path.parent.exists()


def test_json_obeys_nothing_wherever_it_goes(capfd: pytest.CaptureFixture[str]) -> None:
    path = standard_output(".json")
    path.write_text('{"word": "a\u009b\u202e"}', encoding="utf-8")
    hand_on()
    assert capfd.readouterr().out == '{"word": "a\\u009b\\u202e"}'


def test_what_was_not_written_is_no_error() -> None:
    standard_output(".json")
    hand_on()
    assert not list(Path.cwd().glob("visalign-*"))
