"""The shape of the package: rooms, import direction, sizes, and what no room may do.

The rules are those of ``docs/design.md``. Each is a small function over the source text, so that it
can be shown to catch an offender: a rule that never fires proves nothing.
"""

from __future__ import annotations

import ast
import importlib
import re
import statistics
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "visalign"

# The rooms from the ground up: each may import those above it in this list, and no other. A room is a package, or a
# module beside the packages.
ROOMS: dict[str, str] = {
    "_version": "the version",
    "errors": "everything that is raised on purpose",
    "timeline": "intervals, tiers, frame times",
    "registry": "parts by name",
    "dtw": "dynamic time warping",
    "numerics": "filters and sums without SciPy",
    "hmm_training": "Gaussians, transforms and trees, evaluated and learnt from sums",
    "files": "bytes, tables and texts of anything but media",
    "parameters": "numbers by which evidence is weighed",
    "config": "all settings",
    "signals": "sound and pictures in memory",
    "language": "what is said, without sound",
    "visemes": "maps as data, and what the lips should show",
    "media": "all that knows FFmpeg",
    "sound": "the audio branch below the aligners",
    "forced_alignment": "words and phones in time",
    "lips": "the video branch: from pixels to observed visemes",
    "animation": "from phones to a mouth over time",
    "sync": "where both branches meet",
    "dubbing": "every line of a dub, and whether it may be released",
    "lip_reading": "words off the lips",
    "exports": "a file a format",
    "face": "everything that is drawn",
    "reports": "what was found, in words, tables and pages",
    "pipeline": "the drawing: load, hear, see, judge, report",
    "explanation": "why a clip was judged as it was",
    "doctor": "what is installed",
    "correct": "putting it right",
    "corpora": "which clips there are",
    "acoustic_training": "acoustic models learnt from sound and transcripts",
    "training": "what is learnt from corpora",
    "plots": "figures",
    "evaluation": "how good it is",
    "batch": "many clips",
    "tuning": "settings found by a reward",
    "ratings": "what people see",
    "live_view": "a running camera",
    "desk": "corrections and decisions by hand",
    "__init__": "the public names",
    "commands": "a command a file",
    "cli": "their list, and the last guard",
    "__main__": "python -m visalign",
}
ORDER = {room: place for place, room in enumerate(ROOMS)}
# What is observed on the lips must not be influenced by what is expected from the sound before both meet in sync/.
AUDIO_BRANCH, VIDEO_BRANCH = {"sound", "forced_alignment"}, {"lips"}
DATA_ONLY = {"models", "rigs"}  # packages of data files: their __init__ holds a docstring at most

MAX_MODULE_LINES = 500
MAX_MEDIAN_FUNCTION_LINES = 12
MAX_P95_FUNCTION_LINES = 45

SAYS_NOTHING = {"utils", "util", "core", "common", "base", "helpers", "helper", "manager", "misc", "tools", "stuff"}
UNSAFE = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
NETWORK = {
    *("socket", "ssl", "http", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "ftplib", "smtplib"),
    *("xmlrpc", "socketserver", "asyncio", "webbrowser"),
}
# Servers that this machine alone may reach, which tests/live_view and tests/desk test.
LOCAL_SERVERS = {"desk/server", "live_view/server"}
# A socket pair, which has no address, carries pipes from a batch to its zygote.
BETWEEN_PROCESSES = {"batch/wishes", "batch/engines"}
TOO_BROAD = {"Exception", "BaseException"}
TOO_VAGUE = {"Exception", "BaseException", "RuntimeError"}

