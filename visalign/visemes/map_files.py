"""Viseme maps as TOML files: written here, read by :class:`~visalign.visemes.viseme_map.VisemeMap`.

The file has the house format of :mod:`visalign.visemes.lint`, with its keys in the order of the shipped files, so that
two versions of a map can be compared line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from visalign.errors import AnyPath
from visalign.files.text_files import write_text
from visalign.visemes.viseme_map import VisemeClass, VisemeMap

__all__ = ["format_viseme_map", "write_viseme_map"]

_HEADER = ("id", "name", "alphabet", "citation", "source", "licence", "confidence", "notes", "silence", "fallback")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def write_viseme_map(path: AnyPath, viseme_map: VisemeMap) -> Path:
    """Write a map as a TOML file.

    Raises
    ------
    OutputError
        If the file can't be written there.
    """
    return write_text(path, format_viseme_map(viseme_map))


def format_viseme_map(viseme_map: VisemeMap) -> str:
    """A map as TOML; :meth:`~visalign.visemes.viseme_map.VisemeMap.load` makes an equal one of it.

    Examples
    --------
    >>> format_viseme_map(VisemeMap.load("franks_kimble_1972")).splitlines()[0]
    'id = "franks_kimble_1972"'
    """
    return "\n".join(_lines(viseme_map)) + "\n"


def _lines(viseme_map: VisemeMap) -> Iterator[str]:
    for key in _HEADER:
        if getattr(viseme_map, key):
            yield f"{key} = {_text(getattr(viseme_map, key))}"
    if not viseme_map.strip_stress:
        yield "strip_stress = false"
    if viseme_map.unlisted:
        yield f"unlisted = {_texts(viseme_map.unlisted)}"
    yield from ("", "[visemes]")
    yield from (f"{_key(name)} = {_viseme(entry)}" for name, entry in viseme_map.classes.items())
    if viseme_map.fill:
        yield from ("", "[fill]")
        yield from (f"{_key(phone)} = {_text(viseme)}" for phone, viseme in viseme_map.fill.items())
    if viseme_map.sequences:
        yield from ("", "[sequences]")
    for phone, sequence in viseme_map.sequences.items():
        yield f"{_key(phone)} = {{ visemes = {_texts(sequence.visemes)}, split = {sequence.split!r} }}"
    for name, recipe in viseme_map.recipes.items():
        yield from ("", f"[recipes.{_key(name)}]", f"source = {_text(recipe.source)}")
        yield f"[recipes.{_key(name)}.visemes]"
        yield from (f"{_key(viseme)} = {_weights(weights)}" for viseme, weights in recipe.weights.items())


def _viseme(entry: VisemeClass) -> str:
    description = f", description = {_text(entry.description)}" if entry.description else ""
    return f"{{ phones = {_texts(entry.phones)}, articulator = {_text(entry.articulator)}{description} }}"


def _weights(weights: Mapping[str, float]) -> str:
    return "{ " + ", ".join(f"{_key(channel)} = {weight!r}" for channel, weight in weights.items()) + " }"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _texts(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(_text, texts)) + "]"


def _text(text: str) -> str:
    # A basic string of TOML escapes as JSON does, and wants DEL escaped too.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
