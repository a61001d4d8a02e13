"""No regular expression that takes more than its text: every pattern of the package, with text made to hurt it.

The patterns are found in the modules themselves, so that one which is written tomorrow is tried as well. From each the
pieces are taken that it can repeat, and repeated thousands of times, with what may stand before them in front and what
it does not expect behind. A pattern that goes back over what it has read takes four times as long for twice the text.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import math
import re
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import visalign

PACKAGE = Path(visalign.__file__).parent
N = 12_000
PATIENCE_SECONDS = 0.4
QUICK_SECONDS = 0.012  # what takes less is not looked at any further
MOST_TIMES_AS_LONG = 2.9  # for twice the text; 2 is linear, 4 is not
METHODS = ("compile", "sub", "subn", "split", "match", "fullmatch", "search", "findall", "finditer")
ANCHORED = {"match", "fullmatch"}
CALLS = {f"re.{name}" for name in METHODS}


@dataclass(frozen=True)
class Written:
    """A pattern of the package, and whether it is looked for all over a text, or only from one place on."""

    pattern: re.Pattern[Any]
    is_looked_for: bool


def _in(value: object, depth: int = 3) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        yield from (x for item in value.items() for part in item for x in _in(part, depth - 1))
    elif depth and isinstance(value, list | tuple | set | frozenset):
        yield from (x for part in value for x in _in(part, depth - 1))


def _patterns() -> dict[str, Written]:
    """Where each pattern is written -> the pattern."""
    found: dict[str, Written] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).with_suffix("").as_posix()
        text = path.read_text(encoding="utf-8")
        if "import re" not in text:
            continue
        module = importlib.import_module("visalign." + place.replace("/", ".").removesuffix(".__init__"))
        tree, known = ast.parse(text), vars(module)
        uses = _uses(tree)
        for name, value in known.items():
            # Of one in a list nobody knows by which name it is used.
            used = uses.get(name, set()) if isinstance(value, re.Pattern) else set().union(*uses.values())
            for pattern in _in(value):
                found[f"{place} {name} {pattern.pattern!r}"] = Written(pattern, not used <= ANCHORED)
        for call in _calls(tree):
            flags = next((x.value for x in call.keywords if x.arg == "flags"), None)
            try:
                source = eval(ast.unparse(call.args[0]), dict(known))
                number = eval(ast.unparse(flags), dict(known)) if flags is not None else 0
            except NameError:
                assert next(_in([*known.values()]), None), f"{place}:{call.lineno}: write it at the module's top"
                continue
            method = ast.unparse(call.func).removeprefix("re.")
            if isinstance(source, str | bytes) and method != "compile":
                is_looked_for = method not in ANCHORED
                found[f"{place} {method} {source!r}"] = Written(re.compile(source, number), is_looked_for)
    return found


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in CALLS:
            yield node


def _uses(tree: ast.AST) -> dict[str, set[str]]:
    """What is called of each name."""
    uses: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in METHODS:
            uses.setdefault(node.value.id, set()).add(node.attr)
    uses.pop("re", None)
    return uses


# ---- text that hurts a pattern, made of the pattern itself ----


def _characters(items: Any) -> list[str]:
    """A few characters of a class, and where it is one of everything but some, one that it takes."""
    picked: list[str] = []
    negated = False
    for kind, value in items:
        if kind is _constants.NEGATE:
            negated = True
        elif kind is _constants.LITERAL:
            picked.append(chr(value))
        elif kind is _constants.RANGE:
            picked.append(chr(value[0]))
        elif kind is _constants.CATEGORY:
            picked.append(_OF_CATEGORY.get(value, "a"))
    if negated:
        return [c for c in "a 1.<\"'(\n" if c not in picked][:3]
    return picked[:4]


_OF_CATEGORY = {
    _constants.CATEGORY_DIGIT: "1",
    _constants.CATEGORY_SPACE: " ",
    _constants.CATEGORY_WORD: "a",
    _constants.CATEGORY_NOT_DIGIT: "a",
    _constants.CATEGORY_NOT_SPACE: "a",
    _constants.CATEGORY_NOT_WORD: " ",
}
_REPEATS = tuple(
    getattr(_constants, name) for name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") if hasattr(_constants, name)
)


def _samples(parsed: Any) -> list[str]:
    """Some texts that a piece of a pattern matches."""
    ways = [""]
    for kind, value in parsed:
        ways = [a + b for a, b in itertools.islice(itertools.product(ways, _of(kind, value)), 6)]
    return ways


def _of(kind: Any, value: Any) -> list[str]:
    if kind is _constants.LITERAL:
        return [chr(value)]
    if kind is _constants.NOT_LITERAL:
        return ["a" if value != ord("a") else "b"]
    if kind is _constants.ANY:
        return ["a", " "]
    if kind is _constants.IN:
        return _characters(value) or ["a"]
    if kind is _constants.BRANCH:
        return [sample for branch in value[1] for sample in _samples(branch)[:2]][:6]
    if kind is _constants.SUBPATTERN:
        return _samples(value[3])
    if kind is getattr(_constants, "ATOMIC_GROUP", None):
        return _samples(value)
    if kind in _REPEATS:
        low, _high, body = value
        return [sample * max(1, min(low, 3)) for sample in _samples(body)]
    return [""]


def _pumps(parsed: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """What stands before something that may be repeated, and what is repeated."""
    for kind, value in parsed:
        if kind in _REPEATS and value[1] > 9:
            yield from ((before, sample) for sample in _samples(value[2]) if sample)
        if kind in _REPEATS:
            yield from _pumps(value[2], before)
        elif kind is _constants.SUBPATTERN:
            yield from _pumps(value[3], before)
        elif kind is getattr(_constants, "ATOMIC_GROUP", None):
            yield from _pumps(value, before)
        elif kind is _constants.BRANCH:
            for branch in value[1]:
                yield from _pumps(branch, before)
        before += _of(kind, value)[0]


def _attacks(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    parsed = _parser.parse(source, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    pumps = list(dict.fromkeys(_pumps(parsed)))[:40]
    pieces = list(dict.fromkeys(pump for _, pump in pumps))[:8]
    joined = [(before, a + b) for before, a in pumps[:8] for b in pieces if a != b]
    plain = [("", text) for text in (" ", "a", "1", "\t", "<", "(", "a ", "1,", "a.", '"', "\\", "\n")]
    return list(dict.fromkeys([*pumps, *joined, *plain]))


class _TooSlow(Exception):
    pass


def _ring(_number: int, _frame: object) -> None:
    raise _TooSlow


def _seconds(run: Any, text: Any) -> float:
    """How much of the processor's time it takes; infinite where that is more than a second."""
    old = signal.signal(signal.SIGVTALRM, _ring)
    began = time.thread_time()
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE_SECONDS)
        run(text)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return time.thread_time() - began
    except _TooSlow:
        return math.inf
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, old)


