"""One vocabulary: an option means the same, and is told in the same words, in every command."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from test_cli import run  # type: ignore[import-not-found]
from typer.main import get_command

from visalign.cli import app
from visalign.commands.command_lines import OLD_NAMES

DESIGN = Path(__file__).parents[2] / "docs" / "design.md"

# What such an option holds differs, so each command says what it is; its kind is the same.
TOLD_BY_EACH = {"--output", "--format"}
# Several of them where several are compared.
REPEATABLE = {("maps homophenes", "--map"), ("maps evaluate", "--map"), ("observe", "--output")}
# A place that has to be named, and one that has a default.
PLACES = {"--output", "--as"}
# Written without being a result: settings of one's own, what a folder keeps for itself, edits that are begun once.
NOT_WRITTEN = {"--edits", "--lip-cache"}
WRITES = re.compile(
    r"^(Write|Draw it|The (new )?(clip|file|figure|map|model|manifest)\b|File to write|Folder (to make|for))"
)
# A ledger says what is whose: what such a command writes is replaced by itself alone.
LEDGERS = {"batch", "desk", "watch", "merge"}


@cache
def commands() -> dict[str, Any]:
    """Every command by its whole name."""
    found = dict[str, Any]()

    def walk(command: Any, path: tuple[str, ...]) -> None:
        for name, below in getattr(command, "commands", {}).items():
            walk(below, (*path, name))
        if not getattr(command, "commands", {}):
            found[" ".join(path)] = command

    walk(get_command(app), ())
    return found


def options() -> dict[str, list[tuple[str, Any]]]:
    """Every long name, and which commands have it."""
    found = defaultdict[str, list[tuple[str, Any]]](list)
    for command, parsed in commands().items():
        for option in parsed.params:
            for name in option.opts if option.param_type_name == "option" else ():
                if name.startswith("--"):
                    found[name].append((command, option))
    return found


def kind(option: Any) -> str:
    """What an option takes, whether or not it has to be given."""
    told = str(getattr(option.type_descriptor.annotation, "__name__", option.type_descriptor.annotation))
    return "file" if "Path" in told else told.replace(" | None", "").replace("typing.Optional", "").strip("[]")


@pytest.mark.parametrize("name", sorted(options()))
def test_a_name_has_one_meaning(name: str) -> None:
    uses = options()[name]
    first_command, first = uses[0]
    for command, option in uses[1:]:
        where = f"{name} of {command} and of {first_command}"
        assert (option.opts, option.secondary_opts) == (first.opts, first.secondary_opts), where
        if not {(command, name), (first_command, name)} & REPEATABLE:
            assert kind(option) == kind(first), where
        if name not in TOLD_BY_EACH:
            assert option.help == first.help, where
            assert option.rich_help_panel == first.rich_help_panel, where
        if name not in PLACES:
            assert option.default == first.default, where


@pytest.mark.parametrize("name", sorted(options()))
def test_a_unit_other_than_seconds_stands_in_the_name(name: str) -> None:
    for command, option in options()[name]:
        told = option.help or ""
        assert not re.search(r"\bms\b|millisecond", told) or name.endswith("-ms"), (command, told)
        assert not re.search(r"\bpixels?\b|\bpx\b", told) or name.endswith("-px"), (command, told)


def test_what_is_judged_is_judged_by_the_same_options() -> None:
    judged = {"explain", "plot", "overlay", "fix", "attach", "batch", "watch"}
    whole = {name for name, uses in options().items() if any(command == "check" for command, _ in uses)}
    written = {"--json", "--csv", "--segments", "--lines", "--textgrid", "--html", "--overwrite", "--quiet"}
    run = {"--jobs"}  # how fast a clip is judged, not by what
    one_clip = {"--transcript", "--text", "--subtitles", "--alignment", "--alignment-shift", "--speaker"}
    streams = {"--track", "--channel", "--video-track", "--face", "--audio", "--no-cache"}
    for command in judged:
        has = {name for name, uses in options().items() if any(command == x for x, _ in uses)}
        apart = written | run | streams | (one_clip if command in ("batch", "watch") else set())
        assert whole - apart <= has, sorted(whole - apart - has)
        if command in ("explain", "plot"):
            assert streams <= has
        elif command in ("overlay", "fix"):
            assert streams - {"--audio"} <= has, f"{command} is about the clip's own sound"


@pytest.mark.parametrize("command", sorted(commands()))
def test_whatever_writes_can_be_told_to_replace(command: str) -> None:
    long = {name: option for name, uses in options().items() for x, option in uses if x == command}
    written = [name for name, option in long.items() if WRITES.match(option.help or "") and name not in NOT_WRITTEN]
    takes_output = [name for name in ("--output", "--json", "--csv", "--html") if name in long]
    if (written or takes_output) and command not in LEDGERS:
        assert "--overwrite" in long
    if "--overwrite" in long:
        assert written or takes_output or command in ("enhance", "page")


@pytest.mark.parametrize(
    ("command", "old", "new"), [(command, *pair) for command, names in OLD_NAMES.items() for pair in names.items()]
)
def test_old_names_stand_for_options_that_there_are(command: str, old: str, new: str) -> None:
    having = [name for name, _ in options()[new]]
    assert having if not command else command in having
    if command:
        assert command not in [name for name, _ in options().get(old, ())]


def test_the_table_of_the_design_is_that_of_the_parsers() -> None:
    text = DESIGN.read_text(encoding="utf-8")
    assert table() in text, "print it by `PYTHONPATH=tests python tests/commands/test_vocabulary.py`"


def table() -> str:
    """The options that several commands have, as docs/design.md shows them."""
    rows = ["| option | takes | default | what it is |", "|---|---|---|---|"]
    kinds = {"str": "text", "int": "whole number", "float": "number"}
    for name, uses in sorted(options().items()):
        option = uses[0][1]
        if len(uses) > 1:
            listed = (option.metavar or "").startswith("[")
            takes = option.metavar.strip("[]").replace("|", ", ") if listed else kind(option)
            takes = "" if getattr(option, "is_flag", False) else kinds.get(takes, takes)
            default = "" if option.default is None or option.default is False or name in PLACES else str(option.default)
            short = "".join(f" `{x}`" for x in option.opts if not x.startswith("--"))
            told = DIFFERING.get(name, option.help).rstrip(".")
            rows.append(f"| `{name}`{short} | {takes} | {default} | {told} |")
    return "\n".join(rows)


# What the table says of options that each command tells about itself.
DIFFERING = {
    "--format": "Form of what is written, where its ending does not tell it",
    "--output": "What is written: a file, whose ending tells its form, or a folder; - for the standard output, of text",
}


def test_help_names_every_extra_and_no_type_of_switches() -> None:
    for command, parsed in commands().items():
        context = parsed.make_context(command, [], resilient_parsing=True)
        pieces = " ".join(parsed.collect_usage_pieces(context))
        assert "{" not in pieces, command
        told = " ".join([parsed.epilog or "", parsed.help or "", *(x.help or "" for x in parsed.params)])
        assert not re.search(r'install "?\'?visalign\[', told), f"{command}: rich eats [extra]; write \\[extra]"
        switches = [x for x in parsed.get_params(context) if getattr(x, "is_flag", False)]
        assert all(x.display_type_rich(context) == "" for x in switches)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("check c.mp4 --profile ebu", "Did you mean ebu_r37 or ebu_r37_production?"),
        ("check c.mp4 --oov gtp", "Did you mean g2p?"),
        ("fix c.mp4 --mode cop", "Did you mean copy?"),
        ("plot trakcs c.mp4 -o a.png", "Did you mean tracks?"),
        ("plot clip.mp4", "tracks, stages, offset"),
        ("export a.wav --text x --format rubarb-json -o a.json", "Did you mean rhubarb-json"),
        ("check c.mp4 --max-lag 9000", "--max-lag 9000.0 is not possible"),
        ("batch . --engine dusk", "Did you mean dask?"),
        ("check c.mp4 --transcrip x", "--transcript"),
        ("chek c.mp4", "check"),
    ],
)
def test_what_is_misspelt_is_guessed_and_called_by_its_option(
    line: str, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.mp4").write_bytes(b"of no account")
    assert run(*line.split()) == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert told in said
    assert "verdict.profile" not in said


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("visalign check --profile f", "film"),
        ("visalign fix --mode p", "pieces"),
        ("visalign plot st", "stages"),
        ("visalign export a.wav --format rhu", "rhubarb-json"),
        ("visalign check --map jef", "jeffers_1971"),
        ("visalign ch", "check"),
        ("visalign check --alignment-s", "--alignment-shift"),
    ],
)
def test_the_shell_completes(
    words: str, completed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_VISALIGN_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    run()
    assert completed in capsys.readouterr().out.split()


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
