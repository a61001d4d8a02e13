"""What only LRS has: its texts with a header."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_trees import copy, lrs, make_clip, put

from visalign.corpora.survey import survey


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def reasons(folder: Path, layout: str) -> list[str]:
    return [fault.reason for fault in survey(folder, layout).faults]


def test_lrs_complaints(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path, clip)
    copy(clip, tmp_path, "main/5535415/00003.mp4", "main/5535415/00004.mp4")
    put(tmp_path, "main/5535415/00003.txt", "Text:  ONE MORE\nConf:  4\n\nWORD START END ASDSCORE\nONE 0.1 0.2 5\n")
    assert reasons(tmp_path, "lrs") == [
        "its text has 2 words, its table 1, and they are not the same",
        "no text of it: a file beside it must begin with 'Text:'",
    ]


def test_lrs_bad_row_of_words(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path, clip)
    put(tmp_path, "pretrain/6330311/00009.txt", "Text:  AND THEN\n\nWORD START END ASDSCORE\nAND now then 1\n")
    [reason] = reasons(tmp_path, "lrs")
    assert "00009.txt:4: 'AND now then 1' is not a row of words" in reason
