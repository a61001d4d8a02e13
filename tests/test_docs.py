"""Every code block of the README and the documentation runs.

* A ``python`` block runs in the folder and with the names of the blocks before it on its page. A block of ``>>>``
  lines runs as a doctest.
* A ``console`` block's ``$ visalign …`` commands are checked against the real command line: the subcommand and each
  option must exist. Below ``<!-- run -->`` they are run as well and must exit with 0; below ``<!-- run: exit 1 -->``
  with 1. Other programs' commands are not looked at.
* A block below ``<!-- not run: reason -->`` is not run; the test is skipped and shows the reason.

Each page has a folder of its own with what ``visalign demo`` writes: ``clip.mp4``, a generated clip of someone who says
"bin blue at f two now" with the audio 120 ms early, ``clip.wav``, its sound, ``clip.txt``, its text, ``late.mp4`` and
``dubbed.mp4``. The demo is run once, by the command itself, in a folder of its own; ``visalign demo`` and ``cd demo``
on a page stand for that.
"""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
import textwrap
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import MadeOnce

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "docs" / "_build"
PAGES = [ROOT / "README.md", *(p for p in sorted((ROOT / "docs").rglob("*.md")) if not p.is_relative_to(BUILT))]

BLOCK = re.compile(
    r"(?:^[ \t]*<!--\s*(?P<mark>.*?)\s*-->[ \t]*\n(?:[ \t]*\n)?)?"
    r"^(?P<indent>[ \t]*)```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^(?P=indent)```[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
NOT_RUN = re.compile(r"not run:\s*(?P<reason>\S.*)")
RUN = re.compile(r"run(?::\s*exit (?P<code>\d))?")


@dataclass(frozen=True)
class Block:
    """A fenced block: where its code begins, in which language, and the comment above it."""

    page: Path
    line: int
    language: str
    code: str
    mark: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"

    @property
    def reason_not_to_run(self) -> str | None:
        found = NOT_RUN.fullmatch(self.mark)
        return found["reason"] if found else None

    @property
    def commands(self) -> list[str]:
        """The commands after ``$``, continued lines joined."""
        joined = self.code.replace("\\\n", " ")
        return [line.strip()[2:] for line in joined.splitlines() if line.strip().startswith("$ ")]


def blocks_of(page: Path, text: str) -> list[Block]:
    """The fenced blocks of a page in order."""
    return [
        Block(
            page=page,
            line=text.count("\n", 0, found.start("code")) + 1,
            language=found["language"],
            code=textwrap.dedent(found["code"]),
            mark=found["mark"] or "",
        )
        for found in BLOCK.finditer(text)
    ]


@dataclass
class Session:
    """What runs on one page: its folder, the names so far, and how far it has come."""

    folder: Path
    names: dict[str, Any] = field(default_factory=dict)
    n_done: int = 0
    n_commanded: int = 0

    def run_up_to(self, block: Block) -> None:
        """Run the page's blocks that have not run yet, `block` being the last."""
        blocks = [b for b in _blocks(block.page) if b.language == "python"]
        for earlier in blocks[self.n_done : blocks.index(block) + 1]:
            self.n_done += 1
            if earlier.reason_not_to_run is None:
                run_python(earlier, self.names)

    def command_up_to(self, block: Block) -> None:
        """Run the commands of the page's marked blocks that have not run yet, `block` being the last."""
        blocks = [b for b in _blocks(block.page) if b.language == "console" and RUN.fullmatch(b.mark)]
        for earlier in blocks[self.n_commanded : blocks.index(block) + 1]:
            self.n_commanded += 1
            run_commands(earlier)


def run_python(block: Block, names: dict[str, Any]) -> None:
    """Execute a block in `names`; tracebacks show the page and its line."""
    if block.code.lstrip().startswith(">>>"):
        run_doctest(block, names)
        return
    padded = "\n" * (block.line - 1) + block.code
    exec(compile(padded, str(block.page), "exec"), names)  # the documentation's own code


def run_commands(block: Block) -> None:
    """Run the commands of a marked block and compare their exit codes."""
    from visalign.cli import main

    expected = RUN.fullmatch(block.mark)
    assert expected is not None
    for command in block.commands:
        words = shlex.split(command, comments=True)
        if words in (["visalign", "demo"], ["cd", "demo"]):
            assert set(MADE) <= {path.name for path in Path.cwd().iterdir()}
            continue
        with pytest.raises(SystemExit) as end:
            main(words[1:])
        assert end.value.code == int(expected["code"] or 0), f"{block.place}: {command}"


def run_doctest(block: Block, names: dict[str, Any]) -> None:
    """Run the ``>>>`` lines of a block and compare what they print."""
    test = doctest.DocTestParser().get_doctest(block.code, names, block.place, str(block.page), block.line - 1)
    written: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=written.append, clear_globs=False)
    names.update(test.globs)
    assert result.failed == 0, "".join(written)


