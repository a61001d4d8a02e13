"""JSON, TOML, YAML and XML from files that anybody may have written.

Each reader holds the file to the limits of :mod:`visalign.files.limits` (bytes, levels of nesting, the memory that its
values take, which is up to a hundred times its bytes), knows UTF-8 with and without a byte-order mark, and answers
whatever is wrong with a ParseError that names file and line. A name that stands twice in a JSON object is refused, and
so are NaN and Infinity, which JSON does not have. Numbers are such that any of them can be computed with: none is
beyond a float, and whole ones of TOML and YAML have 64 bits. YAML makes plain data only. XML declares no document
type, and so no entities.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import tomllib
from collections import Counter
from typing import Any, NoReturn
from xml.etree import ElementTree

import yaml

from visalign.errors import BAD_DATA, AnyPath, ParseError, quoted
from visalign.files.inputs import opened_file, read_at_most
from visalign.files.limits import allowed, excess, refuse_costly

__all__ = [
    "parse_json",
    "parse_toml",
    "parse_xml",
    "parse_yaml",
    "read_bytes",
    "read_json",
    "read_toml",
]

# One without an end reaches to the end of the text: else each quote in it would be tried anew.
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[][{}]")
# Numbers that a float may not hold: 300 digits and more, or an exponent of three. It begins at no digit within one.
_LONG_NUMBERS = re.compile(r"(?<![\d.])(?:\d{300,}+(?:\.\d++)?(?:[eE][-+]?\d++)?|\d++(?:\.\d++)?[eE]\+?\d{3,}+)")

# Bytes of memory, measured with CPython 3.11 on files that hold nothing else.
_CONTAINER, _NAME, _VALUE = 92, 115, 35
_ELEMENT, _ATTRIBUTES, _ATTRIBUTE = 100, 240, 100
_KEY_PART = 1100  # of TOML: tomllib keeps a table of flags for each
_NODE = 1500  # of YAML: tokens, events and nodes, all with their places in the text


def read_bytes(path: AnyPath, limit: str = "data-bytes") -> bytes:
    """The bytes of a file that is not larger than a limit.

    Raises
    ------
    ParseError
        If it can't be read, is no regular file, or is too large.
    """
    try:
        with opened_file(path) as file:
            # What the system makes up as it is read has no size.
            size = max(os.fstat(file.fileno()).st_size, 0)
            data = b"" if excess(limit, size) else read_at_most(file, allowed(limit))
        if (fault := excess(limit, max(size, len(data)))) is not None:
            raise ParseError(path, None, fault)
        return data
    except ParseError:
        raise
    except OSError as error:
        raise ParseError(path, None, f"can't be read ({error.strerror}); check the name") from error
    except ValueError as error:
        raise ParseError(quoted(str(path)), None, "no file can have this name") from error


def read_json(path: AnyPath, *, strict: bool = True) -> Any:
    """The data of a JSON file; see :func:`parse_json`.

    Raises
    ------
    ParseError
        If it can't be read, exceeds a limit, or is not JSON.
    """
    return parse_json(path, _text(path, read_bytes(path)), strict=strict)


def parse_json(name: AnyPath, text: str, *, strict: bool = True) -> Any:
    """The data of a text in JSON; `name` is for messages.

    Parameters
    ----------
    strict : bool
        Refuse names that stand twice in an object, NaN and Infinity, as some programs write them.

    Raises
    ------
    ParseError
        If it exceeds a limit, or is not JSON.
    """
    _check_json(name, text)
    try:
        if not strict:
            return json.loads(text)
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ParseError(name, None, "not JSON that can be read: too many levels") from error
    except ValueError as error:
        raise ParseError(name, getattr(error, "lineno", None), f"not JSON ({error})") from error


def _check_json(name: AnyPath, text: str) -> None:
    """Refuse what would be too deep, too large or no number, before any of it is made."""
    refuse_costly(name, _VALUE * (text.count('"') // 2) + sys.getsizeof(text))
    bare = _STRINGS.sub("", text)
    n_containers = bare.count("[") + bare.count("{")
    made = _CONTAINER * n_containers + _NAME * bare.count(":") + _VALUE * bare.count(",")
    refuse_costly(name, made + sys.getsizeof(text))
    _check_nesting(name, bare)
    for found in _LONG_NUMBERS.finditer(bare):
        if math.isinf(float(found[0])):
            line = bare.count("\n", 0, found.start()) + 1
            raise ParseError(name, line, f"{quoted(found[0])} is a number larger than any that can be computed with")


def read_toml(path: AnyPath) -> dict[str, Any]:
    """The data of a TOML file.

    Raises
    ------
    ParseError
        If it can't be read, exceeds a limit, or is not TOML.
    """
    return parse_toml(path, _text(path, read_bytes(path, "settings-bytes")))


def parse_toml(name: AnyPath, text: str) -> dict[str, Any]:
    """The data of a text in TOML; `name` is for messages.

    Raises
    ------
    ParseError
        If it exceeds a limit, or is not TOML.
    """
    if (fault := excess("settings-bytes", len(text))) is not None:
        raise ParseError(name, None, fault)
    _check_toml(name, text)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        raise ParseError(name, int(place[1]) if place else None, f"not a TOML file ({error})") from error
    except RecursionError as error:
        raise ParseError(name, None, "not a TOML file that can be read: too many levels") from error
    except BAD_DATA as error:  # a number of thousands of digits, the 31st of February
        raise ParseError(name, None, f"not a TOML file ({error})") from error
    _check_whole_numbers(name, found)
    return found


# What the syntax of TOML does not look into, longest marks first; one without its end reaches to the end of the text.
_TOML_TEXTS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\Z)'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
_TOML_MARKS = re.compile(r"[.=,\n\[\]{}]")


def _check_toml(name: AnyPath, text: str) -> None:
    """Refuse what would be too deep or too large.

    Levels are made by brackets, and by dots too: ``a.b.c = 1`` and ``[a.b.c]`` are three tables within one another, and
    both ways together are as deep as their sum.
    """
    bare = _TOML_TEXTS.sub("", text)
    levels, n_parts = _Levels(name), 0
    for found in _TOML_MARKS.finditer(bare):
        levels.pass_over(found[0])
        n_parts += found[0] in ".=["
    refuse_costly(name, _KEY_PART * n_parts + _VALUE * bare.count(",") + sys.getsizeof(text))


class _Levels:
    """How deep the place is that the syntax of a TOML file has come to."""

    def __init__(self, name: AnyPath) -> None:
        self._name, self._most = name, allowed("nesting")
        self._table = 0  # levels of the table whose header came last
        self._open: list[int] = []  # levels before each bracket of a value
        self._depth = 0  # of the value within its table
        self._dots = 0
        self._in_value = self._in_header = False

    def pass_over(self, mark: str) -> None:
        """Go on by one mark of the syntax."""
        if mark == ".":
            self._dots += 1
        elif mark == "=":
            self._depth += self._dots + 1
            self._dots, self._in_value = 0, True
        elif mark in "[{":
            self._enter()
        elif mark in "]}":
            self._leave()
        elif mark == "," and self._open:
            self._depth, self._dots = self._open[-1] + 1, 0
        elif mark == "\n" and not self._open:
            self._depth, self._dots, self._in_value, self._in_header = 0, 0, False, False
        found = self._table + self._depth + self._dots
        if found > self._most:
            raise ParseError(self._name, None, excess("nesting", found) or "")

    def _enter(self) -> None:
        if not self._in_value:
            self._table, self._dots, self._in_header = 0, 0, True
            return
        self._open.append(self._depth)
        self._depth, self._dots = self._depth + 1, 0

    def _leave(self) -> None:
        if self._in_header:
            self._table, self._dots = max(self._table, self._dots + 1), 0
        elif self._open:
            self._depth, self._dots = self._open.pop(), 0


_WHOLE_BITS = 64


def _check_whole_numbers(name: AnyPath, found: object) -> None:
    """Refuse whole numbers beyond 64 bits, which TOML does not have, and which no float may hold."""
    waiting: list[tuple[str, object]] = [("", found)]
    seen = set[int]()
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, int):
            if value.bit_length() > _WHOLE_BITS:
                raise ParseError(name, None, f"{key} is {quoted(value)}; a whole number has 64 bits at most")
        elif isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))
            rows = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [(f"{key}.{part}" if key else str(part), x) for part, x in rows]


def parse_yaml(name: AnyPath, text: str | bytes, *, only_texts: bool = False) -> Any:
    """The plain data of a text in YAML; `name` is for messages.

    Parameters
    ----------
    only_texts : bool
        Leave every scalar a text: ``NO`` is a phone, and no truth value.

    Raises
    ------
    ParseError
        If it exceeds a limit, is not YAML, or wants more than plain data (classes, merged tables).
    """
    if (fault := excess("settings-bytes", len(text))) is not None:
        raise ParseError(name, None, fault)
    loader = _texts_loader() if only_texts else _plain_loader()
    try:
        found = yaml.load(text, Loader=loader)
    except (yaml.YAMLError, *BAD_DATA) as error:
        said = " ".join(str(error).split())
        raise ParseError(name, None, f"not YAML that is read here ({said})") from error
    _check_whole_numbers(name, found)
    return found


def _texts_loader() -> type[Any]:
    class Texts(_Shallow, yaml.BaseLoader):  # type: ignore[misc]
        pass

    return Texts


def _plain_loader() -> type[Any]:
    class Plain(_Shallow, yaml.SafeLoader):  # type: ignore[misc]
        def flatten_mapping(self, node: Any) -> None:
            # Ten lines of tables that are merged into one another stand for a billion rows.
            if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
                raise yaml.YAMLError("tables that are merged (<<) are not followed")

        def construct_scalar(self, node: Any) -> Any:
            # Of a number to the base of 60, which YAML has, a million digits would take hours.
            if node.tag in _NUMBERS_OF_YAML and len(node.value) > _LONGEST_NUMBER:
                raise yaml.YAMLError(f"a number of {len(node.value)} characters")
            return super().construct_scalar(node)

    return Plain


_NUMBERS_OF_YAML = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_LONGEST_NUMBER = 100


class _Shallow:
    """Data within data, up to the limit, and no more of it than was written.

    An alias (``*name``) stands for a value once more, at no cost. Whoever walks through the data meets it each time: of
    thirty lists that hold the one before twice, the last one has a billion values. So they are counted as they are met.
    """

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if not hasattr(self, "sizes"):
            self.sizes, self.sums = dict[int, int](), [0]
        is_alias = self.check_event(yaml.events.AliasEvent)  # type: ignore[attr-defined]
        self.depth += 1
        if (fault := excess("nesting", self.depth)) is not None:
            raise yaml.YAMLError(fault)
        self.sums.append(1)
        node = super().compose_node(parent, index)  # type: ignore[misc]
        size = self.sums.pop()
        self.depth -= 1
        if not is_alias:
            self.sizes[id(node)] = size
        elif id(node) in self.sizes:
            size = self.sizes[id(node)]
        else:
            raise yaml.YAMLError("a value that holds itself")
        self.sums[-1] += size
        if (fault := excess("tree-bytes", _NODE * self.sums[-1])) is not None:
            raise yaml.YAMLError(fault)
        return node


def parse_xml(name: AnyPath, data: bytes) -> ElementTree.Element:
    """The root of an XML document; `name` is for messages.

    A document type is refused in whatever encoding it stands: it can declare entities that grow without end, or stand
    for other files.

    Raises
    ------
    ParseError
        If it exceeds a limit, declares a document type, or is not well-formed.
    """
    builder = _Builder(name)
    try:
        return ElementTree.fromstring(data, ElementTree.XMLParser(target=builder))
    except ElementTree.ParseError as error:
        raise ParseError(name, error.position[0], f"not well-formed XML ({error})") from error
    except ParseError:
        raise
    except BAD_DATA as error:  # an encoding that does not exist
        raise ParseError(name, 1, f"not XML that can be read ({error})") from error


class _Builder(ElementTree.TreeBuilder):
    def __init__(self, name: AnyPath) -> None:
        super().__init__()
        self._name, self._depth, self._most = name, 0, allowed("nesting")
        self._made, self._most_made = 0, allowed("tree-bytes")

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> NoReturn:
        raise ParseError(self._name, 1, "declares a document type, which these files never do; it is not read")

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        self._depth += 1
        if self._depth > self._most:
            raise ParseError(self._name, None, excess("nesting", self._depth) or "")
        self._made += _ELEMENT + len(tag)  # a tag holds the address of its namespace, which may be long
        if attrs:
            self._made += _ATTRIBUTES + sum(_ATTRIBUTE + len(name) + len(value) for name, value in attrs.items())
        if self._made > self._most_made:
            refuse_costly(self._name, self._made)
        return super().start(tag, attrs)

    def end(self, tag: str) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def _check_nesting(name: AnyPath, text: str) -> None:
    most, depth = allowed("nesting"), 0
    for found in _BRACKETS.finditer(text):
        depth = depth + 1 if found[0] in "[{" else max(0, depth - 1)
        if depth > most:
            raise ParseError(name, None, excess("nesting", depth) or "")


def _text(path: AnyPath, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ParseError(path, line, "not UTF-8 text; save it as UTF-8") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the name {quoted(twice)} stands twice in one object")
    return found


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")
