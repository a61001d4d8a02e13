"""What can go wrong in a line of code: small changes to a module's text, found in its syntax tree.

Each operator looks at one node of the tree and yields changes: which bytes of the source to replace, and by what. All
but the replaced bytes stay as they are, so a mutant is a difference of one line, and what stands in messages,
annotations and docstrings is left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

__all__ = ["Mutant", "Source", "is_changed", "mutants_of"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module.

    Parameters
    ----------
    module : str
        Path of the module below the package.
    line : int
        Where the change begins.
    original, mutated : str
        The lines that change, before and after, without indentation.
    text : str
        The whole module with the change.
    site : str
        What was changed and where; all variants of one place have the same.
    """

    module: str
    line: int
    original: str
    mutated: str
    text: str
    site: str


@dataclass(frozen=True, slots=True)
class _Change:
    """Bytes `start` to `end` of a source become `by`."""

    start: int
    end: int
    by: str


class Source:
    """A module's text with its tree; the tree counts bytes, for there are umlauts and Greek letters in it."""

    def __init__(self, text: str) -> None:
        self.raw, self.tree = text.encode(), ast.parse(text)
        self._starts = [0]
        for line in self.raw.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def start(self, node: Any) -> int:
        return int(self._starts[node.lineno - 1] + node.col_offset)

    def end(self, node: Any) -> int:
        return int(self._starts[node.end_lineno - 1] + node.end_col_offset)

    def text(self, node: ast.AST) -> str:
        return self.raw[self.start(node) : self.end(node)].decode()

    def whole(self, node: ast.AST, by: str) -> _Change:
        """The whole node is replaced."""
        return _Change(self.start(node), self.end(node), by)

    def between(self, before: ast.AST, after: ast.AST, old: str, new: str) -> Iterator[_Change]:
        """The operator `old` between two nodes becomes `new`; brackets around the nodes stay."""
        low, high = self.end(before), self.start(after)
        word = rf"\b{old}\b" if old[0].isalpha() else re.escape(old)
        if found := re.search(word, self.raw[low:high].decode()):
            first = low + len(self.raw[low:high].decode()[: found.start()].encode())
            yield _Change(first, first + len(found.group().encode()), new)

    def mutant(self, module: str, change: _Change, site: str) -> Mutant:
        """The module with a change."""
        raw = self.raw[: change.start] + change.by.encode() + self.raw[change.end :]
        low = self.raw.rfind(b"\n", 0, change.start) + 1
        high = self.raw.find(b"\n", change.end)
        high = len(self.raw) if high < 0 else high
        before, after = self.raw[low:high], raw[low : high + len(raw) - len(self.raw)]
        line = self.raw.count(b"\n", 0, change.start) + 1
        return Mutant(module, line, _plain(before), _plain(after), raw.decode(), site)


def _plain(lines: bytes) -> str:
    return " ".join(lines.decode().split())


def mutants_of(module: str, text: str) -> list[Mutant]:
    """All mutants of a module, in the order of its lines; a few of them may be no Python (:func:`is_changed`)."""
    source, found = Source(text), dict[tuple[int, int, str], Mutant]()
    for node in _code(source.tree):
        for name, operator in OPERATORS.items():
            for change in operator(source, node):
                mutant = source.mutant(module, change, f"{name} {change.start}")
                found.setdefault((change.start, change.end, change.by), mutant)
    return sorted(found.values(), key=lambda mutant: mutant.line)


def is_changed(text: str, mutant: Mutant) -> bool:
    """Whether a mutant is Python, and not the same code as `text` written in another way."""
    try:
        return ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(text))
    except SyntaxError:
        return False


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that do something when the code runs."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in _NOT_RUN or (name == "keywords" and _is_checked(node)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_still(child):
                yield from _code(child)


_NOT_RUN = {"annotation", "returns", "decorator_list", "type_comment", "bases", "type_params"}
_STILL = (ast.Import, ast.ImportFrom, ast.Assert, ast.JoinedStr)


def _is_still(node: ast.AST) -> bool:
    """Imports, messages, docstrings, lists of names and types: no test should look for them."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
        return True
    if isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.unparse(node.annotation):
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    return isinstance(node, _STILL)


def _is_checked(node: ast.AST) -> bool:
    """Whether a node's `strict` is no more than an assertion of equal lengths."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip"


# --- operators -----------------------------------------------------------------------------------------------------


def constants(source: Source, node: ast.AST) -> Iterator[_Change]:
    """A number one more, one less, twice or nothing; True and False; the other side."""
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield source.whole(node, str(not value))
    elif isinstance(value, int | float):
        for other in (value + 1, value - 1, 2 * value, type(value)(0)):
            if other != value:
                yield source.whole(node, repr(other) if other >= 0 else f"({other!r})")
    elif isinstance(value, str) and value in _OTHER_WORDS:
        yield source.whole(node, repr(_OTHER_WORDS[value]))


_OTHER_WORDS = {"left": "right", "right": "left", "constant": "nearest", "nearest": "constant"}


def comparisons(source: Source, node: ast.AST) -> Iterator[_Change]:
    """The boundary changes sides, or the comparison is turned round."""
    if isinstance(node, ast.Compare):
        sides = pairwise([node.left, *node.comparators])
        for (left, right), operator in zip(sides, node.ops, strict=True):
            old, others = _COMPARISONS[type(operator)]
            for new in others:
                yield from source.between(left, right, old, new)