def _find_all(pattern: re.Pattern[Any]) -> Callable[[Any], object]:
    return lambda text: deque(pattern.finditer(text), maxlen=0)


PATTERNS = _patterns()


def test_all_patterns_are_found() -> None:
    """Those of a comprehension, of a call and of a constant, whatever they are called."""
    assert len(PATTERNS) > 50
    for place in ("language/normalisation/english", "files/limits", "visemes/lint", "lip_reading/grammar"):
        assert any(name.startswith(f"{place} ") for name in PATTERNS)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_takes_twice_as_long_for_twice_the_text(name: str) -> None:
    written = PATTERNS[name]
    slow = [found for before, pump in _attacks(written.pattern) for found in _slow(written, before, pump)]
    assert not slow, "\n".join(slow[:9])


def _slow(written: Written, before: str, pump: str) -> Iterator[str]:
    """What was too slow, in words. Some patterns take for ever, so that is tried at growing lengths."""
    pattern = written.pattern
    for tail in ("\0", ""):
        for run in (pattern.fullmatch, pattern.match, *[_find_all(pattern)] * written.is_looked_for):
            if _seconds(run, _text(pattern, before, pump, N // len(pump), tail)) < QUICK_SECONDS:
                continue
            n, short = 8, 0.0
            while short < QUICK_SECONDS and n * len(pump) < 2 * N:
                n *= 2
                short = _best(run, _text(pattern, before, pump, n, tail))
            if short < QUICK_SECONDS:
                continue
            long, longer = (_best(run, _text(pattern, before, pump, k * n, tail)) for k in (2, 4))
            if long == math.inf or (long > MOST_TIMES_AS_LONG * short and longer > MOST_TIMES_AS_LONG * long):
                yield f"{before!r} + {pump!r} * {n} + {tail!r}: {short:.3f} s, twice as much {long:.3f} s"
                return


def _best(run: Any, text: Any) -> float:
    """The best of three: another process may have been in the way."""
    return min(_seconds(run, text) for _ in range(3))


def _text(pattern: re.Pattern[Any], before: str, pump: str, n: int, tail: str) -> Any:
    text = before + pump * n + tail
    return text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text


SLOW = [r"(a+)+b", r"\s+$", r"(.+?)\s*[\s_]\s*(?:b)", r"<[^<>]*>|<[^>]*-", r"\s*[\t,]\s*"]


@pytest.mark.parametrize("source", SLOW)
def test_a_pattern_that_goes_back_is_seen(source: str) -> None:
    pattern = re.compile(source)
    assert any(True for before, pump in _attacks(pattern) for _ in _slow(Written(pattern, True), before, pump))
