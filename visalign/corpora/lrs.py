"""LRS2 and LRS3 [1]_ [2]_: sentences from broadcasts and from talks.

Layout
------
LRS2: ``main/5535415699068794046/00001.mp4`` with ``00001.txt`` beside it, ``pretrain/`` the same, and the lists
``train.txt``, ``val.txt``, ``test.txt``, ``pretrain.txt`` of ``<video>/<clip>`` at the top. LRS3: ``trainval/``,
``pretrain/``, ``test/``, ``<video>/<clip>.mp4``; the folder is the split.

A text file begins with ``Text:  WHAT IS SAID``, has further ``Name: value`` lines (``Conf``, ``Ref``) and, after a
line ``WORD START END ASDSCORE``, the times of the words in seconds, which were found by forced alignment; they go
with clips of ``pretrain`` in LRS2, with all in LRS3.

Neither corpus names its speakers. As clips of one video mostly show the same few people, the video takes the place of
the speaker: nobody is then on both sides of a split.

References
----------
.. [1] T. Afouras, J. S. Chung, A. Senior, O. Vinyals and A. Zisserman, Deep audio-visual speech recognition, IEEE
   Trans. PAMI, 2018 (LRS2-BBC).
.. [2] T. Afouras, J. S. Chung and A. Zisserman, LRS3-TED: a large-scale dataset for visual speech recognition,
   arXiv:1809.00496, 2018.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from visalign.corpora.layout import CorpusClip, Labels, attempt, files_below, name_below
from visalign.corpora.training_data import CLIP_SUFFIXES
from visalign.errors import BAD_DATA, ParseError, quoted
from visalign.language.transcript import read_transcript
from visalign.timeline import Interval

__all__ = ["Lrs"]

_LISTS = ("train", "val", "test", "pretrain")
_FOLDERS = ("pretrain", "trainval", "test")
_TABLE = ("WORD", "START", "END")


class Lrs:
    """LRS2 or LRS3 in a folder."""

    title = "LRS2-BBC (Afouras et al. 2018) or LRS3-TED (Afouras et al. 2018)"
    wanted = "clips such as main/5535415699068794046/00001.mp4 with 00001.txt beside them"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listed = {entry: split for split in _LISTS for entry in _read_list(root / f"{split}.txt")}

    def clips(self) -> Iterator[CorpusClip]:
        """All clips two folders deep, with their text."""
        for path in files_below(self._root, CLIP_SUFFIXES):
            name = name_below(self._root, path)
            text, trouble = attempt(partial(_read_text, path.with_suffix(".txt")))
            known = {} if text is None else text[0]
            facts = {key.lower(): value for key, value in known.items() if key != "Text"}
            said, speaker = known.get("Text", "").strip(" {}") or None, path.parent.name
            yield CorpusClip(path, name, said, speaker, self._split(path), facts=facts, trouble=trouble)

    def _split(self, path: Path) -> str:
        entry = f"{path.parent.name}/{path.stem}"
        folder = path.parent.parent.name.lower()
        if folder == "main" and self._listed:
            return self._listed.get(entry, "")
        return folder if folder in _FOLDERS else self._listed.get(entry, "")

    def labels(self, clip: CorpusClip) -> Labels | None:
        """The table of words, where the text file has one."""
        text = _read_text(clip.path.with_suffix(".txt"))
        return Labels(text[1], source="forced alignment") if text is not None and text[1] else None

    def complaint(self, clip: CorpusClip) -> str | None:
        """A missing text, and words that the sentence does not hold."""
        if clip.transcript is None:
            return "no text of it: a file beside it must begin with 'Text:'"
        labels = self.labels(clip)
        said = clip.transcript.split()
        if labels is not None and [x.label for x in labels.words] != said:
            return f"its text has {len(said)} words, its table {len(labels.words)}, and they are not the same"
        if self._listed and clip.path.parent.parent.name == "main" and not clip.split:
            return "in none of the lists train.txt, val.txt and test.txt"
        return None


def _read_list(path: Path) -> list[str]:
    # "6330311066473698535/00011 NF" in LRS2's test list: marks follow the clip
    return [row.split()[0] for row in read_transcript(path).splitlines() if row.strip()] if path.is_file() else []


def _read_text(path: Path) -> tuple[dict[str, str], tuple[Interval, ...]] | None:
    """The ``Name: value`` lines of a text file and its table of words; None without the file."""
    if not path.is_file():
        return None
    facts: dict[str, str] = {}
    words, in_table = list[Interval](), False
    for number, line in enumerate(read_transcript(path).splitlines(), start=1):
        key, colon, value = line.partition(":")
        if tuple(line.split()[:3]) == _TABLE:
            in_table = True
        elif in_table and line.strip():
            words += _word(path, number, line.split())
        elif colon and not in_table:
            facts[key.strip()] = value.strip()
    return facts, tuple(words)


def _word(path: Path, number: int, parts: list[str]) -> list[Interval]:
    try:
        start, end = float(parts[1]), float(parts[2])
        return [Interval(start, end, parts[0])] if start != end else []
    except BAD_DATA as error:
        raise ParseError(
            path, number, f"{quoted(' '.join(parts)[:40])} is not a row of words; wanted: word start end"
        ) from error