_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}


def arithmetic(source: Source, node: ast.AST) -> Iterator[_Change]:
    """Plus and minus, times and over."""
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        old, new = _ARITHMETIC[type(node.op)]
        yield from source.between(node.left, node.right, old, new)
    elif isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        old, new = _ARITHMETIC[type(node.op)]
        yield from source.between(node.target, node.value, f"{old}=", f"{new}=")


_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}


def junctions(source: Source, node: ast.AST) -> Iterator[_Change]:
    """And becomes or."""
    if isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for before, after in pairwise(node.values):
            yield from source.between(before, after, old, new)


def signs(source: Source, node: ast.AST) -> Iterator[_Change]:
    """Not, minus and complement are left out."""
    if isinstance(node, ast.UnaryOp):
        length = 3 if isinstance(node.op, ast.Not) else 1
        yield _Change(source.start(node), source.start(node) + length, "")


def conditions(source: Source, node: ast.AST) -> Iterator[_Change]:
    """A condition turned round."""
    if isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.Compare):
        yield source.whole(node.test, f"(not ({source.text(node.test)}))")


def functions(source: Source, node: ast.AST) -> Iterator[_Change]:
    """A function becomes its counterpart, or is left out and what it was given remains."""
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for other in _COUNTERPARTS.get(name, ()):
        yield _Change(source.end(node.func) - len(name), source.end(node.func), other)
    if name in _LEFT_OUT and node.args:
        yield source.whole(node, f"({source.text(node.args[0])})")


_COUNTERPARTS = {
    "min": ("max",), "max": ("min", "sum"), "minimum": ("maximum",), "maximum": ("minimum",),
    "argmin": ("argmax",), "argmax": ("argmin",), "any": ("all",), "all": ("any",),
    "floor": ("ceil",), "ceil": ("floor",), "mean": ("sum",), "sum": ("mean", "max"), "median": ("mean",),
    "std": ("var",), "zeros": ("ones",), "ones": ("zeros",), "cumsum": ("asarray",), "isfinite": ("isnan",),
    "bisect_left": ("bisect_right",), "bisect_right": ("bisect_left",), "union": ("intersection",),
    "append": ("extend",), "extend": ("append",), "startswith": ("endswith",), "endswith": ("startswith",),
}  # fmt: skip
_LEFT_OUT = {
    "abs", "sqrt", "sorted", "reversed", "round", "clip", "log", "exp", "diff", "nan_to_num", "accumulate",
}  # fmt: skip


def slices(source: Source, node: ast.AST) -> Iterator[_Change]:
    """A slice begins or ends one later, or does not begin or end at all."""
    if isinstance(node, ast.Slice):
        for bound in filter(None, (node.lower, node.upper)):
            yield source.whole(bound, f"({source.text(bound)}) + 1")
            yield source.whole(bound, "")


def axes(source: Source, node: ast.AST) -> Iterator[_Change]:
    """Along the other axis."""
    if isinstance(node, ast.keyword) and node.arg == "axis" and isinstance(node.value, ast.Constant):
        yield source.whole(node.value, "1" if node.value.value == 0 else "0")


def keywords(source: Source, node: ast.AST) -> Iterator[_Change]:
    """A call without one of its named arguments."""
    if not isinstance(node, ast.Call) or _is_checked(node):
        return
    for keyword in node.keywords:
        if keyword.arg is not None:
            low, high = source.start(keyword), source.end(keyword)
            after = re.match(rb"\s*,\s*", source.raw[high:])
            yield _Change(low, high + (len(after.group()) if after else 0), "")


def deletions(source: Source, node: ast.AST) -> Iterator[_Change]:
    """A statement that changes what was there before is left out."""
    if isinstance(node, ast.AugAssign | ast.Expr | ast.Continue | ast.Break | ast.Raise) or (
        isinstance(node, ast.Assign) and _is_changed_again(node)
    ):
        yield source.whole(node, "pass")


def _is_changed_again(node: ast.Assign) -> bool:
    """Assignments into a part of something, or of a name to something made of itself."""
    (target, *_), used = node.targets, {x.id for x in ast.walk(node.value) if isinstance(x, ast.Name)}
    return isinstance(target, ast.Subscript | ast.Attribute) or (isinstance(target, ast.Name) and target.id in used)


def returns(source: Source, node: ast.AST) -> Iterator[_Change]:
    """Nothing is returned, or the opposite, or two things in the other order."""
    if not isinstance(node, ast.Return) or node.value is None:
        return
    value = node.value
    if isinstance(value, ast.Tuple) and len(value.elts) == 2:
        first, second = map(source.text, value.elts)
        yield source.whole(value, f"({second}, {first})")
    elif isinstance(value, ast.Compare | ast.BoolOp):
        yield source.whole(value, f"not ({source.text(value)})")
    elif not (isinstance(value, ast.Constant) and value.value is None):
        yield source.whole(value, "None")


OPERATORS: dict[str, Callable[[Source, ast.AST], Iterator[_Change]]] = {
    function.__name__: function
    for function in (
        constants, comparisons, arithmetic, junctions, signs, conditions, functions, slices, axes, keywords,
        deletions, returns,
    )
}  # fmt: skip
