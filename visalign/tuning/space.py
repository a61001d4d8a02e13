"""What can be searched: settings with their ranges, in groups.

Conventions
-----------
A parameter is named as in a configuration file, ``stage.key``. Numbers that act as factors are searched on a
logarithmic scale. Every range holds the default.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from visalign.config import Config
from visalign.errors import ConfigError
from visalign.visemes.viseme_map import available_maps

__all__ = ["DEFAULT_GROUPS", "GROUPS", "Choice", "Range", "config_of", "default_values", "parse_groups", "search_space"]

Value: TypeAlias = float | int | str


@dataclass(frozen=True, slots=True)
class Range:
    """A number within bounds, both included.

    Parameters
    ----------
    low, high : float
    log : bool
        Searched on a logarithmic scale.
    whole : bool
        Whole numbers only.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some names; empty stands for what is at hand (all shipped viseme maps)."""

    names: tuple[str, ...] = ()


Space: TypeAlias = Mapping[str, Range | Choice]

GROUPS: Mapping[str, Space] = MappingProxyType(
    {
        "evidence": {
            "evidence.geometry_factor": Range(0.25, 4.0, log=True),
            "evidence.appearance_factor": Range(0.25, 4.0, log=True),
            "evidence.temperature_factor": Range(0.25, 4.0, log=True),
            "evidence.scatter_factor": Range(0.25, 4.0, log=True),
            "evidence.prior_frames": Range(10.0, 1000.0, log=True),
            "evidence.persistence": Range(0.0, 0.9),
        },
        "scoring": {
            "scoring.flank_seconds": Range(0.05, 1.0, log=True),
            "scoring.margin_seconds": Range(0.0, 0.08),
            "scoring.local_spread_seconds": Range(0.05, 0.6, log=True),
            "scoring.match_weight": Range(0.0, 1.0),
            "scoring.band": Range(0, 5, whole=True),
        },
        "thresholds": {
            "thresholds.fault_score": Range(0.05, 0.5),
            "thresholds.sync_score": Range(0.5, 0.95),
            "thresholds.min_confidence": Range(0.5, 0.99),
            "thresholds.min_match": Range(0.05, 0.4),
            "thresholds.likely_match": Range(0.5, 0.95),
            "thresholds.sure_match": Range(0.95, 0.99),
        },
        "map": {"sync.viseme_map": Choice()},
        "sound": {"alignment.enhancement": Choice(("off", "auto", "wiener", "subtract"))},
        "aligner": {"alignment.aligner": Choice(("gmm_hmm", "pocketsphinx"))},
    }
)
"""Groups of parameters: name -> space. "sound" and "aligner" prepare every clip anew for each of their values."""

_EVERYTHING: Space = {name: part for space in GROUPS.values() for name, part in space.items()}

DEFAULT_GROUPS = ("evidence", "scoring", "thresholds", "map")


def parse_groups(text: str) -> tuple[str, ...]:
    """Names of groups, or of single parameters (``evidence.persistence``), with commas between.

    Raises
    ------
    ConfigError
        If there is no such group.
    """
    names = tuple(part.strip() for part in text.split(","))
    for name in names:
        if name not in GROUPS and name not in _EVERYTHING:
            raise ConfigError("search", name, tuple(GROUPS))
    return names


def search_space(groups: Collection[str], base: Config | None = None) -> dict[str, Range | Choice]:
    """The parameters of some groups, or single ones.

    Parameters
    ----------
    groups : collection of str
    base : Config, optional
        What the search starts from: ranges are widened, and choices filled up, so that they hold it.
    """
    found = {name: part for group in groups for name, part in _members(group).items()}
    values = default_values(found, base or Config())
    return {name: _holding(part, values[name]) for name, part in found.items()}


def _members(group: str) -> Space:
    return GROUPS[group] if group in GROUPS else {group: _EVERYTHING[group]}


def _holding(part: Range | Choice, value: Value) -> Range | Choice:
    if isinstance(part, Choice):
        names = part.names or tuple(available_maps())
        return Choice(names if value in names else (*names, str(value)))
    low, high = min(part.low, float(value)), max(part.high, float(value))
    return replace(part, low=low, high=high, log=part.log and low > 0)


def default_values(space: Iterable[str], config: Config) -> dict[str, Value]:
    """What a configuration has for some parameters."""
    settings = config.to_dict()
    return {name: settings[name.split(".")[0]][name.split(".")[1]] for name in space}


def config_of(values: Mapping[str, Value], base: Config) -> Config:
    """`base` with some parameters set.

    Raises
    ------
    ConfigError
        If a value is impossible.
    """
    settings = base.to_dict()
    for name, value in values.items():
        stage, key = name.split(".")
        settings[stage][key] = value
    return Config.from_dict(settings)
