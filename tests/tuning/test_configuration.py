"""A configuration as a file."""

from __future__ import annotations

from pathlib import Path

from visalign.config import Config
from visalign.tuning import format_config


def test_a_written_configuration_is_read_as_it_was(tmp_path: Path) -> None:
    config = Config.from_dict(
        {
            "scoring": {"flank_seconds": 0.1 + 0.2},
            "sync": {"viseme_map": 'maps/"own".toml'},
            "lips": {"detect_every": 3},
        }
    )
    path = tmp_path / "x.toml"
    path.write_text(format_config(config, ["two\nlines = 3"]), encoding="utf-8")
    assert Config.load(path) == config
