"""How large an input may be: what no honest file needs, and a hostile one could fill the memory or the night with.

Each limit has a name, a default far beyond ordinary material, and two ways to be raised (or lowered) by who trusts his
files: ``visalign --max seconds=200000 check …``, or the environment variable ``VISALIGN_MAX_SECONDS=200000``, which
works for programs too. Worker processes of a batch get the limits of the process that started them.

Whatever exceeds a limit is refused with an error that names the file, the limit and the option that raises it, before
the memory is taken. Limits decide whether a file is read, never about the result.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from visalign.errors import AnyPath, ConfigError, ParseError

__all__ = ["LIMITS", "Limit", "allowed", "changed_limits", "excess", "raise_limits", "refuse_costly"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Parameters
    ----------
    name : str
        What follows ``--max``.
    default : int
        The most that is read unless something else was asked for.
    what : str
        What is counted.
    why : str
        Where the default comes from.
    """

    name: str
    default: int
    what: str
    why: str

    @property
    def variable(self) -> str:
        """The environment variable that overrules the default."""
        return f"VISALIGN_MAX_{self.name.replace('-', '_').upper()}"


_ALL = (
    Limit("pixels", 64_000_000, "pixels of one picture", "an 8K picture has 33 million"),
    Limit("seconds", 43_200, "seconds of sound or picture", "twelve hours; their sound takes 2.8 GB of disk"),
    Limit("text-bytes", 5_000_000, "bytes of a transcript", "a ten-hour audiobook has 0.6 million"),
    Limit("word-characters", 200, "characters of a word", "the longest in any dictionary has about 80"),
    Limit("data-bytes", 200_000_000, "bytes of a report, alignment, lexicon, map or settings file", "the phones of ten "
          "hours take 40 million in Praat's long form"),
    Limit("tree-bytes", 1_500_000_000, "bytes of memory for the values of a data file", "the report of twelve hours "
          "takes 1.2 billion"),
    Limit("settings-bytes", 1_000_000, "bytes of a settings file, map, rig or recipe (TOML, YAML)", "the largest one "
          "that is shipped has 14 thousand"),
    Limit("nesting", 100, "levels of data within data (JSON, TOML, YAML, XML)", "an EAF has 5, a report 6"),
    Limit("cell-characters", 1_000_000, "characters of a cell of a table", "no transcript of one clip is longer"),
    Limit("archive-bytes", 2_000_000_000, "bytes that an archive unpacks to", "MFA's largest model has 0.5 billion"),
    Limit("archive-ratio", 1000, "bytes for each byte of an archive", "a model packs to half, text to a tenth"),
    Limit("object-bytes", 50_000_000_000, "bytes of an object in storage", "twelve hours of eight megabits a second "
          "have 43 billion"),
    Limit("model-bytes", 64_000_000, "bytes that a lip model unpacks to", "the shipped one has 1.0 million"),
)  # fmt: skip

LIMITS: Mapping[str, Limit] = {limit.name: limit for limit in _ALL}
"""All limits by name."""

_NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:e\d+)?)\s*([kMG]?)")
_FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def allowed(name: str) -> int:
    """The most that is allowed of something now.

    Examples
    --------
    >>> allowed("pixels")
    64000000

    Raises
    ------
    ConfigError
        If the environment variable holds no number.
    """
    limit = LIMITS[name]
    text = os.environ.get(limit.variable)
    return limit.default if text is None else _number(limit.variable, text)


def excess(name: str, found: float) -> str | None:
    """What is wrong with so much of something, and how to allow it; None where it is within the limit.

    Examples
    --------
    >>> excess("pixels", 1000)
    >>> excess("pixels", 65e6)
    'has 65000000 pixels of one picture; the limit is 64000000 (if you trust it: visalign --max pixels=N …)'
    """
    most = allowed(name)
    if found <= most:
        return None
    return f"has {found:.0f} {LIMITS[name].what}; the limit is {most} (if you trust it: visalign --max {name}=N …)"


def refuse_costly(path: AnyPath, n_bytes: float) -> None:
    """Refuse a file whose values would take so much memory, before they take it.

    A file of 200 MB may hold a hundred million empty lists. So what is read as a whole is held to two limits: its
    bytes, and the memory that its values take, which each reader estimates from the count of what it will make.

    Raises
    ------
    ParseError
        If that exceeds the limit ``tree-bytes``.
    """
    if (fault := excess("tree-bytes", n_bytes)) is not None:
        raise ParseError(path, None, fault)


def raise_limits(settings: Iterable[str]) -> None:
    """Change limits for this process and all that it starts.

    Parameters
    ----------
    settings : iterable of str
        ``name=number``; the number may end in k, M or G.

    Raises
    ------
    ConfigError
        If there is no such limit, or it is no number.
    """
    for setting in settings:
        name, _, text = setting.partition("=")
        limit = LIMITS.get(name.strip())
        if limit is None:
            raise ConfigError("max", setting, [f"{known}=NUMBER" for known in LIMITS])
        os.environ[limit.variable] = str(_number(f"max {limit.name}", text))


def changed_limits() -> dict[str, str]:
    """The environment variables of the limits that are set, for a process elsewhere."""
    return {x.variable: str(allowed(x.name)) for x in _ALL if x.variable in os.environ}


def _number(key: str, text: str) -> int:
    found = _NUMBER.fullmatch(text.strip())
    number = float(found[1]) * _FACTORS[found[2]] if found else 0.0
    if not 1 <= number <= 1e18:
        raise ConfigError(key, text, "a number from 1 on, as 2000, 200M or 3G")
    return int(number)
