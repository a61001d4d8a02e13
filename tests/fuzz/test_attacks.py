"""Every reader against every attack: each number, each name and each line of its seeds, one after the other.

The fuzzers draw; this goes through. What a reader makes of it is its own matter, but for three things: it raises an
error of visalign's own or none, it does not take long, and its message is short and one that can be shown.
"""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from mutations import NAMES, NUMBERS
from targets import TARGETS, Target

from visalign.errors import VisalignError

SECONDS = 6.0  # of the processor, with all the rest of a test run beside it
MOST_PLACES = 14
LONGEST_MESSAGE = 6000

_NUMBER = re.compile(rb"(?<![\w.])[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?")
_NAME = re.compile(rb"[A-Za-z_][\w-]*+")


def _each(pattern: re.Pattern[bytes], others: tuple[bytes, ...], data: bytes) -> Iterator[bytes]:
    """`data` with one of its places after the other changed, spread over all of it."""
    places = [found.span() for found in pattern.finditer(data, 0, 20_000)]
    for turn, (start, end) in enumerate(places[:: max(1, len(places) // MOST_PLACES)]):
        # Not each at each place: the next one begins where this one ends.
        for other in [others[(turn * 7 + n) % len(others)] for n in range(7)]:
            yield data[:start] + other + data[end:]


def numbers(data: bytes) -> Iterator[bytes]:
    yield from _each(_NUMBER, NUMBERS, data)


def names(data: bytes) -> Iterator[bytes]:
    yield from _each(_NAME, NAMES, data)


def nests(data: bytes) -> Iterator[bytes]:
    for opening in (b"[", b"{", b"(", b"<a>", b'{"a":', b"- ", b"a.", b"[[a.", b"[1,", b'"', b"<v ", b"&amp;"):
        yield opening * 30_000
        yield data[: len(data) // 2] + opening * 30_000 + data[len(data) // 2 :]


def repeats(data: bytes) -> Iterator[bytes]:
    lines = data.split(b"\n")
    for n in range(0, len(lines), max(1, len(lines) // MOST_PLACES)):
        line = lines[n][:2000]
        times = 400_000 // max(1, len(line))
        yield b"\n".join([*lines[: n + 1], *[line] * min(times, 20_000), *lines[n + 1 :]])
    yield data * 20
    yield b"\n" * 300_000
    yield b" " * 300_000 + data
    yield data.replace(b" ", b" " * 500)[:1_000_000]
    yield data.replace(b",", b"," * 500)[:1_000_000]


def codings(data: bytes) -> Iterator[bytes]:
    text = data.decode("utf-8", "replace")
    for coding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"):
        yield text.encode(coding, "replace")
    yield b"\xff\xfe" + data
    yield data.replace(b"\n", b"\r")
    yield data.replace(b"\n", "\u2028".encode())
    yield data.replace(b"a", b"\0")
    yield data.replace(b"a", "\U0001f600".encode())
    yield data + b"\x1a"
    yield data.swapcase()


def packings(data: bytes) -> Iterator[bytes]:
    """What is in an archive, packed in other ways, twice, under other names, and said to be of other sizes."""
    if not data.startswith(b"PK"):
        return
    with zipfile.ZipFile(BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        yield file.getvalue()
    for leave in members:
        file = BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                if name != leave:
                    archive.writestr(name, content)
            archive.writestr(leave, members[leave][: len(members[leave]) // 2])
        yield file.getvalue()
        for other in members.values():  # each array in the place of each
            file = BytesIO()
            with zipfile.ZipFile(file, "w") as archive:
                for name, content in members.items():
                    archive.writestr(name, other if name == leave else content)
            yield file.getvalue()


ATTACKS: tuple[Callable[[bytes], Iterator[bytes]], ...] = (numbers, names, nests, repeats, codings, packings)


@pytest.mark.slow
@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_a_reader_holds_against(target: Target, attack: Callable[[bytes], Iterator[bytes]]) -> None:
    for seed in target.seeds():
        if len(seed) > 200_000 and attack is not packings:
            continue  # a model is no text
        for data in attack(seed):
            _read(target, data)


def _read(target: Target, data: bytes) -> None:
    began = time.thread_time()
    try:
        target.read(data)
    except VisalignError as error:
        told = str(error)
        assert len(told) < LONGEST_MESSAGE, (data[:200], told[:500])
    except Exception as error:
        raise AssertionError(f"{type(error).__name__}: {error!s:.200} of {data[:300]!r}") from error
    taken = time.thread_time() - began
    assert taken < SECONDS, f"{taken:.1f} s for {len(data)} bytes: {data[:300]!r}"
