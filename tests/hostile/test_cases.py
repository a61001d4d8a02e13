"""Every bad input of the table, through the command line and from Python: as expected, nothing half done, no file of
the user's touched.
"""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asking import ask_command_line, ask_python
from cases import CASES
from expected import Case, Works
from workshop import Parts, Workshop

from visalign import pipeline
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.clip_faces import ClipFaces, read_faces

# The slowest takes a tenth of it on an idle machine; a hang takes for ever.
LONGEST_SECONDS = 60.0
# Above what the process needs anyway; a picture of 16000 x 16000 pixels alone would have 768 MB.
MOST_MEMORY_KB = 700_000


@pytest.fixture(scope="session")
def parts(generated_clip: GeneratedClip) -> Parts:
    """The good clip, decoded."""
    return Parts.of(generated_clip)


@pytest.fixture(scope="session")
def known_faces() -> dict[str, ClipFaces]:
    """Lips by the content of their clip: both ways of asking, and cases about the sound alone, read them once."""
    return {}


@pytest.fixture
def lips_read_once(known_faces: dict[str, ClipFaces], monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading lips costs most of a check; the second time the same are handed out under the file's name."""

    def faces(path: Path, **options: Any) -> ClipFaces:
        with Path(path).open("rb") as file:
            key = hashlib.file_digest(file, "sha256").hexdigest()
        if key not in known_faces:
            known_faces[key] = read_faces(path, **options)
        known = known_faces[key]
        named = (replace(face, lips=replace(face.lips, source=Path(path).name)) for face in known.faces)
        return replace(known, faces=tuple(named))

    monkeypatch.setattr(pipeline, "read_faces", faces)


@pytest.fixture(scope="session")
def good_lead(parts: Parts) -> float:
    """What the good clip measures as."""
    answer = ask_python("check", {"video": parts.path, "text": parts.text})
    assert answer.result is not None
    lead: float = answer.result["sync"]["lead_seconds"]
    assert lead == pytest.approx(parts.lead_seconds, abs=0.01)
    return lead


def contents(folder: Path) -> dict[str, object]:
    """What lies in a folder: kinds, times and contents of files."""
    return dict(_described(path) for path in sorted(folder.rglob("*")))


def _described(path: Path) -> tuple[str, object]:
    status = path.lstat()
    data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    return str(path), (status.st_mode, status.st_mtime_ns, hashlib.sha256(data).hexdigest())


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[None]:
    """Time and memory stay within limits."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.monotonic() - began < LONGEST_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY_KB


def _slow(number: int, case: Case) -> bool:
    """A refusal takes no time; of the results every fourth is enough for a quick run."""
    return isinstance(case.expected, Works) and case.command in {"check", "align"} and number % 4 != 0


_EACH = [
    pytest.param(case, id=f"{case.number:02d} {case.name}", marks=[pytest.mark.slow] if _slow(number, case) else [])
    for number, case in enumerate(CASES)
]


@pytest.mark.usefixtures("lips_read_once", "watched")
@pytest.mark.parametrize("case", _EACH)
def test_case(case: Case, parts: Parts, good_lead: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, outputs, here = (tmp_path / name for name in ("inputs", "outputs", "here"))
    for folder in (inputs, outputs, here):
        folder.mkdir()
    monkeypatch.chdir(here)  # a folder of its own, since other tests run at the same time
    options = {key: value for key, value in case.make(Workshop(parts, inputs)).items() if value is not None}
    before = contents(inputs)
    python = ask_python(case.command, options)
    command_line = ask_command_line(case.command, options, outputs)
    assert not list(case.expected.faults(python, command_line, good_lead))
    assert contents(inputs) == before, "an input was changed, or something was written beside it"
    assert not list(here.iterdir())
    n_written = len(list(outputs.iterdir()))
    assert n_written == (1 if isinstance(case.expected, Works) and case.command in {"check", "align"} else 0)
