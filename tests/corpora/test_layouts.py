"""One suite for every layout of a corpus: what it reads, what it survives, what it never does."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from corpus_trees import TREES, Expected, Tree, make_clip

from visalign.corpora import LAYOUTS, Survey, load_layout
from visalign.corpora.reference_tiers import write_reference_tiers
from visalign.corpora.survey import survey
from visalign.errors import ConfigError, InputError
from visalign.timeline import Interval

EVERY_TREE = pytest.mark.parametrize("tree", [pytest.param(tree, id=tree.layout) for tree in TREES])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    return tmp_path / "corpus"


def labels(row: tuple[Interval, ...]) -> str | None:
    return " ".join(x.label for x in row) or None


def read(found: Survey) -> tuple[Expected, ...]:
    return tuple(
        Expected(
            x.clip.name,
            x.clip.transcript,
            x.clip.speaker,
            x.clip.split,
            labels(x.labels.words) if x.labels else None,
            labels(x.labels.phones) if x.labels else None,
        )
        for x in found.clips
    )


def contents(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_every_layout_has_a_tree() -> None:
    assert {tree.layout for tree in TREES} == set(LAYOUTS)


@EVERY_TREE
def test_reads_the_published_layout(tree: Tree, root: Path, clip: Path) -> None:
    tree.make(root, clip)
    before = contents(root)
    found = survey(root, tree.layout, check="decode")
    assert read(found) == tree.clips
    assert [fault for fault in found.faults if fault.is_damage] == []
    assert found.duration == pytest.approx(len(tree.clips), abs=0.1 * len(tree.clips))
    assert contents(root) == before, "a corpus is never written to"


@EVERY_TREE
def test_same_answer_twice_and_without_opening(tree: Tree, root: Path, clip: Path) -> None:
    tree.make(root, clip)
    first, second = survey(root, tree.layout), survey(root, tree.layout)
    assert first == second
    assert read(survey(root, tree.layout, check="none")) == tree.clips


@EVERY_TREE
def test_damaged_clip_costs_no_other(tree: Tree, root: Path, clip: Path) -> None:
    tree.make(root, clip)
    victim = next(load_layout(tree.layout, root).clips())
    victim.path.write_bytes(b"not a clip at all")
    found = survey(root, tree.layout)
    assert read(found) == tree.clips[1:]
    [fault] = [fault for fault in found.faults if fault.is_damage]
    assert fault.clip == victim.name
    assert victim.path.name in fault.reason


@EVERY_TREE
def test_labels_become_reference_tiers(tree: Tree, root: Path, clip: Path, tmp_path: Path) -> None:
    tree.make(root, clip)
    written = write_reference_tiers(tmp_path / "tiers", survey(root, tree.layout).clips)
    assert len(written) == sum(1 for x in tree.clips if x.words or x.phones)
    assert all(path.is_file() for path in written)


@EVERY_TREE
def test_empty_folder_says_what_is_wanted(tree: Tree, root: Path) -> None:
    with pytest.raises(InputError, match="wanted: "):
        survey(root, tree.layout)


def test_unknown_layout_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"lrs5.*tcd-timit"):
        survey(tmp_path, "lrs5")
    with pytest.raises(InputError, match="not a folder"):
        survey(tmp_path / "nowhere", "grid")
