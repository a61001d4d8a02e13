"""A corpus as a manifest that a batch reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_trees import copy, lrs, make_clip, make_sphere

from visalign.corpora.clip_list import read_manifest
from visalign.corpora.manifest import clips_to_train_with, write_manifest
from visalign.corpora.survey import survey
from visalign.errors import ConfigError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_manifest_is_what_a_batch_reads(tmp_path: Path, clip: Path, suffix: str) -> None:
    lrs(tmp_path / "lrs", clip)
    found = survey(tmp_path / "lrs", "lrs")
    manifest = read_manifest(write_manifest(tmp_path / f"lrs.{suffix}", found.clips))
    assert not manifest.warnings
    rows = [((manifest.root / x.clip).resolve(), x.text, x.speaker, x.condition) for x in manifest.clips]
    assert rows == [(x.clip.path.resolve(), x.clip.transcript, x.clip.speaker, x.clip.split) for x in found.clips]
    clips, without = clips_to_train_with(tmp_path / f"lrs.{suffix}")
    assert [(x.path.resolve(), x.transcript, x.speaker) for x in clips] == [row[:3] for row in rows]
    assert without == []


def test_manifest_names_the_sound_and_clips_without_text(tmp_path: Path, clip: Path) -> None:
    copy(clip, tmp_path, "=s/one.mp4", "b/one.mp4")
    make_sphere(tmp_path / "b/one.wav")
    write_manifest(tmp_path / "m.csv", survey(tmp_path, "folder").clips)
    first, second = read_manifest(tmp_path / "m.csv").clips
    assert (tmp_path / first.clip).is_file()
    assert (second.clip, second.audio, second.text) == ("./b/one.mp4", "./b/one.wav", "")
    assert clips_to_train_with(tmp_path / "m.csv") == ([], [tmp_path / first.clip, tmp_path / second.clip])


def test_only_one_split(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path, clip)
    assert [x.clip.name for x in survey(tmp_path, "lrs", split="test").clips] == ["main/5535415/00002.mp4"]
    with pytest.raises(ConfigError, match="pretrain, test, train"):
        survey(tmp_path, "lrs", split="valid")
