"""What may be searched."""

from __future__ import annotations

import pytest

from visalign.config import Config
from visalign.errors import ConfigError
from visalign.tuning import parse_groups
from visalign.tuning.space import GROUPS, Range, config_of, default_values, search_space


def test_every_range_holds_the_default_and_every_bound_is_possible() -> None:
    space = search_space(GROUPS)
    defaults = default_values(space, Config())
    assert config_of(defaults, Config()) == Config()
    for name, part in space.items():
        if isinstance(part, Range):
            assert part.low <= float(defaults[name]) <= part.high, name
            bounds = (part.low, part.high)
        else:
            assert defaults[name] in part.names, name
            bounds = part.names
        for value in bounds:
            config_of({name: int(value) if getattr(part, "whole", False) else value}, Config())


def test_a_space_holds_what_the_search_starts_from() -> None:
    base = Config.from_dict(
        {"evidence": {"geometry_factor": 0.0}, "scoring": {"band": 9}, "sync": {"viseme_map": "maps/own.toml"}}
    )
    space = search_space(GROUPS, base)
    assert space["evidence.geometry_factor"] == Range(0.0, 4.0, log=False)
    assert space["scoring.band"] == Range(0, 9, whole=True)
    assert "maps/own.toml" in space["sync.viseme_map"].names
    assert search_space(GROUPS) == search_space(GROUPS, Config())


def test_a_parameter_can_be_searched_alone() -> None:
    assert set(search_space(parse_groups("scoring.band, map"))) == {"scoring.band", "sync.viseme_map"}


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(ConfigError, match="evidence, scoring"):
        parse_groups("evidence,lips")
