"""The page about bad inputs shows the table that is tested."""

from __future__ import annotations

import pytest
from cases import CASES
from write_table import PAGE, page


@pytest.mark.skipif(not PAGE.is_file(), reason="no docs beside the tests")
def test_page_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "run: python tests/hostile/write_table.py"


def test_every_case_has_a_name_of_its_own() -> None:
    names = [(case.number, case.name) for case in CASES]
    assert len(set(names)) == len(names)
    assert all(1 <= number <= 52 for number, _ in names)
