"""JSON, TOML, YAML and XML from files that anybody may have written.

Each reader holds the file to the limits of :mod:`visalign.files.limits` (bytes, levels of nesting), knows UTF-8 with
and without a byte-order mark, and answers whatever is wrong with a ParseError that names file and line. A name that
stands twice in a JSON object is refused, and so are NaN and Infinity, which JSON does not have. YAML makes plain data
only. XML declares no document type, and so no entities.
"""

from __future__ import annotations

import contextlib
import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

import yaml

from visalign.errors import AnyPath, ParseError, quoted
from visalign.files.limits import allowed, excess
from visalign.files.outputs import spare

__all__ = [
    "check_archive",
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
_NOT_BRACKETS = re.compile(r"[^][{}]+")


def read_bytes(path: AnyPath, limit: str = "data-bytes") -> bytes:
    """The bytes of a file that is not larger than a limit.

    Raises
    ------
    ParseError
        If it can't be read, is no regular file, or is too large.
    """
    place = Path(path)
    try:
        if place.exists() and not place.is_file():
            raise ParseError(path, None, "not a regular file; give the name of one")
        size = place.stat().st_size
        if (fault := excess(limit, size)) is not None:
            raise ParseError(path, None, fault)
        spare(place)
        return place.read_bytes()
    except ParseError:
        raise
    except OSError as error:
        raise ParseError(path, None, f"can't be read ({error.strerror}); check the name") from error
    except ValueError as error:
        raise ParseError(repr(str(path)), None, "no file can have this name") from error


def check_archive(path: AnyPath) -> None:
    """Raise ParseError where a zip or NPZ file would unpack to more than is allowed; what is none passes."""
    n_bytes = 0
    with contextlib.suppress(OSError, ValueError, RuntimeError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        n_bytes = sum(member.file_size for member in archive.infolist())
    if (fault := excess("archive-bytes", n_bytes)) is not None:
        raise ParseError(path, None, fault)


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
    _check_nesting(name, _STRINGS.sub("", text))
    try:
        if not strict:
            return json.loads(text)
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except ValueError as error:
        raise ParseError(name, getattr(error, "lineno", None), f"not JSON ({error})") from error
    except RecursionError as error:
        raise ParseError(name, None, "not JSON that can be read: too many levels") from error


def read_toml(path: AnyPath) -> dict[str, Any]:
    """The data of a TOML file.

    Raises
    ------
    ParseError
        If it can't be read, exceeds a limit, or is not TOML.
    """
    return parse_toml(path, _text(path, read_bytes(path)))


def parse_toml(name: AnyPath, text: str) -> dict[str, Any]:
    """The data of a text in TOML; `name` is for messages.

    Raises
    ------
    ParseError
        If it exceeds a limit, or is not TOML.
    """
    _check_nesting(name, text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        raise ParseError(name, int(place[1]) if place else None, f"not a TOML file ({error})") from error
    except RecursionError as error:
        raise ParseError(name, None, "not a TOML file that can be read: too many levels") from error
    except ValueError as error:  # a number of thousands of digits
        raise ParseError(name, None, f"not a TOML file ({error})") from error


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
    loader = _texts_loader() if only_texts else _plain_loader()
    try:
        return yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        said = " ".join(str(error).split())
        raise ParseError(name, None, f"not YAML that is read here ({said})") from error


def _texts_loader() -> type[Any]:
    class Texts(_Shallow, yaml.BaseLoader):  # type: ignore[misc]
        pass

    return Texts


def _plain_loader() -> type[Any]:
    class Plain(_Shallow, yaml.SafeLoader):  # type: ignore[misc]
        def flatten_mapping(self, node: Any) -> None:
            # Ten lines of tables that are merged into one another stand for a billion rows. (An alias alone does no
            # harm: it is the same list once more.)
            if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
                raise yaml.YAMLError("tables that are merged (<<) are not followed")

    return Plain


class _Shallow:
    """Data within data, up to the limit."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if (fault := excess("nesting", self.depth)) is not None:
            raise yaml.YAMLError(fault)
        node = super().compose_node(parent, index)  # type: ignore[misc]
        self.depth -= 1
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
    except (ValueError, LookupError) as error:  # an encoding that does not exist
        raise ParseError(name, 1, f"not XML that can be read ({error})") from error


class _Builder(ElementTree.TreeBuilder):
    def __init__(self, name: AnyPath) -> None:
        super().__init__()
        self._name, self._depth, self._most = name, 0, allowed("nesting")

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> NoReturn:
        raise ParseError(self._name, 1, "declares a document type, which these files never do; it is not read")

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        self._depth += 1
        if self._depth > self._most:
            raise ParseError(self._name, None, excess("nesting", self._depth) or "")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def _check_nesting(name: AnyPath, text: str) -> None:
    most, depth = allowed("nesting"), 0
    for bracket in _NOT_BRACKETS.sub("", text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
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
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {quoted(twice)} stands twice in one object")
    return found


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")
