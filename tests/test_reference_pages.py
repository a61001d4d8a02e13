"""What the documents are made of agrees with what there is: commands, settings, extras, variables, image, citation."""

from __future__ import annotations

import configparser
import fnmatch
import importlib
import re
import sys
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main
import yaml

from visalign._version import __version__
from visalign.cli import app
from visalign.config import Config
from visalign.files.limits import LIMITS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def extension(name: str) -> ModuleType:
    """A module of ``docs/extensions``."""
    if str(DOCS / "extensions") not in sys.path:
        sys.path.insert(0, str(DOCS / "extensions"))
    return importlib.import_module(name)


def setup() -> configparser.ConfigParser:
    """What ``setup.cfg`` says."""
    read = configparser.ConfigParser()
    read.read(ROOT / "setup.cfg", encoding="utf-8")
    return read


def text_of(name: str) -> str:
    """A file of the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


# --- the command line ---------------------------------------------------------------------------------------------


def all_commands() -> dict[str, Any]:
    """All commands by their words: "check", "maps list"."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        found[name] = command
        waiting += [(f"{name} {below}".strip(), inner) for below, inner in getattr(command, "commands", {}).items()]
    return found


def test_each_option_of_each_command_is_on_its_page() -> None:
    pages = extension("command_pages").pages()
    n_options = 0
    for words, command in all_commands().items():
        page = pages[words.split()[0] if words else "index"]
        _, heading, section = page.partition(f".. program:: {'visalign ' + words if words else 'visalign'}\n")
        assert heading, words
        section = section.split("\n.. program::")[0]
        for parameter in command.params:
            if getattr(parameter, "hidden", False):
                continue
            if parameter.param_type_name == "option":
                for option in (*parameter.opts, *parameter.secondary_opts):
                    assert re.search(rf"^\.\. option::.* ?{re.escape(option)}\b", section, re.MULTILINE), (
                        words,
                        option,
                    )
                    n_options += 1
            if parameter.help:
                words_of_help = re.findall(r"\w{4,}", parameter.help)[:3]
                assert all(word in section for word in words_of_help), (words, parameter.name)
    assert n_options > 300


def test_examples_are_code_and_their_remarks_are_comments() -> None:
    page = extension("command_pages").pages()["cache"]
    assert "   # this once without\n   $ visalign check clip.mp4 --no-cache\n" in page
    assert "(this once" not in page


def test_markup_of_the_help_is_none_on_a_page() -> None:
    plain = extension("command_pages").plain
    assert plain("[bold]See[/bold] `visalign maps` or visalign\\[plot], a*b") == (
        "See ``visalign maps`` or visalign[plot], a\\*b"
    )


def test_pages_of_commands_that_are_gone_are_removed(tmp_path: Path) -> None:
    written = extension("command_pages")
    folder = tmp_path / "commands"
    folder.mkdir()
    (folder / "gone.rst").write_text("old", encoding="utf-8")
    written.write_pages(folder)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert "gone.rst" not in before
    assert {"index.rst", "check.rst", "maps.rst"} <= before.keys()
    written.write_pages(folder)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_documents_use_options_by_their_names_of_today() -> None:
    """Old names go on working, but nobody is to learn them."""
    commands, seen, wrong = all_commands(), 0, list[str]()
    visible = {
        words: {x for p in command.params if not getattr(p, "hidden", False) for x in (*p.opts, *p.secondary_opts)}
        for words, command in commands.items()
    }
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        if "decisions" in page.parts or "_build" in page.parts:
            continue
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        for line in re.findall(r"^.*\bvisalign [a-z].*$", text, re.MULTILINE):
            for typed in re.findall(r"\bvisalign ([a-z][^|;`]*)", line.partition("#")[0]):
                words = " ".join(typed.split()[:2])
                name = words if words in commands else words.split()[0]
                if name in commands:
                    options = set(re.findall(r"(?<!\S)--[a-z][\w-]*", typed))
                    unknown = options - visible[name] - visible[""] - {"--help"}
                    wrong += [f"{page.name}: {', '.join(sorted(unknown))} in visalign {typed}"] if unknown else []
                    seen += len(options)
    assert not wrong, "\n".join(wrong)
    assert seen > 100


# --- settings -----------------------------------------------------------------------------------------------------


