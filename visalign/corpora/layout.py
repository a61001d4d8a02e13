"""What the layout of a corpus is, the table of all, and what a clip of a corpus is.

How to add a layout
-------------------
1. Write ``corpora/<name>.py`` with one class that has what :class:`Layout` lists.
2. Add it to :data:`LAYOUTS`.
3. Add a tree of it to ``tests/corpora``; the contract tests there fail until it exists.

Conventions
-----------
A layout never writes, never runs a command that a file names, and, but for the manifests of Lhotse and Kaldi, which are
lists of paths, never follows what a file of the corpus names to a place outside of the folder. Names of
folders and files are compared without regard to case, since copies of TIMIT come in either. Clips are in the order of
their paths. The name of a clip is its path below the folder, with ``/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar, cast

from visalign.corpora.training_data import CLIP_SUFFIXES
from visalign.errors import AnyPath, InputError, ParseError
from visalign.registry import find_class
from visalign.timeline import Interval

__all__ = [
    "LAYOUTS",
    "SOUND_SUFFIXES",
    "CorpusClip",
    "Labels",
    "Layout",
    "attempt",
    "files_below",
    "load_layout",
    "name_below",
    "named_file",
]

LAYOUTS = {
    "grid": "visalign.corpora.grid:Grid",
    "timit": "visalign.corpora.timit:Timit",
    "tcd-timit": "visalign.corpora.tcd_timit:TcdTimit",
    "lrs": "visalign.corpora.lrs:Lrs",
    "voxceleb": "visalign.corpora.voxceleb:VoxCeleb",
    "folder": "visalign.corpora.folder:PlainFolder",
    "lhotse": "visalign.corpora.lhotse:LhotseManifests",
    "kaldi": "visalign.corpora.kaldi:KaldiFolder",
}
"""Name of each layout and where its class stands."""

SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".aac", ".opus", ".aif", ".aiff", ".sph")


@dataclass(frozen=True, slots=True)
class CorpusClip:
    """A clip of a corpus and what the corpus says about it.

    Parameters
    ----------
    path : Path
        The clip; in corpora of sound alone, the sound.
    name : str
        Path below the folder of the corpus, with ``/``.
    transcript : str or None
        What is said; None where the corpus does not tell.
    speaker : str
        "" where the corpus does not tell.
    split : str
        The part that the corpus puts it into ("train", "test" …), "" where there is none.
    audio : Path or None
        A better recording of the sound beside the clip.
    facts : mapping of str to str
        What else the layout tells: sex, dialect, camera.
    trouble : str
        Why its text could not be read, where that is so.
    """

    path: Path
    name: str
    transcript: str | None = None
    speaker: str = ""
    split: str = ""
    audio: Path | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels that a corpus has for a clip, as they were written down, silence left out where it has no label.

    Parameters
    ----------
    words, phones : tuple of Interval
        Sorted; they may leave gaps, and neighbours may overlap where they do so in the corpus.
    source : str
        Where they come from, in words: ``"by hand"``, ``"forced alignment"``.
    """

    words: tuple[Interval, ...] = ()
    phones: tuple[Interval, ...] = ()
    source: str = ""


class Layout(Protocol):
    """How a corpus lies in its folder.

    The class is made with the folder: ``Grid(Path("grid"))``.

    Attributes
    ----------
    title : str
        Name of the corpus, and who made it.
    wanted : str
        What the folder must hold, for messages.
    """

    title: str
    wanted: str

    def __init__(self, root: Path) -> None: ...

    def clips(self) -> Iterator[CorpusClip]:
        """All clips, sorted by path.

        Raises
        ------
        ParseError
            If a list that concerns all clips can't be read.
        """
        ...

    def labels(self, clip: CorpusClip) -> Labels | None:
        """Labels of a clip; None where there are none.

        Raises
        ------
        ParseError
            If they can't be read.
        """
        ...

    def complaint(self, clip: CorpusClip) -> str | None:
        """What contradicts itself in what the layout tells of a clip, or None."""
        ...


def load_layout(name: str, folder: AnyPath) -> Layout:
    """The layout `name` over `folder`.

    Raises
    ------
    ConfigError
        If there is no such layout.
    InputError
        If there is no such folder.
    """
    layout = find_class(LAYOUTS, name, "corpus layout")
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{root}: not a folder. Give the folder into which the corpus was unpacked.")
    return cast(Layout, layout(root))


_Found = TypeVar("_Found")


def attempt(read: Callable[[], _Found | None]) -> tuple[_Found | None, str]:
    """What `read` gives, or None and why it failed: one text that can't be read must not cost the other clips."""
    try:
        return read(), ""
    except ParseError as error:
        return None, str(error)


def files_below(root: Path, suffixes: tuple[str, ...] = CLIP_SUFFIXES + SOUND_SUFFIXES) -> list[Path]:
    """Files with one of `suffixes`, sorted; what archives of a Mac leave behind (``._name``, ``__MACOSX``) left out."""
    return sorted(
        path
        for path in root.rglob("*")
        if path.suffix.lower() in suffixes
        and not path.name.startswith("._")
        and "__MACOSX" not in path.parts
        and path.is_file()
    )


def name_below(root: Path, path: Path) -> str:
    """Path of a file below `root`, with ``/``."""
    return path.relative_to(root).as_posix()


def named_file(folder: Path, name: str) -> Path:
    """The file that a list in `folder` names: beside the list where it is there, else from the current folder on."""
    beside = folder / name  # an absolute name stays as it is
    return beside if beside.exists() or not Path(name).exists() else Path(name)
