"""What only one layout has: SPHERE files, wrong alignments, lists of other programs, the real corpora."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from corpus_trees import copy, lrs, make_clip, put

from visalign.cli import main
from visalign.corpora.clip_list import read_manifest
from visalign.corpora.manifest import listed_clips, write_manifest
from visalign.corpora.survey import survey
from visalign.training.prepared_clips import prepare_folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return int(ended.value.code or 0)


# --- layouts --------------------------------------------------------------------------------------------------


def test_unreadable_text_costs_no_other_clip(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path / "lrs", clip)
    (tmp_path / "lrs/main/5535415/00001.txt").write_bytes(b"Text:  \0\n")
    copy(clip, tmp_path, "plain/a.mp4", "plain/b.mp4")
    (tmp_path / "plain/a.txt").write_bytes(b"bin\0blue")
    put(tmp_path, "plain/b.txt", "hello")
    for layout, n_said in (("lrs", 2), ("plain", 1)):
        found = survey(tmp_path / layout, "folder" if layout == "plain" else layout)
        assert found.count(lambda x: x.clip.transcript) == n_said
        assert any("zero bytes" in x.reason for x in found.faults)


# --- manifest -------------------------------------------------------------------------------------------------


def test_training_takes_a_manifest_or_a_folder(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path / "lrs", clip)
    write_manifest(tmp_path / "m.jsonl", survey(tmp_path / "lrs", "lrs").clips)
    prepared, left_out = prepare_folder(tmp_path / "m.jsonl")
    # these clips show no face: each is named, none is lost
    assert (prepared, [name for name, _ in left_out]) == ([], ["00001.mp4", "00002.mp4", "00009.mp4"])
    copy(clip, tmp_path, "plain/a.mp4")
    put(tmp_path, "plain/a.txt", "hello")
    assert [x.transcript for x in listed_clips(tmp_path / "plain")[0]] == ["hello"]
    put(tmp_path, "l.csv", "clip,text,language\nplain/a.mp4,hallo,de\nplain/b.mp4,hello,\n")
    assert [(x.transcript, x.language) for x in listed_clips(tmp_path / "l.csv")[0]] == [("hallo", "de"), ("hello", "")]


# --- command --------------------------------------------------------------------------------------------------


def test_command(tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    lrs(corpus, clip)
    arguments = ("corpus", corpus, "--as", "lrs")
    assert run(*arguments, "--labels", out / "tiers", "--lhotse", out / "lhotse", "--kaldi", out / "kaldi") == 0
    shown = capsys.readouterr().out
    assert "LRS2" in shown
    assert "pretrain" in shown
    assert (out / "tiers/pretrain/6330311/00009.TextGrid").is_file()
    (corpus / "main/5535415/00001.mp4").write_bytes(b"x")
    assert run(*arguments, "--faults", out / "faults.csv", "--quiet") == 1
    with (out / "faults.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["clip"], row["kind"]) == ("main/5535415/00001.mp4", "damaged")
    assert run(*arguments, "--split", "test", "-o", out / "test.csv", "--quiet") == 0
    assert [x.text for x in read_manifest(out / "test.csv").clips] == ["CHIPS"]
    assert run(*arguments, "--labels", corpus / "tiers") == 2
    assert "never written to" in capsys.readouterr().err
    assert run("corpus", corpus, "--as", "vimeo") == 2
    assert run("corpus", corpus, "--as", "grid") == 3


# --- the real files -------------------------------------------------------------------------------------------


@pytest.mark.corpus
def test_real_emu_and_plain_folders(corpus: Path) -> None:
    found = survey(corpus / "ae", "folder")
    assert found.clips[0].clip.transcript == "amongst her friends she was considered beautiful"
    assert all(x.labels and x.labels.phones for x in found.clips)
    # words that share a phone
    assert [x.reason for x in found.faults] == ["1 of its words begin before the one before ends"] * 2
    assert survey(corpus / "librivox", "folder").count(lambda x: x.clip.transcript) == 5