@cache
def _blocks(page: Path) -> list[Block]:
    return blocks_of(page, page.read_text(encoding="utf-8"))


# Pages whose blocks check, fix or film clips for seconds; `make test` runs those of the others: of the README, of the
# tutorials, of what the numbers mean.
SLOW_PAGES = ("docs/how-to/", "docs/plots.md", "docs/batch.md")


def _all(language: str) -> list[Any]:
    blocks = (b for page in PAGES for b in _blocks(page) if b.language == language)
    return [pytest.param(b, id=b.place, marks=[pytest.mark.slow] if is_slow(b) else []) for b in blocks]


def is_slow(block: Block) -> bool:
    """Whether a block runs, and on such a page."""
    runs = block.language == "python" or RUN.fullmatch(block.mark) is not None
    return runs and block.reason_not_to_run is None and block.place.startswith(SLOW_PAGES)


@pytest.fixture(scope="module")
def sessions() -> dict[Path, Session]:
    return {}


@pytest.fixture
def session(
    block: Block,
    sessions: dict[Path, Session],
    made_by_demo: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Session:
    """The page's session, with its folder as the current one."""
    if block.page not in sessions:
        folder = tmp_path_factory.mktemp(block.page.stem) / "demo"
        folder.mkdir()
        for name in MADE:
            shutil.copy(made_by_demo / name, folder / name)
        sessions[block.page] = Session(folder)
    monkeypatch.chdir(sessions[block.page].folder)
    return sessions[block.page]


MADE = ("clip.mp4", "clip.wav", "clip.txt", "late.mp4", "dubbed.mp4")


@pytest.fixture(scope="session")
def made_by_demo(made_once: MadeOnce) -> Path:
    """The folder that ``visalign demo`` makes."""

    def make(folder: Path) -> Path:
        from visalign.cli import main

        with pytest.raises(SystemExit) as end:
            main(["demo", "--quiet", "--output", str(folder / "demo")])
        assert end.value.code == 0
        return folder / "demo"

    made: Path = made_once("made-by-demo", make)
    return made


def skip_if_marked(block: Block) -> None:
    """Skip a block that says why it can't be run."""
    if block.reason_not_to_run is not None:
        pytest.skip(f"{block.place}: {block.reason_not_to_run}")


@pytest.fixture
def runnable(block: Block) -> Block:
    """The block, unless it is marked as not to be run; before anything is generated for it."""
    skip_if_marked(block)
    return block


@pytest.mark.parametrize("block", _all("python"))
def test_python_block_runs(runnable: Block, session: Session) -> None:
    session.run_up_to(runnable)


@pytest.mark.parametrize("block", _all("console"))
def test_console_block_is_understood(runnable: Block, session: Session) -> None:
    for command in runnable.commands:
        words = shlex.split(command, comments=True)
        if words[0] == "visalign":
            parse_command(words[1:])


@pytest.mark.parametrize(
    "block",
    [case for case in _all("console") if RUN.fullmatch(case.values[0].mark)]  # type: ignore[union-attr]
    or [pytest.param(None, marks=pytest.mark.skip(reason="no console block is marked <!-- run -->"))],
)
def test_console_block_runs(block: Block, session: Session) -> None:
    session.command_up_to(block)


def parse_command(words: list[str]) -> None:
    """Parse a command line as `visalign` would, without running it."""
    import typer.main

    from visalign.cli import app

    command: Any = typer.main.get_command(app)
    context = command.make_context("visalign", list(words))
    while hasattr(command, "resolve_command"):  # a group: the next word names one of its commands
        name, command, words = command.resolve_command(context, words)
        context = command.make_context(name, list(words), parent=context)


# --- the documentation has no loose ends ------------------------------------------------------------------------


def test_every_mark_is_understood() -> None:
    for page in PAGES:
        for block in _blocks(page):
            mark = block.mark
            looks_like_one = re.match(r"(not )?run\b", mark, re.IGNORECASE)
            assert not looks_like_one or NOT_RUN.fullmatch(mark) or RUN.fullmatch(mark), (
                f"{block.place}: <!-- {mark} -->"
            )


def test_every_fence_is_closed_and_named() -> None:
    for page in PAGES:
        fences = re.findall(r"^[ \t]*(`{3,})(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) % 2 == 0, f"{page}: a block is not closed"
        unnamed = [i for i, (_, info) in enumerate(fences) if i % 2 == 0 and not info.strip()]
        assert not unnamed or page.name == "README.md", (
            f"{page}: block {unnamed[0] // 2 + 1} has no language; use `text`"
        )


LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", [pytest.param(p, id=p.relative_to(ROOT).as_posix()) for p in PAGES])
def test_links_between_files_lead_somewhere(page: Path) -> None:
    targets = [found["target"] for found in LINK.finditer(page.read_text(encoding="utf-8"))]
    # Pages of commands are made from the parsers while the documents are built.
    made = (ROOT / "docs/commands").resolve()
    leads = [(t, (page.parent / t).resolve()) for t in targets if "://" not in t]
    missing = [t for t, path in leads if not path.exists() and path.parent != made]
    assert not missing, f"{page}: {', '.join(missing)}"


NOT_IN_REFERENCE = {"visalign.__main__", "visalign.cli", "visalign.commands.console"}  # told by `visalign --help`


def test_every_public_module_is_in_the_reference() -> None:
    modules = {path: path.read_text(encoding="utf-8") for path in (ROOT / "visalign").rglob("*.py")}
    public = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path, text in modules.items()
        if re.search(r"^__all__\b", text, re.MULTILINE)
    } - {"visalign"}
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.rst"))
    missing = public - set(re.findall(r"automodule:: (\S+)", pages)) - NOT_IN_REFERENCE
    assert not missing, f"add a page, and its line in docs/reference/index.md, for {', '.join(sorted(missing))}"


# --- this file's own machinery ------------------------------------------------------------------------------------

SAMPLE = """# Page

```python
x = 1
```

<!-- not run: needs a camera -->
```python
film()
```

<!-- run: exit 1 -->

```console
$ visalign check clip.mp4 \\
    --text "bin blue"
Audio is late.
$ ls
```
"""


def test_blocks_are_found() -> None:
    first, second, third = blocks_of(ROOT / "page.md", SAMPLE)
    assert (first.line, first.language, first.code, first.mark) == (4, "python", "x = 1\n", "")
    assert second.reason_not_to_run == "needs a camera"
    assert (third.language, third.mark) == ("console", "run: exit 1")
    assert [shlex.split(c) for c in third.commands] == [["visalign", "check", "clip.mp4", "--text", "bin blue"], ["ls"]]


def test_a_failing_block_fails_at_its_line() -> None:
    block = Block(ROOT / "page.md", 40, "python", "x = 1\nassert x == 2\n", "")
    with pytest.raises(AssertionError) as caught:
        run_python(block, {})
    assert caught.traceback[-1].lineno + 1 == 41


@pytest.mark.parametrize("line", ["chekc clip.mp4", "check", "check clip.mp4 --txet blue", "maps lits"])
def test_a_wrong_command_is_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r"No such|Missing parameter"):
        parse_command(shlex.split(line))


def test_a_wrong_doctest_fails() -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run_python(Block(ROOT / "page.md", 1, "python", ">>> 1 + 1\n3\n", ""), {})
