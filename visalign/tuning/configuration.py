"""A configuration as TOML, with comments that tell where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from visalign.config import Config
from visalign.errors import AnyPath
from visalign.files.text_files import write_text

__all__ = ["format_config", "write_config"]


def format_config(config: Config, comments: Iterable[str] = ()) -> str:
    """TOML with what differs from the defaults, after the comments.

    Examples
    --------
    >>> from visalign.parameters import ScoringParams
    >>> print(format_config(Config(scoring=ScoringParams(band=3)), ["found on 60 clips"]), end="")
    # found on 60 clips
    <BLANKLINE>
    [scoring]
    band = 3
    """
    default = Config().to_dict()
    lines = [f"# {' '.join(comment.split())}".rstrip() for comment in comments]
    for stage, values in config.to_dict().items():
        own = [f"{key} = {_toml(value)}" for key, value in values.items() if value != default[stage][key]]
        lines += ["", f"[{stage}]", *own] if own else []
    return "\n".join(lines).lstrip("\n") + "\n"


def write_config(path: AnyPath, config: Config, comments: Sequence[str] = ()) -> Path:
    """Write a configuration for ``--config``.

    Raises
    ------
    OutputError
        If the file can't be written there.
    """
    return write_text(path, format_config(config, comments))


def _toml(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # TOML's basic strings have JSON's escapes
    return repr(value)