def test_each_setting_is_listed_with_type_default_and_text() -> None:
    pytest.importorskip("numpydoc", reason="comes with the extra `docs`")
    text = extension("settings_page").settings_text()
    for stage in fields(Config):
        settings = getattr(Config(), stage.name)
        for one in fields(settings):
            _, found, entry = text.partition(f".. confval:: {stage.name}.{one.name}\n")
            assert found, one.name
            entry = entry.split(".. confval::")[0]
            assert re.search(r":type: (number|whole number|text|true or false)\n", entry), one.name
            default = getattr(settings, one.name)
            shown = "none" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
            assert shown in entry, one.name
            said = entry.split("\n\n")[1].strip()
            assert len(said) > 10, one.name
    lag = text.partition(".. confval:: sync.max_lag_seconds\n")[2].split(".. confval::")[0]
    assert "Allowed: 0.1 to 600 seconds" in lag
    assert "Unit: seconds" in lag
    assert "Allowed: one of ``error``, ``g2p``, ``skip``" in text


def test_a_number_says_its_range_and_is_held_to_it() -> None:
    """What the page says and what is refused come from one declaration."""
    for stage in fields(Config):
        settings = getattr(Config(), stage.name)
        for one in fields(settings):
            if isinstance(one.default, (int, float)) and not isinstance(one.default, bool):
                assert {"low", "high"} <= one.metadata.keys(), one.name
                too_low = one.metadata["low"] - 1
                with pytest.raises(ValueError, match=one.name):
                    type(settings)(**{one.name: too_low})


def test_each_limit_is_listed() -> None:
    pytest.importorskip("numpydoc", reason="comes with the extra `docs`")
    text = extension("settings_page").limits_text()
    assert all(f"* - {limit.name}\n" in text and limit.variable in text for limit in LIMITS.values())


def test_each_variable_of_the_environment_is_listed() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "visalign").rglob("*.py"))
    used = set(re.findall(r"\bVISALIGN_[A-Z_]+[A-Z]\b", sources)) - {x.variable for x in LIMITS.values()}
    listed = set(re.findall(r"^\.\. envvar:: (\w+)$", text_of("docs/settings.rst"), re.MULTILINE))
    assert used <= listed, sorted(used - listed)
    assert all(name in sources for name in listed if name.startswith("VISALIGN_"))


# --- installation -------------------------------------------------------------------------------------------------


def requirement_names(text: str) -> list[str]:
    """The names of what a list of requirements asks for."""
    lines = (line.strip() for line in text.splitlines())
    return [re.split(r"[<>=\s]", line)[0] for line in lines if line and not line.startswith("#")]


def test_installation_tells_each_extra_and_each_library() -> None:
    page, read = text_of("docs/installation.md"), setup()
    extras = set(read["options.extras_require"])
    first_cells = re.findall(r"^\| (.+?) \|", page, re.MULTILINE)
    told = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    assert extras <= told, sorted(extras - told)
    assert told <= extras, sorted(told - extras)
    libraries = " ".join(first_cells)
    needed = requirement_names(read["options"]["install_requires"])
    assert not [name for name in needed if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", libraries)]
    versions = re.findall(r"Python :: (3\.\d+)", read["metadata"]["classifiers"])
    assert all(version in page for version in versions)


def test_no_message_asks_for_visalign_by_its_name_alone() -> None:
    """It is on no index: ``pip install visalign`` finds nothing, and nothing to install anew; an extra is added."""
    wrong = re.compile(r"pip install (--[\w-]+ )*[\"'`]?visalign[\"'`]?(?![\w\\\[-])")
    for path in [*(ROOT / "visalign").rglob("*.py"), *DOCS.rglob("*.md"), ROOT / "README.md"]:
        if path.parent.name == "decisions" or "_build" in path.parts:
            continue
        for found in wrong.finditer(path.read_text(encoding="utf-8")):
            said = found.string[found.start() - 60 : found.end() + 60]
            assert "finds nothing" in said or "--no-index" in said, f"{path}: {found[0]}"


# --- the image ----------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """The lines of the Containerfile: the instruction, and what follows it."""
    joined = text_of("Containerfile").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(line[0], line[1]) for line in lines]


def test_the_image_is_made_of_what_there_is() -> None:
    read = setup()
    ignored = text_of(".dockerignore").split()
    for word, rest in instructions():
        if word == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in ignored, f".dockerignore keeps {source} out"
        if word == "FROM":
            version = re.match(r"python:(3\.\d+)-slim", rest)
            assert version is not None
            assert f"Python :: {version[1]}" in read["metadata"]["classifiers"]
        if word == "ARG":
            assert set(rest.partition("=")[2].split(",")) <= set(read["options.extras_require"])
    arguments = dict(instructions())
    assert arguments["ENTRYPOINT"] == '["visalign"]'
    assert "visalign = visalign.__main__:run" in read["options.entry_points"]["console_scripts"]
    assert arguments["USER"].isdigit()
    assert arguments["USER"] != "0"


