"""Check a viseme map file: everything that can be wrong with one, each fault with its line.

The loader of :mod:`visalign.visemes.viseme_map` refuses a file at the first error found here, so a map that passes the
linter loads, and a map that does not load says why in the same words.

The house format
----------------
One map is one TOML file in UTF-8::

    id = "jeffers_1971"                 # = the file's name
    name = "Jeffers & Barley 1971"
    alphabet = "arpabet"                # or "ipa", "xsampa": how phones are written below
    citation = "J. Jeffers and M. Barley, Speechreading (Lipreading), Thomas 1971"
    confidence = "B"                    # A primary source · B secondary source that cites it · C recalled
    silence = "S"                       # the viseme of pauses
    fallback = "I"                      # the viseme of phones that the source leaves out
    unlisted = ["HH"]                   # the phones that the source leaves out: exactly the gap, no more, no less

    [visemes]
    A = { phones = ["F", "V"], articulator = "labiodental", description = "lip to teeth" }
    S = { phones = ["SIL"], articulator = "silence" }

Optional: ``source`` (where the table was read), ``licence``, ``notes``, ``strip_stress`` (true by default),
``inventory`` (the phones a language has, for alphabets other than ARPABET: the gap is measured against it), and

``[fill]``
    ``NG = "kk"``: a place for single unlisted phones, decided by the maker of the file and not by the source.
``[sequences]``
    ``EY = { visemes = ["4", "6"], split = 0.5 }``: a phone that shows two visemes; the second begins after that
    fraction of its duration. The phone is also listed under the viseme that stands for it where one must do.
``[recipes.NAME]``
    ``source = "…"`` and ``[recipes.NAME.visemes]`` with ``PP = { "mouthPress*" = 0.5 }``: weights 0 to 1 of a rig's
    channels for each viseme; ``*`` stands for ``Left`` and ``Right``.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import re
from collections import Counter
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from visalign.errors import InputError, ParseError, UnknownSymbol, quoted
from visalign.files.data_files import parse_toml, read_bytes
from visalign.language.phones import ALPHABETS, ARPABET, SILENCE, is_silence, normalise

__all__ = ["ARTICULATORS", "CONFIDENCES", "LintFinding", "examine_viseme_map", "lint_viseme_map", "read_viseme_map"]

# What the lips do, for closures, evidence and coarticulation; "open" and "spread" are vowel shapes.
ARTICULATORS = (
    "bilabial", "labiodental", "dental", "sibilant", "rounded", "spread", "open", "tongue-only", "other", "silence",
)  # fmt: skip
CONFIDENCES = ("A", "B", "C")

_Document = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class LintFinding:
    """A fault of a viseme map file.

    Parameters
    ----------
    line : int
        1-based line; 0 where the fault has no place (a missing key).
    severity : {"error", "warning"}
        A map with errors does not load.
    message : str
        What is wrong, and what is expected.
    """

    line: int
    severity: Literal["error", "warning"]
    message: str

    def __str__(self) -> str:
        return f"{'line ' + str(self.line) + ': ' if self.line else ''}{self.severity}: {self.message}"


@dataclass(frozen=True, slots=True)
class _Field:
    types: tuple[type, ...]
    is_required: bool = False
    expected: str = "text in quotes"


_TEXT, _NEEDED_TEXT = _Field((str,)), _Field((str,), True)
_LIST = _Field((list,), expected='a list of texts: ["P", "B"]')
_TABLE = _Field((dict,), expected="a table")
_NUMBER = _Field((int, float), True, "a number")

_MAP_FIELDS = {
    "id": _NEEDED_TEXT, "name": _NEEDED_TEXT, "alphabet": _NEEDED_TEXT, "citation": _NEEDED_TEXT,
    "confidence": _NEEDED_TEXT, "silence": _NEEDED_TEXT, "fallback": _TEXT, "source": _TEXT, "licence": _TEXT,
    "notes": _TEXT, "strip_stress": _Field((bool,), expected="true or false"), "unlisted": _LIST, "inventory": _LIST,
    "visemes": _Field((dict,), True, "a table"), "fill": _TABLE, "sequences": _TABLE, "recipes": _TABLE,
}  # fmt: skip
_VISEME_FIELDS = {
    "phones": _Field((list,), True, 'a list of texts: ["P", "B"]'),
    "articulator": _TEXT,
    "description": _TEXT,
}
_SEQUENCE_FIELDS = {
    "visemes": _Field((list,), True, 'two visemes: ["E", "ih"]'),
    "split": _NUMBER,
}
_RECIPE_FIELDS = {"source": _NEEDED_TEXT, "visemes": _Field((dict,), True, "a table"), "licence": _TEXT}


def lint_viseme_map(path: str | PathLike[str]) -> list[LintFinding]:
    """Every fault of a viseme map file, by line; an empty list if there is none.

    Raises
    ------
    ParseError
        If the file can't be read at all.
    """
    text, stem = _read(path), Path(path).stem
    document, findings = examine_viseme_map(text)
    identifier = None if document is None else document.get("id")
    if isinstance(identifier, str) and identifier != stem:
        message = f"id is {quoted(identifier)}, but the file is called {quoted(stem)}"
        findings.append(LintFinding(_Lines(text).of(("id",)), "warning", message))
    return sorted(findings)


def read_viseme_map(path: str | PathLike[str]) -> dict[str, Any]:
    """The content of a viseme map file that has no errors, as TOML gives it.

    Raises
    ------
    ParseError
        At the first error, with its line; for a file that can't be read too.
    """
    document, findings = examine_viseme_map(_read(path))
    errors = sorted(finding for finding in findings if finding.severity == "error")
    if errors or document is None:
        more = f" (and {len(errors) - 1} more: `visalign maps check {path}`)" if len(errors) > 1 else ""
        raise ParseError(path, errors[0].line or None, errors[0].message + more)
    return document


def examine_viseme_map(text: str) -> tuple[dict[str, Any] | None, list[LintFinding]]:
    """Parse a map and find its faults.

    Returns
    -------
    document : dict or None
        As TOML gives it; None if it is not TOML.
    findings : list of LintFinding
        In no particular order. Values are checked only once keys and types are right.
    """
    try:
        document = parse_toml("the map", text)
    except ParseError as error:
        return None, [LintFinding(error.line or text.count("\n") + 1, "error", error.reason)]
    check = _Check(document, text)
    with contextlib.suppress(_Enough):
        check.shape()
        if not check.findings:
            check.values()
    return document, check.findings


def _read(path: str | PathLike[str]) -> str:
    try:
        return read_bytes(path, "settings-bytes").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(path, None, "the viseme map is not UTF-8 text; save it as UTF-8") from error


_MOST_FINDINGS = 100
_MOST_NAMED = 60


class _Enough(Exception):
    """More faults than anybody reads at once."""


class _Check:
    """The faults of one document, collected."""

    def __init__(self, document: _Document, text: str) -> None:
        self.document, self.lines = document, _Lines(text)
        self.findings: list[LintFinding] = []

    def error(self, message: str, *path: str, near: str | None = None) -> None:
        self._find("error", message, path, near)

    def warn(self, message: str, *path: str, near: str | None = None) -> None:
        self._find("warning", message, path, near)

    def _find(self, kind: Literal["error", "warning"], message: str, path: tuple[str, ...], near: str | None) -> None:
        self.findings.append(LintFinding(self.lines.of(path, near), kind, message))
        if len(self.findings) >= _MOST_FINDINGS:
            raise _Enough

    # keys and types

    def shape(self) -> None:
        self.fields(self.document, _MAP_FIELDS, ())
        if self.findings:
            return
        for name, fields in (("visemes", _VISEME_FIELDS), ("sequences", _SEQUENCE_FIELDS), ("recipes", _RECIPE_FIELDS)):
            for key, entry in self.document.get(name, {}).items():
                if isinstance(entry, dict):
                    self.fields(entry, fields, (name, key))
                else:
                    self.error(f"{name}.{key} must be a table with {', '.join(fields)}", name, key)
        for phone, viseme in self.document.get("fill", {}).items():
            if not isinstance(viseme, str):
                self.error(f"fill.{phone} must name a viseme in quotes", "fill", phone)

    def fields(self, table: _Document, fields: dict[str, _Field], path: tuple[str, ...]) -> None:
        for key, value in table.items():
            dotted = ".".join((*path, key))
            if key not in fields:
                near = difflib.get_close_matches(key, fields, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(fields)}"
                self.error(f"unknown key {dotted}; {hint}", *path, key)
            elif not _has_type(value, fields[key]):
                self.error(f"{dotted} must be {fields[key].expected}", *path, key)
        for key, field in fields.items():
            if field.is_required and key not in table:
                inside = f" in {'.'.join(path)}" if path else ""
                self.error(f"the key {key} is missing{inside}", *path)

    # values

    def values(self) -> None:
        if self.document["alphabet"] not in ALPHABETS:
            self.error(f"alphabet must be one of {', '.join(ALPHABETS)}", "alphabet")
            return
        for step in (self.header, self.classes, self.gap, self.fill, self.sequences, self.recipes):
            step()

    def header(self) -> None:
        if self.document["confidence"] not in CONFIDENCES:
            self.error(f"confidence must be one of {', '.join(CONFIDENCES)}", "confidence")
        for key in ("silence", "fallback"):
            if key in self.document:
                self.viseme(self.document[key], key)

    def classes(self) -> None:
        silence = self.document["silence"]
        for key, entry in self.document["visemes"].items():
            articulator = entry.get("articulator", "other")
            if articulator not in ARTICULATORS:
                known = ", ".join(ARTICULATORS)
                self.error(f"articulator {quoted(articulator)} must be one of {known}", "visemes", key)
            for phone in entry["phones"]:
                if self.key_of(phone, "visemes", key) in (SILENCE, "") and key != silence:
                    self.error(
                        f"{quoted(phone)} is silence, which belongs to {quoted(silence)}", "visemes", key, near=phone
                    )
            if not entry["phones"] and key not in (silence, self.document.get("fallback")):
                self.warn(f"viseme {quoted(key)} has no phones", "visemes", key)
        for phone, n_times in Counter(self.listed()).items():
            if n_times > 1:
                users = [key for key in self.document["visemes"] if self.lists(key, phone)]
                where = " and ".join(users)
                reason = f"phone {quoted(phone)} is listed {n_times} times: {where}"
                self.error(reason, "visemes", users[-1], near=phone)

    def gap(self) -> None:
        unlisted = self.document.get("unlisted", [])
        declared = {self.key_of(phone, "unlisted") for phone in unlisted} - {None}
        listed = set(self.listed())
        for phone in sorted(declared & listed, key=str):
            self.error(f"{quoted(phone)} is declared as unlisted, yet a viseme lists it", "unlisted", near=phone)
        missing = sorted(self.inventory() - listed - declared)
        if missing:
            self.error(
                f"no viseme lists {' '.join(missing)}: list them, or declare them in unlisted and give a fallback",
                "unlisted" if "unlisted" in self.document else "visemes",
            )
        strangers = sorted(str(phone) for phone in declared - listed - self.inventory())
        if strangers and self.inventory():
            self.error(f"unlisted names {' '.join(strangers)}, which are not in the inventory", "unlisted")
        placed = {self.quiet(phone) for phone in self.document.get("fill", {})}
        if declared - placed and "fallback" not in self.document:
            names = " ".join(sorted(str(phone) for phone in declared - placed))
            self.error(f"{names} have no viseme: give a fallback, or places under [fill]", "unlisted")

    def fill(self) -> None:
        unlisted = {self.quiet(phone) for phone in self.document.get("unlisted", [])}
        for phone, viseme in self.document.get("fill", {}).items():
            self.viseme(viseme, "fill", phone)
            if self.key_of(phone, "fill", phone) not in unlisted:
                self.error(f"fill.{phone}: only phones declared as unlisted can be filled in", "fill", phone)

    def sequences(self) -> None:
        for phone, entry in self.document.get("sequences", {}).items():
            path = ("sequences", phone)
            self.key_of(phone, *path)
            for viseme in entry["visemes"]:
                self.viseme(viseme, *path)
            if len(entry["visemes"]) != 2:
                self.error(f"sequences.{phone} must name two visemes", *path)
            elif not any(self.lists(viseme, phone) for viseme in entry["visemes"]):
                self.error(f"sequences.{phone}: one of its two visemes must list {quoted(phone)}, or fill it in", *path)
            if not 0 < entry["split"] < 1:
                self.error(f"sequences.{phone}: split {entry['split']} must lie between 0 and 1", *path)

    def recipes(self) -> None:
        for name, recipe in self.document.get("recipes", {}).items():
            for viseme, weights in recipe["visemes"].items():
                path = ("recipes", name, "visemes", viseme)
                self.viseme(viseme, *path)
                if not isinstance(weights, dict) or not all(map(_is_weight, weights.values())):
                    self.error(f"recipe {name}, viseme {viseme}: give channels with weights 0 to 1", *path)

    # look-ups

    def viseme(self, name: object, *path: str) -> None:
        visemes = self.document["visemes"]
        if not isinstance(name, str) or name not in visemes:
            known = list(visemes)[:_MOST_NAMED]
            near = difflib.get_close_matches(str(name)[:_MOST_NAMED], known, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
            self.error(f"{'.'.join(path)}: there is no viseme {quoted(name)}; {hint}", *path)

    def key_of(self, phone: object, *path: str) -> str | None:
        """The phone as the alphabet writes it; an unknown one is reported and gives None."""
        if not isinstance(phone, str):
            self.error(f"{quoted(phone)} must be text in quotes", *path)
            return None
        try:
            return self.spell(phone)
        except UnknownSymbol as error:
            self.error(str(error), *path, near=phone)
            return None

    def quiet(self, phone: object) -> str | None:
        try:
            return self.spell(phone) if isinstance(phone, str) else None
        except InputError:
            return None

    def spell(self, phone: str) -> str:
        spelt = normalise(phone, self.document["alphabet"])
        keeps_stress = not self.document.get("strip_stress", True) and self.document["alphabet"] == "arpabet"
        return phone.strip().upper() if keeps_stress and spelt != SILENCE else spelt

    def listed(self) -> list[str]:
        keys = [self.quiet(phone) for entry in self.document["visemes"].values() for phone in entry["phones"]]
        return [key for key in keys if key is not None and not is_silence(key)]

    def lists(self, viseme: object, phone: str) -> bool:
        return isinstance(viseme, str) and self.quiet(phone) in self.phones_of.get(viseme, ())

    @functools.cached_property
    def phones_of(self) -> dict[str, set[str | None]]:
        """What each viseme lists, or has got to fill in."""
        found = {key: set(map(self.quiet, entry["phones"])) for key, entry in self.document["visemes"].items()}
        for phone, viseme in self.document.get("fill", {}).items():
            found.setdefault(viseme, set()).add(self.quiet(phone))
        return found

    def inventory(self) -> set[str]:
        """The phones that a full map lists: the 39 of CMU, or those that the file names for its language."""
        if self.document["alphabet"] == "arpabet" and self.document.get("strip_stress", True):
            return {symbol for symbol in ARPABET if symbol != SILENCE}
        return {key for phone in self.document.get("inventory", []) if (key := self.quiet(phone)) is not None}


def _has_type(value: object, field: _Field) -> bool:
    if isinstance(value, bool):  # a bool is an int to Python, and not to the reader of a map
        return bool in field.types
    return isinstance(value, field.types)


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


_KEY = r"""(?:[A-Za-z0-9_-]++|"[^"]*+"|'[^']*+')"""
_HEADER = re.compile(rf"\s*+\[\s*+({_KEY}(?:\s*+\.\s*+{_KEY})*+)\s*+\]")
_ENTRY = re.compile(rf"\s*+({_KEY}(?:\s*+\.\s*+{_KEY})*+)\s*+=")


def _pieces(dotted: str) -> tuple[str, ...]:
    return tuple(piece.strip("\"'") for piece in re.findall(_KEY, dotted))


class _Lines:
    """Where the keys of a file stand."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._first: dict[tuple[str, ...], int] = {}
        self._is_key = [False]
        section: tuple[str, ...] = ()
        for number, line in enumerate(self._lines, 1):
            if header := _HEADER.match(line):
                section = here = _pieces(header[1])
            elif entry := _ENTRY.match(line):
                here = section + _pieces(entry[1])
            else:
                here = ()
            self._is_key.append(bool(here))
            if here:
                self._first.setdefault(here, number)

    def of(self, path: tuple[str, ...], near: str | None = None) -> int:
        """1-based line of a key, or of its closest parent; 0 if there is none. `near` is a value to look for after
        it."""
        found = (self._first.get(path[:depth]) for depth in range(len(path), 0, -1))
        best = next((number for number in found if number is not None), 0)
        if near is not None and best:
            for number in range(best, min(best + 40, len(self._lines)) + 1):
                if number > best and self._is_key[number]:
                    break
                if f'"{near}"' in self._lines[number - 1]:
                    return number
        return best
