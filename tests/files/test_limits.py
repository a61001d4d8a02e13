"""How large an input may be, and how that is changed."""

from __future__ import annotations

import pytest

from visalign.errors import ConfigError
from visalign.files.limits import LIMITS, allowed, changed_limits, excess, raise_limits


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in LIMITS.values():
        monkeypatch.setenv(limit.variable, str(limit.default))  # so that it is put back
        monkeypatch.delenv(limit.variable)


def test_the_limit_itself_is_allowed() -> None:
    assert excess("nesting", 100) is None
    assert excess("nesting", 101) == (
        "has 101 levels of data within data (JSON, TOML, YAML, XML); the limit is 100 "
        "(if you trust it: visalign --max nesting=N …)"
    )


@pytest.mark.parametrize(
    ("text", "number"), [("2000", 2000), ("1.5k", 1500), ("200M", 200_000_000), ("3 G", 3 * 10**9)]
)
def test_limits_are_raised_in_thousands_too(text: str, number: int) -> None:
    raise_limits([f"seconds={text}"])
    assert allowed("seconds") == number
    assert changed_limits() == {"VISALIGN_MAX_SECONDS": str(number)}


@pytest.mark.parametrize("setting", ["second=1", "seconds", "seconds=0", "seconds=-1", "seconds=many", "seconds=1e30"])
def test_what_is_no_limit_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError):
        raise_limits([setting])
    assert changed_limits() == {}


def test_the_variable_is_named_after_the_limit() -> None:
    assert LIMITS["text-bytes"].variable == "VISALIGN_MAX_TEXT_BYTES"
