"""The table of what is opened in what: in the documentation, of formats that exist, by runtimes that are pinned."""

from __future__ import annotations

import json

from opened import BEGIN, END, HERE, PAGE, all_opened, table

from visalign.exports import EXPORTERS, load_exporter


def test_the_documentation_has_the_table() -> None:
    _, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    assert rest.split(END)[0].strip() == table().strip(), "run python tests/runtimes/opened.py"


def test_every_other_format_says_that_it_is_not_opened() -> None:
    opened = {x.name for x in all_opened()}
    for name in EXPORTERS:
        verified = load_exporter(name).verified
        assert (name in opened) != ("not opened" in verified or "not run" in verified or verified in PLAIN), name


def test_most_formats_are_opened() -> None:
    assert len({x.name for x in all_opened()}) >= 25


# Tables and JSON of visalign's own: there is no program that they are for.
PLAIN = {"read back with csv", "read back with json, and with visalign export"}


def test_every_runtime_of_npm_is_pinned_and_says_nothing_of_where_it_comes_from() -> None:
    pinned = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(version[0].isdigit() for version in pinned.values())
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    sources = [*HERE.glob("*.py"), *HERE.glob("players/*.mjs")]
    used = "".join(x.read_text(encoding="utf-8") for x in sources)
    assert not [name for name in pinned if used.count(name) < 1]
