"""Parts by name: what is found, what is refused, what is not loaded before."""

from __future__ import annotations

from fractions import Fraction

import pytest

from visalign.errors import ConfigError
from visalign.registry import deferred_imports, find_class

TABLE = {"exact": "fractions:Fraction", "fast": "math:hypot"}


def test_a_part_is_found_by_its_name() -> None:
    assert find_class(TABLE, "exact", "number") is Fraction
    assert find_class(TABLE, "fast", "number")(3, 4) == 5


def test_an_unknown_part_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"number = 'slow'.*exact.*fast"):
        find_class(TABLE, "slow", "number")


def test_deferred_imports_are_those_for_type_checkers_alone() -> None:
    source = """
from typing import TYPE_CHECKING
from now import loaded
if TYPE_CHECKING:
    import later
    from a.b import One as One, two as second
elif True:
    from c import three
"""
    assert deferred_imports(source) == {"One": "a.b:One", "second": "a.b:two"}
