"""Which reader an annotation file needs: found by what is in it, and by its name where that does not tell."""

from __future__ import annotations

import math
from pathlib import Path

from visalign.errors import AnyPath, ConfigError, ParseError
from visalign.language.annotations.annotation import Annotation
from visalign.language.annotations.content import Content
from visalign.language.annotations.formats import FORMATS, AnnotationFormat

__all__ = ["ANNOTATION_SUFFIXES", "is_annotation", "read_annotation"]

ANNOTATION_SUFFIXES = (".TextGrid", ".eaf", ".ctm", ".json", ".csv", ".tsv", ".mlf")
"""Endings that tell by themselves that a file is an annotation: a ``.lab`` or ``.txt`` may be a plain transcript."""

_UNSURE = (".txt", ".json")  # names that say nothing about which of several kinds, or whether any, was meant
_CAPTIONS = (".srt", ".vtt", ".ass", ".ssa", ".ttml", ".sub", ".sbv")

LONGEST_SHIFT = 1e6
"""Seconds by which an alignment may be moved."""


def read_annotation(path: AnyPath, recording: str | None = None, *, shift: float = 0.0) -> Annotation:
    """Read words, phones and utterances from a file of any of the `FORMATS`, whatever it is called.

    Parameters
    ----------
    path : path-like
        The file.
    recording : str, optional
        Name of the sound, without its ending: which part to read of a file that holds several recordings (CTM, MLF,
        a Collection of Praat), and which medium of several counts in an ELAN file.
    shift : float
        Seconds that are added to every time.

    Raises
    ------
    ParseError
        If the file can't be read or understood.
    ConfigError
        If `shift` is no time.
    """
    if not (math.isfinite(shift) and abs(shift) <= LONGEST_SHIFT):
        raise ConfigError("alignment-shift", shift, "seconds, positive for later")
    content = Content.read(path)
    return _format_of(content).read(content, recording).shifted(shift)


def is_annotation(path: AnyPath) -> bool:
    """Whether a file holds labels with times: by its name, and by its content where the name could be a transcript's.

    What can't be read, or only once, as a pipe, is none.
    """
    suffix = Path(path).suffix.lower()
    if suffix in [x.lower() for x in ANNOTATION_SUFFIXES]:
        return True
    if not any(suffix in x.suffixes for x in FORMATS) or not Path(path).is_file():
        return False
    try:
        return _recognised(Content.read(path)) is not None
    except ParseError:
        return False


def _recognised(content: Content) -> AnnotationFormat | None:
    """The format that a content has the form of; of several, one whose files are called so."""
    likely = sorted(FORMATS, key=lambda x: content.suffix not in x.suffixes)
    return next((x for x in likely if x.is_it(content)), None)


def _format_of(content: Content) -> AnnotationFormat:
    """The format of a content; by its name where it has the form of none, so that its reader tells what is wrong.

    Raises
    ------
    ParseError
        If it has the form of none, and no name that would tell.
    """
    if found := _recognised(content):
        return found
    if content.suffix not in _UNSURE:
        for name in FORMATS:
            if content.suffix in name.suffixes:
                return name
    if content.suffix in _CAPTIONS:
        raise ParseError(content.path, None, "captions, and no alignment; give them as the transcript (--transcript)")
    what = "JSON of an unknown kind" if content.head[:1] in ("{", "[") else "an unknown kind of annotation"
    raise ParseError(content.path, None, f"{what}; read are {', '.join(x.title for x in FORMATS)}")