SOURCES = {path.relative_to(PACKAGE).with_suffix("").as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8"), str(path)) for name, path in SOURCES.items()}
EVERY_MODULE = pytest.mark.parametrize("module", [pytest.param(name, id=name) for name in SOURCES])

Function = ast.FunctionDef | ast.AsyncFunctionDef


# --- what the rules are made of -------------------------------------------------------------------------------


def room_of(module: str) -> str:
    """The room of a module path: ``forced_alignment/aligner`` lives in ``forced_alignment``."""
    return module.split("/")[0]


def may_import(importer: str, imported: str) -> bool:
    """Whether one room may import another."""
    if importer == imported or imported in DATA_ONLY:
        return True
    branches = [branch for branch in (AUDIO_BRANCH, VIDEO_BRANCH) for room in (importer, imported) if room in branch]
    if AUDIO_BRANCH in branches and VIDEO_BRANCH in branches:
        return False
    return ORDER.get(imported, len(ORDER)) < ORDER.get(importer, -1)  # homeless: in no order at all


def imported_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each dotted name that a module imports, at any depth, with its line; ``from a import b`` gives ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import; write the whole name"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def own_modules(tree: ast.AST, modules: set[str], module: str = "") -> set[str]:
    """The modules of this package that a module imports, and those that its registries name in another package."""
    found = set[str]()
    for name, _ in imported_names(tree):
        parts = name.split(".")
        if parts[0] == "visalign":
            found.add(_closest(parts[1:], modules))
    registered = {_closest(name.split(".")[1:], modules) for name, _ in registry_entries(tree)}
    return found | {name for name in registered if room_of(name) != room_of(module)}


def registry_entries(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Module and name of each ``"visalign.module:Class"`` in a source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = re.fullmatch(r"(visalign(?:\.\w+)+):(\w+)", node.value)
            if found:
                yield found[1], found[2]


def _closest(parts: list[str], modules: set[str]) -> str:
    # ["timeline", "Tier"] -> "timeline"; ["forced_alignment", "align"] -> "forced_alignment/__init__"
    for length in range(len(parts), 0, -1):
        path = "/".join(parts[:length])
        for candidate in (path, f"{path}/__init__"):
            if candidate in modules:
                return candidate
    assert len(parts) <= 1, f"visalign.{'.'.join(parts)} does not exist"
    return "__init__"  # `import visalign`, or a name that it lists


def find_cycle(graph: dict[str, set[str]]) -> list[str] | None:
    """A cycle as the list of its nodes, or None."""
    finished = set[str]()

    def walk(node: str, path: list[str]) -> list[str] | None:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in finished:
            return None
        for following in sorted(graph.get(node, ())):
            if cycle := walk(following, [*path, node]):
                return cycle
        finished.add(node)
        return None

    return next((cycle for node in sorted(graph) if (cycle := walk(node, []))), None)


def function_lengths(tree: ast.AST) -> list[int]:
    """Lines of each function from ``def`` to its end, the docstring not counted."""
    return [_code_lines(node) for node in ast.walk(tree) if isinstance(node, Function)]


def _code_lines(node: Function) -> int:
    first = node.body[0]
    documented = ast.get_docstring(node, clean=False) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def p95(values: list[int]) -> float:
    """The 95th percentile: 95 % of the values are not larger."""
    return sorted(values)[max(0, -(-95 * len(values) // 100) - 1)]


def forbidden_imports(tree: ast.AST, forbidden: set[str]) -> list[int]:
    """Lines that import one of the `forbidden` modules or something inside them."""
    return [
        line
        for name, line in imported_names(tree)
        if any(name == module or name.startswith(module + ".") for module in forbidden)
    ]


def prints(tree: ast.AST) -> list[int]:
    """Lines that print."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def broad_excepts(tree: ast.AST) -> list[int]:
    """Lines that catch everything."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and (node.type is None or _names(node.type) & TOO_BROAD)
    ]


def vague_raises(tree: ast.AST) -> list[int]:
    """Lines that raise something nobody can react to."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc is not None and _raised(node.exc) in TOO_VAGUE
    ]


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _raised(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return target.id if isinstance(target, ast.Name) else ""


def pickled_arrays(tree: ast.AST) -> list[int]:
    """Lines that let numpy unpickle."""
    return [
        node.value.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword)
        and node.arg == "allow_pickle"
        and not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]


def undocumented(tree: ast.Module, *, where: str = "") -> list[str]:
    """Public classes, functions and methods without a docstring."""
    missing = [] if ast.get_docstring(tree) else [f"{where}: the module itself"]

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if not isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) or node.name[0] == "_":
                continue
            if ast.get_docstring(node) is None and not _needs_none(node):
                missing.append(f"{where}:{node.lineno}: {prefix}{node.name}")
            if isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")

    visit(tree.body, "")
    return missing


def _needs_none(node: ast.ClassDef | Function) -> bool:
    # An overload's text stands at the implementation; a setter's at the property.
    return any(
        (isinstance(mark, ast.Name) and mark.id == "overload")
        or (isinstance(mark, ast.Attribute) and mark.attr in {"overload", "setter"})
        for mark in node.decorator_list
    )


def unexplained_local_imports(source: str) -> list[int]:
    """Lines of imports inside a function that no comment explains (same line, or the line above the block)."""
    lines, tree = source.splitlines(), ast.parse(source)
    local = {
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, Function)
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    return sorted(line for line in local if not _explained(lines, line, local))


def _explained(lines: list[str], line: int, local: set[int]) -> bool:
    if "#" in lines[line - 1] or lines[line - 2].lstrip().startswith("#"):
        return True
    return line - 1 in local and _explained(lines, line - 1, local)


# --- rooms and directions -------------------------------------------------------------------------------------


def test_every_module_has_a_room() -> None:
    homeless = sorted({room_of(module) for module in SOURCES} - ORDER.keys() - DATA_ONLY)
    assert not homeless, f"give these a place in ROOMS of {Path(__file__).name}: {', '.join(homeless)}"


def rooms_table() -> str:
    """The table of rooms, as ``docs/design.md`` shows it."""
    rows = [f"| `{room}` | {what} |" for room, what in ROOMS.items()]
    return "\n".join(["| room | what stands there |", "|---|---|", *rows])


def test_the_design_shows_the_table() -> None:
    assert rooms_table() in (PACKAGE.parent / "docs" / "design.md").read_text(encoding="utf-8")


def test_every_room_name_says_something() -> None:
    parts = {part for module in SOURCES for part in module.split("/")}
    assert not parts & SAYS_NOTHING


GRAPH = {module: own_modules(tree, set(SOURCES), module) - {module} for module, tree in TREES.items()}


@EVERY_MODULE
def test_imports_go_down(module: str) -> None:
    importer = room_of(module)
    wrong = [f"{importer} may not import {name}" for name in GRAPH[module] if not may_import(importer, room_of(name))]
    assert not wrong, "\n".join(wrong)


def test_no_cycles() -> None:
    cycle = find_cycle(GRAPH)
    assert cycle is None, " -> ".join(cycle or [])


def reached(module: str, graph: dict[str, set[str]] | None = None) -> set[str]:
    """All modules behind a module, however far."""
    seen, waiting = set[str](), [module]
    while waiting:
        new = (graph or GRAPH)[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def test_the_branches_meet_late() -> None:
    """Follow the imports all the way: nothing behind the audio branch leads to the video branch, or back."""
    for module in SOURCES:
        other = {True: VIDEO_BRANCH, False: AUDIO_BRANCH}.get(room_of(module) in AUDIO_BRANCH)
        if room_of(module) in AUDIO_BRANCH | VIDEO_BRANCH:
            assert not {name for name in reached(module) if room_of(name) in (other or set())}, module


def test_data_packages_hold_no_code() -> None:
    for package in DATA_ONLY:
        modules = [name for name in SOURCES if room_of(name) == package]
        assert modules == [f"{package}/__init__"]
        assert all(isinstance(node, ast.Expr) for node in TREES[modules[0]].body)


def test_package_inits_only_list_names() -> None:
    """No code of a package's own; the lazy loading of names (PEP 562) is as far as it may go."""
    for module, tree in TREES.items():
        if module.endswith("__init__"):
            others = [node.lineno for node in tree.body if not _lists_names(node)]
            assert not others, f"{module}.py does more than list names, line {others[0]}"


def _lists_names(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name in {"__getattr__", "__dir__"}
    if isinstance(node, ast.If):
        return _names(node.test) == {"TYPE_CHECKING"}
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Expr))


def test_registries_name_real_classes() -> None:
    """Each ``"visalign.module:Class"`` in the sources can be imported."""
    for module, name in {entry for tree in TREES.values() for entry in registry_entries(tree)}:
        assert hasattr(importlib.import_module(module), name), f"{module}:{name}"


# --- sizes ----------------------------------------------------------------------------------------------------


@EVERY_MODULE
def test_module_is_short(module: str) -> None:
    n_lines = len(SOURCES[module].read_text(encoding="utf-8").splitlines())
    assert n_lines <= MAX_MODULE_LINES, f"{n_lines} lines: split it by what it does"


def test_functions_are_short() -> None:
    lengths = [length for tree in TREES.values() for length in function_lengths(tree)]
    assert statistics.median(lengths) <= MAX_MEDIAN_FUNCTION_LINES
    assert p95(lengths) <= MAX_P95_FUNCTION_LINES


# --- what no room may do --------------------------------------------------------------------------------------


@EVERY_MODULE
def test_module_keeps_the_house_rules(module: str) -> None:
    tree, room = TREES[module], room_of(module)
    found: dict[str, list[int]] = {
        "prints; only cli.py talks to the user": [] if room == "cli" else prints(tree),
        "catches everything; only batch/worker.py and cli.py may": []
        if module in ("batch/worker", "cli")
        else broad_excepts(tree),
        "raises an error that nobody can react to": vague_raises(tree),
        "unpickles; models are JSON or NPZ": forbidden_imports(tree, UNSAFE) + pickled_arrays(tree),
        "reaches for the network": []
        if module in LOCAL_SERVERS | BETWEEN_PROCESSES
        else forbidden_imports(tree, NETWORK),
        "imports inside a function without saying why": unexplained_local_imports(
            SOURCES[module].read_text(encoding="utf-8")
        ),
    }
    faults = [f"visalign/{module}.py:{line} {rule}" for rule, lines in found.items() for line in lines]
    assert not faults, "\n".join(faults)


@EVERY_MODULE
def test_public_names_are_documented(module: str) -> None:
    if SOURCES[module].read_text(encoding="utf-8").strip():
        missing = undocumented(TREES[module], where=f"visalign/{module}.py")
        assert not missing, "\n".join(missing)


# --- tests ----------------------------------------------------------------------------------------------------

TESTS = Path(__file__).parent

# Each module has tests/<room>/test_<module>.py. These have a suite instead, over whatever stands in their room:
# formats, engines and commands, which must all keep one contract, and chains whose links make sense together alone.
SHARED_SUITES = {
    "_version": "test_packaging.py",
    "acoustic_training/adapted_model": "commands/test_acoustic_command.py",
    "acoustic_training/adapting_recipe": "commands/test_acoustic_command.py",
    "acoustic_training/contents": "commands/test_acoustic_command.py",
    "acoustic_training/reports": "commands/test_acoustic_command.py",
    "acoustic_training/training_recipe": "commands/test_acoustic_command.py",
    "acoustic_training/*": "acoustic_training/test_trainer.py",
    "batch/*": "batch/test_batch.py",
    "cli": "commands/test_cli.py",
    "commands/*": "properties/test_command_line_properties.py",
    "corpora/*": "corpora/test_corpus_details.py",
    "correct/correction": "correct/test_fix.py",
    "desk/*": "desk/test_session.py",
    "desk/answers": "desk/test_server.py",
    "desk/views": "desk/test_server.py",
    "dubbing/*": "dubbing/test_gate.py",
    "exports/*": "exports/test_goldens.py",
    "exports/result_files": "contracts/test_aligners.py",
    "forced_alignment/*": "contracts/test_aligners.py",
    "language/annotations/*": "language/test_annotations.py",
    "language/g2p/*": "language/test_g2p.py",
    "language/normalisation/*": "language/test_english.py",
    "lips/face_album": "lips/test_face_parts.py",
    "live_view/*": "live_view/test_live.py",
    "media/*": "media/test_clips.py",
    "media/remux/*": "media/test_remux.py",
    "numerics": "oracles/test_numerics.py",
    "plots/*": "plots/test_plots.py",
    "ratings/*": "ratings/test_analysis.py",
    "reports/html_report/*": "reports/test_html_report.py",
    "sound/enhancement/*": "sound/test_enhancement.py",
    "sound/voice_activity/*": "sound/test_voice_activity.py",
    "sync/word_verdicts": "sync/test_scoring.py",
    "sync/sound_evidence": "test_explanation.py",
    "sync/s*": "oracles/test_lag_evidence.py",
    "training/*": "training/test_fitting.py",
    "training/lip_confusions": "training/test_map_learning.py",
    "training/map_evaluation": "training/test_map_learning.py",
    "tuning/*": "tuning/test_tuning.py",
}


def mirrored(module: str) -> Path | None:
    """The test file of a module's own, where there is one; packages within a room need no folder."""
    *folders, name = module.split("/")
    places = [TESTS.joinpath(*folders[:depth], f"test_{name}.py") for depth in (len(folders), min(len(folders), 1))]
    return next((place for place in places if place.is_file()), None)


def shared_suite(module: str) -> str | None:
    """The suite of a module; the longest pattern counts."""
    matching = [pattern for pattern in SHARED_SUITES if fnmatch(module, pattern)]
    return SHARED_SUITES[max(matching, key=len)] if matching else None


# As GRAPH, with the registries within a package: a suite over a registry imports none of its modules by name.
WIDE_GRAPH = {module: own_modules(tree, set(SOURCES)) - {module} for module, tree in TREES.items()}


def covered(suite: Path) -> set[str]:
    """All modules that a suite leads to, through what it imports, its helpers among the tests included."""
    tree = ast.parse(suite.read_text(encoding="utf-8"))
    helpers = {name.split(".")[0] for name, _ in imported_names(tree)} - {"visalign", suite.stem}
    found = [path for name in helpers for path in (suite.with_name(f"{name}.py"), TESTS / f"{name}.py")]
    modules = own_modules(tree, set(SOURCES)).union(*(covered(path) for path in found if path.is_file()))
    return modules | {name for module in modules for name in reached(module, WIDE_GRAPH)}


def test_every_module_has_its_mirrored_test() -> None:
    modules = [name for name in SOURCES if not name.endswith(("__init__", "__main__"))]
    alone = [name for name in modules if mirrored(name) is None and shared_suite(name) is None]
    assert not alone, f"no tests/<room>/test_<module>.py, and no row in SHARED_SUITES: {', '.join(alone)}"


def test_shared_suites_lead_to_what_they_cover() -> None:
    """A suite that does not even import a module can't test it, and a row that covers nothing any more has to go."""
    wards: dict[str, set[str]] = {}
    for module in SOURCES:
        if mirrored(module) is None and (suite := shared_suite(module)) and not module.endswith("__init__"):
            wards.setdefault(suite, set()).add(module)
    missed = {suite: sorted(modules - covered(TESTS / suite)) for suite, modules in wards.items()}
    assert not {suite: modules for suite, modules in missed.items() if modules}
    for pattern in SHARED_SUITES:
        assert any(fnmatch(module, pattern) and mirrored(module) is None for module in SOURCES), pattern


# --- the rules catch what they are there for --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "offence"),
    [
        (prints, "print('hello')"),
        (broad_excepts, "try:\n    pass\nexcept:\n    pass"),
        (broad_excepts, "try:\n    pass\nexcept (OSError, Exception):\n    pass"),
        (vague_raises, "raise RuntimeError('no')"),
        (vague_raises, "raise Exception"),
        (pickled_arrays, "np.load(path, allow_pickle=True)"),
        (lambda tree: forbidden_imports(tree, UNSAFE), "import pickle"),
        (lambda tree: forbidden_imports(tree, NETWORK), "from urllib import request"),
        (lambda tree: forbidden_imports(tree, NETWORK), "def f():\n    from http.client import HTTPConnection"),
    ],
)
def test_rule_catches(rule: Callable[[ast.AST], list[int]], offence: str) -> None:
    assert rule(ast.parse(offence))


@pytest.mark.parametrize(
    ("rule", "harmless"),
    [
        (prints, "console.print('hello')"),
        (broad_excepts, "try:\n    pass\nexcept OSError:\n    pass"),
        (vague_raises, "raise MediaError(path, 'no') from None"),
        (vague_raises, "raise"),
        (pickled_arrays, "np.load(path, allow_pickle=False)"),
        (lambda tree: forbidden_imports(tree, NETWORK), "from urllib.parse import quote"),
    ],
)
def test_rule_lets_pass(rule: Callable[[ast.AST], list[int]], harmless: str) -> None:
    assert not rule(ast.parse(harmless))


def test_direction_rule() -> None:
    assert may_import("sync", "lips")
    assert may_import("sync", "forced_alignment")
    assert may_import("lips", "media")
    assert not may_import("lips", "sound")
    assert not may_import("lips", "forced_alignment")
    assert not may_import("sound", "lips")
    assert not may_import("timeline", "language")
    assert not may_import("sync", "pipeline")
    assert not may_import("pipeline", "explanation")
    assert not may_import("homeless", "errors")


def test_registry_strings_are_imports_where_they_leave_their_package() -> None:
    modules = {"reports/writing", "reports/html_report/clip_page", "exports/exporter"}
    source = 'PAGES = {"a": "visalign.reports.html_report.clip_page:write", "b": "visalign.exports.exporter:Exporter"}'
    assert own_modules(ast.parse(source), modules, "reports/writing") == {"exports/exporter"}


def test_imports_are_resolved_to_modules() -> None:
    modules = {"__init__", "timeline", "forced_alignment/__init__", "forced_alignment/aligner"}
    source = "from visalign.timeline import Tier\nfrom visalign.forced_alignment import aligner, force_align"
    found = own_modules(ast.parse(source), modules)
    assert found == {"timeline", "forced_alignment/aligner", "forced_alignment/__init__"}
    assert own_modules(ast.parse("from visalign import __version__"), modules) == {"__init__"}


def test_cycle_finder() -> None:
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_function_lengths_leave_out_docstrings() -> None:
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    x = 1\n    return x\n'
    assert function_lengths(ast.parse(source)) == [3]


def test_p95() -> None:
    assert p95(list(range(1, 101))) == 95
    assert p95([7]) == 7


def test_documentation_rule() -> None:
    source = '"""Module."""\ndef f(): ...\ndef _g(): ...\nclass A:\n    """A."""\n    def m(self): ...\n'
    assert undocumented(ast.parse(source), where="x.py") == ["x.py:2: f", "x.py:6: A.m"]


def test_local_import_rule() -> None:
    unexplained = "def f():\n    import dlib\n    return dlib\n"
    explained = "def f():\n    # dlib takes a second to load\n    import dlib\n    import numpy\n    return dlib\n"
    assert unexplained_local_imports(unexplained) == [2]
    assert unexplained_local_imports(explained) == []


if __name__ == "__main__":
    arrows = {(room_of(module), room_of(name)) for module, names in GRAPH.items() for name in names}
    n_between = sum(room_of(module) != room_of(name) for module, names in GRAPH.items() for name in names)
    print(rooms_table())
    print(f"\n{len(ROOMS)} rooms, {len(SOURCES)} modules; {n_between} imports from room to room, none of them upward;")
    print(f"{sum(a != b for a, b in arrows)} pairs of rooms know one another, in one direction each.")
