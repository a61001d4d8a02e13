"""What only VoxCeleb has: a table of speakers."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_trees import copy, make_clip, voxceleb

from visalign.corpora.survey import survey


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def test_voxceleb_speakers_are_looked_up(tmp_path: Path, clip: Path) -> None:
    voxceleb(tmp_path, clip)
    copy(clip, tmp_path, "dev/mp4/id09999/x/00001.mp4")
    found = survey(tmp_path, "voxceleb")
    assert [x.clip.facts.get("sex") for x in found.clips] == ["male", None, "female"]
    assert [x.reason for x in found.faults] == ["its speaker, id09999, is in neither vox1_meta.csv nor vox2_meta.csv"]
