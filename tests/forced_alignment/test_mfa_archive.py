"""Acoustic models of MFA as they are downloaded: the good, the old, the damaged and the hostile."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import kaldi_writer as writer
import numpy as np
import pytest

from visalign.errors import ParseError, UnknownSymbol
from visalign.forced_alignment.mfa_archive import read_mfa_model


def test_a_model_is_read_from_its_zip(tmp_path: Path) -> None:
    model = read_mfa_model(writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files()))
    assert (model.name, model.silence, model.uses_context) == ("tiny.zip", "sil", False)
    assert model.phone_set == {"sil", "spn", *writer.PHONES}
    assert model.phone_hmm("", "aa", "", "S").pdfs == (6, 7, 8)
    assert list(tmp_path.iterdir()) == [tmp_path / "tiny.zip"]


def test_loops_count_a_tenth_and_leaving_in_full(tmp_path: Path) -> None:
    """As Kaldi scales them: 0.1 · log P(loop), and 0.1 · log P(leave) + log P(target | left)."""
    model = read_mfa_model(writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files()))
    arcs = {(a, b): weight for a, b, weight in model.phone_hmm("", "b", "", "S").arcs}
    assert arcs[0, 0] == pytest.approx(0.1 * np.log(0.5), abs=1e-6)
    assert arcs[0, 1] == pytest.approx(0.1 * np.log(0.5), abs=1e-6)


def test_a_second_reading_comes_from_memory_until_the_file_changes(tmp_path: Path) -> None:
    path = writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files())
    first = read_mfa_model(path)
    assert read_mfa_model(path) is first
    writer.write_zip(path, writer.mfa_files(silence_probability=0.3))
    assert read_mfa_model(path).options.silence_probability == 0.3


def test_settings_of_the_meta_file_reach_the_features(tmp_path: Path) -> None:
    features = {"type": "mfcc", "frame_shift": 10, "snip_edges": True, "dither": 1, "high_frequency": 3700}
    files = writer.mfa_files(features=features, initial_silence_probability=0.25, final_silence_correction=0.9)
    options = read_mfa_model(writer.write_zip(tmp_path / "m.zip", files)).options
    assert (options.features.frame_shift, options.features.snip_edges) == (0.01, True)
    assert (options.features.dither, options.features.high_hz) == (1.0, 3700.0)
    assert options.features.offset == pytest.approx(0.0075, abs=1e-9)
    assert np.exp(options.silence_costs.begin_silence) == pytest.approx(0.25, abs=1e-9)
    assert np.exp(options.silence_costs.end_silence) == pytest.approx(0.9, abs=1e-9)


def test_an_old_model_with_yaml_and_no_table_is_read(tmp_path: Path) -> None:
    files = writer.mfa_files()
    del files["meta.json"], files["phones.txt"]
    files["meta.yaml"] = b"architecture: gmm-hmm\nfeatures: mfcc+deltas\nphones: [aa, b, s]\nversion: 1.0.0\n"
    model = read_mfa_model(writer.write_zip(tmp_path / "old.zip", files))
    assert model.symbols == {"sil": 1, "spn": 2, "aa": 3, "b": 4, "s": 5}


def test_a_phone_that_the_model_lacks_is_named(tmp_path: Path) -> None:
    model = read_mfa_model(writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files()))
    with pytest.raises(UnknownSymbol, match="zz"):
        model.phone_hmm("", "zz", "", "S")


@pytest.mark.parametrize("missing", ["final.mdl", "tree", "meta.json"])
def test_what_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    files = writer.mfa_files()
    del files[missing]
    with pytest.raises(ParseError, match=missing):
        read_mfa_model(writer.write_zip(tmp_path / "m.zip", files))


@pytest.mark.parametrize("name", ["final.mdl", "tree"])
def test_a_file_cut_within_the_zip_is_named(tmp_path: Path, name: str) -> None:
    files = writer.mfa_files()
    files[name] = files[name][: len(files[name]) // 2]
    with pytest.raises(ParseError, match=name):
        read_mfa_model(writer.write_zip(tmp_path / "m.zip", files))


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ({"architecture": "nnet3"}, "nnet3"),
        ({"architecture": "ivector"}, "ivector"),
        ({"features": {"type": "plp"}}, "plp"),
        ({"features": {"type": "mfcc", "use_pitch": True}}, "pitch"),
        ({"features": {"type": "mfcc", "frame_shift": 0}}, "frame_shift"),
        ({"features": {"type": "mfcc", "num_coefficients": 10**9}}, "num_coefficients"),
        ({"features": {"type": "mfcc", "num_coefficients": 20}}, "takes 39 features"),
        ({"silence_probability": 1.0}, "silence_probability"),
        ({"silence_probability": "often"}, "silence_probability"),
        ({"optional_silence_phone": "quiet"}, "quiet"),
    ],
)
def test_models_that_can_not_be_used_say_why(tmp_path: Path, meta: dict[str, object], reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read_mfa_model(writer.write_zip(tmp_path / "m.zip", writer.mfa_files(**meta)))


@pytest.mark.parametrize("content", [b"", b"PK\3\4 no zip", b"\0" * 1000])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.zip").write_bytes(content)
    with pytest.raises(ParseError, match="zip"):
        read_mfa_model(tmp_path / "m.zip")


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    path = writer.write_zip(tmp_path / "m.zip", writer.mfa_files())
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ParseError, match="zip"):
        read_mfa_model(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.zip", tmp_path):
        with pytest.raises(ParseError, match="read"):
            read_mfa_model(path)


def test_names_that_climb_out_of_the_zip_write_nothing(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = writer.write_zip(inner / "m.zip", writer.mfa_files(), folder="../../evil")
    read_mfa_model(path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["inner", "m.zip"]


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    files = writer.mfa_files()
    files["final.mdl"] = b"\0" * 50_000_000
    with pytest.raises(ParseError, match="packed more tightly"):
        read_mfa_model(writer.write_zip(tmp_path / "m.zip", files))


def test_a_zip_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    path = writer.write_zip(tmp_path / "m.zip", writer.mfa_files())
    with zipfile.ZipFile(path) as archive:
        row = archive.getinfo("model/final.mdl")
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\1\2", 0, data.rfind(b"model/final.mdl"))
    data[at + 24 : at + 28] = (row.file_size // 3).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(ParseError):
        read_mfa_model(path)


@pytest.mark.parametrize("meta", [b"[1, 2]", b"{", b"\xff\xfe", json.dumps("x").encode()])
def test_a_meta_file_without_settings_is_refused(tmp_path: Path, meta: bytes) -> None:
    with pytest.raises(ParseError, match="meta file"):
        read_mfa_model(writer.write_zip(tmp_path / "m.zip", writer.mfa_files() | {"meta.json": meta}))


def test_a_table_of_phones_that_is_none_is_refused(tmp_path: Path) -> None:
    for table in (b"sil", b"sil one", b"\xff\xff 1"):
        with pytest.raises(ParseError, match=r"phones\.txt"):
            read_mfa_model(writer.write_zip(tmp_path / "m.zip", writer.mfa_files() | {"phones.txt": table}))
