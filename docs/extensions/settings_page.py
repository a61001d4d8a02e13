"""Sphinx extension: the directives ``settings`` and ``limits``, which list both from their declarations.

Type, default, range, choices and unit come from the fields of the dataclasses that :class:`visalign.config.Config` is
made of, the text from their docstrings. A setting without a text is an error of the build.
"""

from __future__ import annotations

import re
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any

from docutils import nodes
from numpydoc.docscrape import NumpyDocString
from sphinx.util.docutils import SphinxDirective

from visalign.config import Config
from visalign.files.limits import LIMITS
from visalign.parameters import range_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_TYPES = {"float": "number", "int": "whole number", "str": "text", "bool": "true or false"}
_UNITS = {"_seconds": "seconds", "_ms": "milliseconds", "_hz": "hertz", "_px": "pixels"}


def unit_of(one: Field[Any]) -> str:
    """In what a setting is counted; empty where it is counted in nothing."""
    told: str = one.metadata.get("unit", "")
    return told or next((unit for ending, unit in _UNITS.items() if one.name.endswith(ending)), "")


def allowed(one: Field[Any]) -> str:
    """What is possible, in words."""
    if "choices" in one.metadata:
        return "one of " + ", ".join(f"``{x}``" for x in one.metadata["choices"])
    return range_of(one.metadata)


def type_of(one: Field[Any]) -> str:
    """Of which type a value is, as TOML has it."""
    return _TYPES[str(one.type).removesuffix(" | None")]


def default_of(one: Field[Any]) -> str:
    """The default as TOML has it; "none" where a setting is not set."""
    if one.default is None:
        return "none"
    return f'``"{one.default}"``' if isinstance(one.default, str) else f"``{str(one.default).lower()}``"


def texts_of(settings: Any) -> dict[str, str]:
    """What the docstring of a dataclass says of each of its fields."""
    found = {}
    for names, _, lines in NumpyDocString(type(settings).__doc__ or "")["Parameters"]:
        for name in re.split(r",\s*", names):
            found[name] = " ".join(lines)
    return found


def settings_text() -> str:
    """All settings as reStructuredText."""
    parts = list[str]()
    for stage in fields(Config):
        settings = getattr(Config(), stage.name)
        summary = " ".join(NumpyDocString(type(settings).__doc__ or "")["Summary"])
        heading = f"[{stage.name}]"
        parts += [heading, "-" * len(heading), "", summary, ""]
        texts = texts_of(settings)
        for one in fields(settings):
            facts = {"Allowed": allowed(one), "Unit": unit_of(one)}
            parts += [f".. confval:: {stage.name}.{one.name}", f"   :type: {type_of(one)}"]
            parts += [f"   :default: {default_of(one)}", "", f"   {texts[one.name]}", ""]
            parts += [f"   {name}: {said}. " for name, said in facts.items() if said]
            parts.append("")
    return "\n".join(parts)


def limits_text() -> str:
    """All limits as reStructuredText."""
    parts = [".. list-table::", "   :header-rows: 1", ""]
    rows = [("limit", "default", "of what", "why", "environment variable")]
    rows += [(x.name, f"{x.default:,}", x.what, x.why, f"``{x.variable}``") for x in LIMITS.values()]
    for row in rows:
        parts += ["   * - " + row[0], *("     - " + cell for cell in row[1:])]
    return "\n".join(parts) + "\n"


class Settings(SphinxDirective):
    """``.. settings::``"""

    def run(self) -> list[nodes.Node]:
        """The nodes."""
        return self.parse_text_to_nodes(settings_text(), allow_section_headings=True)


class Limits(SphinxDirective):
    """``.. limits::``"""

    def run(self) -> list[nodes.Node]:
        """The nodes."""
        return self.parse_text_to_nodes(limits_text())


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Take part in the build."""
    sphinx.add_directive("settings", Settings)
    sphinx.add_directive("limits", Limits)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
