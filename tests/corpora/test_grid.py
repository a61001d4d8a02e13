"""What only GRID has: names that say the words."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_trees import align_text, copy, make_clip, put

from visalign.corpora.grid import sentence_of
from visalign.corpora.survey import survey


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def reasons(folder: Path, layout: str) -> list[str]:
    return [fault.reason for fault in survey(folder, layout).faults]


def test_grid_name_and_alignment_must_agree(tmp_path: Path, clip: Path) -> None:
    copy(clip, tmp_path, "s1/bbaf2n.mp4", "s1/bbaf3s.mp4")
    put(tmp_path, "s1/bbaf2n.align", align_text("bin blue at f three soon"))
    put(tmp_path, "s1/bbaf3s.align", align_text("bin blue at f three soon").replace("25000 sil", "80000 sil"))
    assert reasons(tmp_path, "grid") == [
        'its name spells "bin blue at f two now", its alignment "bin blue at f three soon"',
    ]


@pytest.mark.parametrize("stem", ["bbaf2", "xbaf2n", "bbafan", "s1-bbaf2n", "bbaf2n2"])
def test_grid_names(stem: str) -> None:
    assert sentence_of(stem) is None


@pytest.mark.corpus
def test_real_grid(corpus: Path) -> None:
    found = survey(corpus / "grid", "grid")
    assert {"s1", "s2", "s30", "s31", "s32", "s5"} <= set(found.speakers)  # more may be put there
    n_labelled = len(list((corpus / "grid").rglob("*.align")))
    assert (found.count(lambda x: x.labels), len(found.clips) - len(found.faults)) == (n_labelled, n_labelled)
    assert len(found.clips) >= 176
    assert {x.reason for x in found.faults} == {"no alignment of its words was found"}
    assert all(len((x.clip.transcript or "").split()) == 6 for x in found.clips)
