"""A model as the Montreal Forced Aligner's zip."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from toy_language import corpus as toy_corpus

from visalign.acoustic_training.settings import StageSettings, TrainingSettings
from visalign.acoustic_training.trained_model import TrainedModel, write_trained
from visalign.acoustic_training.trainer import train
from visalign.errors import KeptFile
from visalign.forced_alignment.mfa_archive import read_mfa_model, says_positions

SETTINGS = TrainingSettings(stages=(StageSettings("monophone", 3, 40, 0, (2, 3)),), held_out=0.0)


@pytest.fixture(scope="module")
def trained() -> TrainedModel:
    return train([x.utterance for x in toy_corpus(4)], SETTINGS)


def test_the_zip_is_read_as_one_of_mfa(trained: TrainedModel, tmp_path: Path) -> None:
    path = tmp_path / "toy.zip"
    write_trained(path, trained)
    model = read_mfa_model(path)
    assert model.phone_set >= {"a", "i", "m", "s", "t", "u", "sil", "spn"}
    assert (model.silence, model.uses_context, model.lda) == ("sil", False, None)
    assert model.options.features == SETTINGS.features
    assert not model.options.uses_adaptation
    assert not says_positions(path)


def test_it_has_the_files_and_the_keys_that_mfa_looks_for(trained: TrainedModel) -> None:
    assert trained.files.keys() == {
        *("final.mdl", "tree", "phones.txt", "graphemes.txt", "phone_pdf.counts", "meta.json")
    }
    meta = json.loads(trained.files["meta.json"])
    assert (meta["version"], meta["architecture"]) == ("3.4.3", "gmm-hmm")
    assert meta["training"]["num_utterances"] == 4
    assert meta["training"]["num_speakers"] == 2
    lines = trained.files["phones.txt"].decode().splitlines()
    assert lines[:4] == ["<eps>\t0", "sil\t1", "spn\t2", "a\t3"]
    counts = json.loads(trained.files["phone_pdf.counts"])
    total = sum(sum(row.values()) for row in counts.values())
    assert total == sum(path.n_frames for path in trained.paths.values())


@pytest.mark.corpus
def test_meta_has_every_key_that_mfa_writes_itself(trained: TrainedModel, corpus: Path) -> None:
    path = corpus / "mfa_oracle/trained/gt20_mono/gt20_mono.zip"
    if not path.is_file():
        pytest.skip("no mfa_oracle/trained among the development clips")
    with zipfile.ZipFile(path) as archive:
        theirs = json.loads(archive.read("gt20_mono/meta.json"))
        assert {name.split("/")[1] for name in archive.namelist()} - {""} == trained.files.keys()
    ours = json.loads(trained.files["meta.json"])
    assert ours.keys() == theirs.keys()
    for part in ("features", "training", "dictionaries"):
        assert ours[part].keys() == theirs[part].keys(), part


def test_members_and_facts_of_others_go_with_it(trained: TrainedModel, tmp_path: Path) -> None:
    path = tmp_path / "toy.zip"
    write_trained(path, trained, extra={"pronunciations.npz": b"123"}, provenance={"languages": ["xx"]})
    with zipfile.ZipFile(path) as archive:
        assert archive.read("toy/pronunciations.npz") == b"123"
        assert json.loads(archive.read("toy/meta.json"))["training"]["languages"] == ["xx"]
    assert read_mfa_model(path).name == "toy.zip"


def test_the_same_model_is_the_same_bytes_and_another_file_is_kept(trained: TrainedModel, tmp_path: Path) -> None:
    path = tmp_path / "toy.zip"
    write_trained(path, trained)
    first = path.read_bytes()
    write_trained(path, trained)
    assert path.read_bytes() == first
    with pytest.raises(KeptFile):
        write_trained(path, trained, provenance={"languages": ["yy"]})
    write_trained(path, trained, provenance={"languages": ["yy"]}, overwrite=True)
    assert path.read_bytes() != first
