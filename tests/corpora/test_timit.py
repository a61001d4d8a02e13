"""What only TIMIT has: facts in names, labels in samples."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_trees import make_clip, put, timit

from visalign.corpora.survey import survey
from visalign.corpora.timit import CORE_TEST
from visalign.timeline import Interval


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def reasons(folder: Path, layout: str) -> list[str]:
    return [fault.reason for fault in survey(folder, layout).faults]


def test_timit_facts(tmp_path: Path, clip: Path) -> None:
    timit(tmp_path, clip)
    test, train = (x.clip for x in survey(tmp_path, "timit").clips)
    assert train.facts == {"dialect": "dr1", "sex": "female"}
    assert test.facts == {"dialect": "dr2", "sex": "male", "core_test": "yes"}
    assert len(CORE_TEST) == 24
    assert sum(name.startswith("m") for name in CORE_TEST) == 16


def test_timit_labels_count_samples(tmp_path: Path, clip: Path) -> None:
    timit(tmp_path, clip)
    found = survey(tmp_path, "timit").clips[0].labels
    assert found is not None
    assert found.words == (Interval(0.2, 0.5, "she"),)
    assert found.source == "by hand"


def test_labels_beyond_the_end_are_told(tmp_path: Path, clip: Path) -> None:
    timit(tmp_path, clip)
    put(tmp_path, "TEST/DR2/MDAB0/SX139.WRD", "3200 80000 she\n")
    assert reasons(tmp_path, "timit") == ["its labels of words end at 5.00 s, the clip at 1.00 s"]


@pytest.mark.corpus
def test_real_timit(corpus: Path) -> None:
    found = survey(corpus / "timit", "timit", check="decode")
    assert [x.clip.speaker for x in found.clips] == ["fvmh0"] * 3
    labels = found.clips[0].labels
    assert labels is not None
    assert found.clips[0].clip.transcript == "she had your dark suit in greasy wash water all year"
    assert (labels.words[0].start, labels.words[0].end) == (7812 / 16000, 10610 / 16000)
    assert not found.faults
