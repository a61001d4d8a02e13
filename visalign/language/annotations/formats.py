"""Which annotation files are read: each format with what it is known by, what it holds, and its reader.

How to add a format
-------------------
1. Write a reader: from a :class:`~visalign.language.annotations.content.Content` and the name of the recording to an
   :class:`~visalign.language.annotations.annotation.Annotation`, by way of a
   :class:`~visalign.language.annotations.rows.RowReader`.
2. Write what it is known by: a function that looks at the content, not at the file's name.
3. Add a row to `FORMATS`.
4. Add it to ``tests/language/test_formats.py``, and run ``python tests/language/test_formats.py`` for the table in
   ``docs/how-to/alignments.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from visalign.language.annotations import elan, elan_text, json_files, labels, praat, recognisers, tables
from visalign.language.annotations.annotation import Annotation
from visalign.language.annotations.content import Content

__all__ = ["FORMATS", "AnnotationFormat"]

Reader = Callable[[Content, str | None], Annotation]


@dataclass(frozen=True, slots=True)
class AnnotationFormat:
    """A format of annotation files.

    Parameters
    ----------
    title : str
        What it is called.
    suffixes : tuple of str
        Endings that its files usually have, in small letters.
    holds : str
        What is read from it, for the documentation.
    is_it : callable
        Whether a content is of this format.
    read : callable
        From a content and the name of the recording to what it holds.
    """

    title: str
    suffixes: tuple[str, ...]
    holds: str
    is_it: Callable[[Content], bool]
    read: Reader


def _of_json(is_it: Callable[[Any], bool]) -> Callable[[Content], bool]:
    return lambda content: content.head[:1] in ("{", "[") and is_it(content.json)


FORMATS: tuple[AnnotationFormat, ...] = (
    AnnotationFormat(
        "Praat TextGrid",
        (".textgrid",),
        "long or short text in any encoding, binary, chronological, or in a Collection; tiers `words` and `phones`, "
        "`anna - words` and `anna - phones` of several speakers, MAUS's `ORT-MAU` and `MAU`",
        praat.is_textgrid,
        praat.read_textgrid_file,
    ),
    AnnotationFormat(
        "ELAN",
        (".eaf",),
        "the same names of tiers, or `words@anna`, or the tier's participant; on the clock of the medium "
        "(`TIME_ORIGIN`); words that only share the time of an utterance are aligned within it",
        elan.is_eaf,
        elan.read_eaf_file,
    ),
    AnnotationFormat(
        "JSON of visalign",
        (".json",),
        "what `visalign align`, `check --json` and `export --format json` write",
        _of_json(json_files.is_visalign_json),
        json_files.read_visalign_json,
    ),
    AnnotationFormat(
        "JSON of the Montreal Forced Aligner",
        (".json",),
        "words and phones",
        _of_json(json_files.is_mfa_json),
        json_files.read_mfa_json,
    ),
    AnnotationFormat(
        "JSON of gentle",
        (".json",),
        "words and phones; words that it did not hear are told",
        _of_json(recognisers.is_gentle),
        recognisers.read_gentle,
    ),
    AnnotationFormat(
        "JSON of aeneas",
        (".json",),
        "fragments: utterances, or words where each holds one",
        _of_json(recognisers.is_aeneas),
        recognisers.read_aeneas,
    ),
    AnnotationFormat(
        "JSON of WhisperX",
        (".json",),
        "words with their speakers",
        _of_json(recognisers.is_whisperx),
        recognisers.read_whisperx,
    ),
    AnnotationFormat(
        "JSON of Whisper, its kin and Vosk",
        (".json",),
        "words, or utterances where there are only segments; whisper.cpp, faster-whisper, stable-ts, transformers",
        _of_json(recognisers.is_recognised),
        recognisers.read_recognised,
    ),
    AnnotationFormat(
        "HTK master label file",
        (".mlf",),
        "the entry that is called as the clip",
        labels.is_master_labels,
        labels.read_master_labels,
    ),
    AnnotationFormat(
        elan_text.TITLE,
        (".txt", ".tsv"),
        "what ELAN exports as tab-delimited text, with begin, end and duration",
        elan_text.is_elan_text,
        elan_text.read_elan_text,
    ),
    AnnotationFormat(
        "CTM",
        (".ctm",),
        "words, or phones where all labels are ARPABET; of several recordings the one that is called as the clip",
        labels.is_ctm,
        labels.read_ctm_file,
    ),
    AnnotationFormat(
        "Audacity label track",
        (".txt",),
        "labels in seconds: words, phones where all are ARPABET, or utterances",
        labels.is_label_track,
        labels.read_label_track,
    ),
    AnnotationFormat(
        "HTK and TIMIT labels",
        (".lab", ".rec", ".phn", ".wrd"),
        "`start end label` in units of 100 ns, in seconds where there is a decimal point, of TIMIT in samples",
        labels.is_labels,
        labels.read_labels_file,
    ),
    AnnotationFormat(
        "labels of Xwaves and Festival",
        (".lab",),
        "`end colour label` behind a line with `#`, as in CMU Arctic",
        labels.is_xwaves,
        labels.read_xwaves,
    ),
    AnnotationFormat(
        "table",
        (".csv", ".tsv"),
        "columns `word` (or `phone`, `text`), `start` and `end` (or `duration`) under the names that people give them, "
        "`speaker` and `tier`; the CSV of `mfa align`, of `visalign align` and `export --format csv`, Whisper's TSV",
        tables.is_table,
        tables.read_table_file,
    ),
)
"""In the order in which they are tried."""
