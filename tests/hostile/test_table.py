"""The page about bad inputs shows the table that is tested."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import CASES, ELSEWHERE
from write_table import PAGE, page


@pytest.mark.skipif(not PAGE.is_file(), reason="no docs beside the tests")
def test_page_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "run: python tests/hostile/write_table.py"


def test_every_case_has_a_name_of_its_own() -> None:
    names = [(case.number, case.name) for case in CASES]
    assert len(set(names)) == len(names)
    assert {number for number, _ in names} | {kind.number for kind in ELSEWHERE} == set(range(1, 53))


def test_tests_elsewhere_exist() -> None:
    for kind in ELSEWHERE:
        for test in kind.tests:
            file, name = test.split("::")
            source = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
            assert f"\ndef {name}(" in source, test
