"""Which reader an annotation file needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from visalign.errors import AnyPath, ParseError
from visalign.files.limits import excess
from visalign.language.annotations.annotation import Annotation
from visalign.language.annotations.elan import read_eaf_file
from visalign.language.annotations.json_files import read_json_file
from visalign.language.annotations.praat import read_textgrid_file
from visalign.language.annotations.tables import read_csv_file, read_ctm_file

__all__ = ["ANNOTATION_SUFFIXES", "read_annotation"]

_READERS: Mapping[str, Callable[[AnyPath, str | None], Annotation]] = MappingProxyType(
    {
        ".TextGrid": read_textgrid_file,
        ".eaf": read_eaf_file,
        ".ctm": read_ctm_file,
        ".json": read_json_file,
        ".csv": read_csv_file,
    }
)

ANNOTATION_SUFFIXES = tuple(_READERS)
"""Endings of the files that :func:`read_annotation` knows."""


def read_annotation(path: AnyPath, recording: str | None = None) -> Annotation:
    """Read words, phones and utterances from a file, by the ending of its name.

    Parameters
    ----------
    path : path-like
        ``.TextGrid``, ``.eaf``, ``.ctm``, ``.json`` or ``.csv``.
    recording : str, optional
        Which recording to read from a CTM file that holds several.

    Raises
    ------
    ParseError
        If the file can't be read or understood.
    """
    path = Path(path)
    for suffix, reader in _READERS.items():
        if path.suffix.lower() == suffix.lower():
            if path.is_file() and (fault := excess("data-bytes", path.stat().st_size)) is not None:
                raise ParseError(path, None, fault)
            return reader(path, recording)
    raise ParseError(path, None, f"unknown kind of annotation; its name must end in {', '.join(ANNOTATION_SUFFIXES)}")