def test_the_image_gets_all_that_the_package_is_built_of() -> None:
    """Every package of ``setup.cfg`` lies in a folder that is copied, and so does the licence."""
    copied = {source for word, rest in instructions() if word == "COPY" for source in rest.split()[:-1]}
    for package in setup()["options"]["packages"].split():
        folder = package.removeprefix("visalign.") if package.endswith(("lexicons", "viseme_maps")) else "visalign"
        assert folder in copied, package
    assert {"setup.cfg", "pyproject.toml", "README.md", "LICENSE", "NOTICE"} <= copied


def test_commands_of_the_image_and_of_manifests_exist() -> None:
    """What is run in a container is a command line of visalign's, and the image one that the page tells how to make."""
    page = text_of("docs/how-to/container.md") + text_of("docs/how-to/cluster.md")
    tag = f"visalign:{__version__.rpartition('.')[0]}"
    assert f"build -t {tag} ." in page
    images = set(re.findall(r"[\w./-]*visalign:\d[\w.]*", page + text_of("Containerfile")))
    assert images == {tag, f"REGISTRY/{tag}"}
    for text in re.findall(r"^```yaml\n(.*?)^```", text_of("docs/how-to/cluster.md"), re.MULTILINE | re.DOTALL):
        assert list(yaml.safe_load_all(text))
    known = {name.split()[0] for name in all_commands() if name}
    run = re.findall(rf"{re.escape(tag)} (?!\.)([a-z]\w*)", page + text_of("Containerfile"))
    assert run
    assert set(run) - {"REGISTRY"} <= known


# --- citation -----------------------------------------------------------------------------------------------------


def test_the_citation_says_what_the_package_says() -> None:
    cited, about = yaml.safe_load(text_of("CITATION.cff")), setup()["metadata"]
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type"} <= cited.keys()
    assert cited["title"].startswith(about["name"])
    assert (cited["version"], cited["license"]) == (__version__, about["license"])
    assert set(cited["keywords"]) == {x.strip() for x in about["keywords"].split(",")}


# --- the reference ------------------------------------------------------------------------------------------------


REFERENCE = DOCS / "reference"
PAGES = sorted(REFERENCE.glob("*.rst"))


@pytest.mark.parametrize("page", [pytest.param(path, id=path.stem) for path in PAGES])
def test_a_page_of_the_reference_tells_no_name_twice(page: Path) -> None:
    """Modules have headings of their own, and a name that one passes on is told where it is at home."""
    pages = extension("module_pages")
    text = pages.with_headings(page.read_text(encoding="utf-8"), pages.documented(REFERENCE))
    found = list(pages._MODULE.finditer(text))
    told: dict[str, str] = {}
    for one in found:
        module = one["name"]
        assert len(found) == 1 or f"``{module}``\n{'-' * (len(module) + 4)}\n\n.. automodule:: {module}\n" in text
        excluded = re.search(r":exclude-members: (.*)", one["options"])
        left_out = set(excluded[1].split(", ")) if excluded else set[str]()
        for name in pages.exported(module) - left_out:
            home = pages.passed_on(module).get(name)
            assert home is None or home not in pages.documented(REFERENCE), (module, name)
            assert name not in told or home is None, (name, module, told[name])
            told[name] = module


def test_what_a_report_passes_on_is_told_once() -> None:
    pages = extension("module_pages")
    text = pages.with_headings((REFERENCE / "report.rst").read_text("utf-8"), pages.documented(REFERENCE))
    clip_report = text.partition(".. automodule:: visalign.reports.clip_report\n")[2].partition(".. automodule::")[0]
    assert "   :exclude-members: ClipInfo, ModelInfo, SoundInfo\n" in clip_report
    assert ":py:obj:`ClipInfo <visalign.reports.clip_info.ClipInfo>`" in clip_report


def test_the_order_of_search_results_knows_the_pages_there_are() -> None:
    record = re.search(r"/\^\((.*)\)/", text_of("docs/static/search_scorer.js"))
    assert record is not None
    pages = [path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")]
    for pattern in record[1].replace("\\", "").split("|"):
        glob = pattern.removesuffix("$") if pattern.endswith("$") else f"{pattern}*"
        assert fnmatch.filter(pages, glob), pattern
