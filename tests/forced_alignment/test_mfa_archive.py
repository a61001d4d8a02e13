"""Acoustic models of MFA as they are downloaded: the good, the old, the damaged and the hostile."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import kaldi_writer as writer
import numpy as np
import pytest

from visalign.errors import ParseError, UnknownSymbol
from visalign.forced_alignment.acoustic_model import KaldiAcoustics
from visalign.forced_alignment.decoding_graph import Variant, build_graph
from visalign.forced_alignment.mfa_archive import read_mfa_model, says_positions


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
    # As MFA 3.4.3 reads it: whole windows only, slopes, and adaptation to the speaker.
    assert model.options.features.snip_edges
    assert (model.options.uses_deltas, model.options.uses_adaptation) == (True, True)


@pytest.mark.parametrize(
    ("features", "version", "files", "adapts", "deltas"),
    [
        ({}, "2.0.0", (), False, True),
        ({}, "1.0.0", (), True, True),
        ({"fmllr": False}, "0.9.0", (), True, True),
        ({"uses_speaker_adaptation": False}, "3.0.0", ("final.alimdl",), True, True),
        ({}, "3.0.0", ("lda.mat",), False, False),
        ({"uses_deltas": True, "uses_splices": False}, "2.0.6", ("final.alimdl", "lda.mat"), True, False),
    ],
)
def test_what_a_meta_file_does_not_say_its_neighbours_do(
    tmp_path: Path, features: dict[str, object], version: str, files: tuple[str, ...], adapts: bool, deltas: bool
) -> None:
    """A first model is there to adapt from, a matrix to be used, whatever the meta file says; so MFA reads them."""
    content = writer.mfa_files(features={"type": "mfcc", **features}, version=version)
    made = {"final.alimdl": content["final.mdl"], "lda.mat": writer.matrix_file(np.eye(39, 91))}
    model = read_mfa_model(writer.write_zip(tmp_path / "m.zip", content | {name: made[name] for name in files}))
    assert (model.options.uses_adaptation, model.options.uses_deltas) == (adapts, deltas)


def positional_files() -> dict[str, bytes]:
    """A model over sil and aa with places in the word: pdfs tell whether a word ended before, and which place it is."""
    names = ["<eps>", *(f"{x}{y}" for x in ("sil", "spn", "aa") for y in ("", "_B", "_E", "_I", "_S"))]
    names.remove("aa")
    number = {name: i for i, name in enumerate(names)}
    n_phones = len(names) - 1

    def state(pdf: int) -> bytes:
        leaves = b"".join(writer.token("CE") + writer.integer(3 * pdf + i) for i in range(writer.N_STATES))
        head = writer.token("TE") + writer.integer(-1) + b"\xfc" + struct.pack("<I", writer.N_STATES)
        return head + writer.token("(") + leaves + writer.token(")")

    def question(key: int, phones: list[str], yes: bytes, no: bytes) -> bytes:
        asked = struct.pack(f"<i{len(phones)}i", len(phones), *sorted(number[x] for x in phones))
        body = writer.token("{") + yes + no + writer.token("}")
        return writer.token("SE") + writer.integer(key) + b"\4" + asked + body

    after_word = question(0, ["aa_E", "aa_S"], state(1), state(2))
    before_word = question(2, ["aa_B", "aa_S"], state(3), after_word)
    tree = question(1, ["sil", "spn"], state(0), before_word)
    head = writer.token("ContextDependency") + writer.integer(3) + writer.integer(1) + writer.token("ToPdf")
    silences = {number["sil"], number["spn"]}
    kinds = {p: [0] if p in silences else [1, 2, 3] for p in range(1, n_phones + 1)}
    rows = [(p, i, 3 * kind + i) for p in kinds for kind in kinds[p] for i in range(writer.N_STATES)]
    return writer.mfa_files(width=3) | {
        "tree": b"\0B" + head + tree + writer.token("EndContextDependency"),
        "final.mdl": writer.model_file(n_phones, 39, states=rows),
        "phones.txt": "\n".join(f"{name} {i}" for name, i in number.items()).encode(),
    }


@pytest.mark.parametrize(
    ("left", "right", "pdf"),
    [
        (("aa", "E"), ("aa", "I"), 1),  # a word ended before
        (("aa", "S"), ("aa", "E"), 1),
        (("aa", "B"), ("aa", "E"), 2),  # in the midst of one
        (("aa", "I"), ("aa", "I"), 2),
        (("sil", ""), ("aa", "I"), 2),
        (("aa", "B"), ("aa", "S"), 3),  # another one begins
        (("aa", "E"), ("aa", "B"), 3),
        (("", ""), ("sil", ""), 2),
    ],
)
def test_a_tree_may_ask_where_in_its_word_a_neighbour_stands(
    tmp_path: Path, left: tuple[str, str], right: tuple[str, str], pdf: int
) -> None:
    """MFA builds such questions into the trees of models with places (`non_silence_E` and the like)."""
    model = read_mfa_model(writer.write_zip(tmp_path / "m.zip", positional_files()))
    assert model.has_positions
    hmm = model.phone_hmm(model.neighbour(*left), "aa", model.neighbour(*right), "I")
    assert hmm.pdfs == (3 * pdf, 3 * pdf + 1, 3 * pdf + 2)


def test_the_engine_asks_for_neighbours_in_their_places(tmp_path: Path) -> None:
    acoustics = KaldiAcoustics(read_mfa_model(writer.write_zip(tmp_path / "m.zip", positional_files())))
    graph = build_graph([[Variant(("aa", "aa", "aa"))]], acoustics)
    # The second and third phone of the word stand in its midst: none is asked for as if a word ended before it.
    found = {int(graph.words[i]): set() for i in range(len(graph.words))}
    for state, instance in enumerate(graph.instances):
        found[int(graph.words[instance])].add(int(graph.pdf_ids[graph.pdfs[state]]) // 3)
    assert found == {-1: {0}, 0: {2}}


def test_one_suffix_is_no_place(tmp_path: Path) -> None:
    """X-SAMPA writes the lowest tone as _B."""
    files = writer.mfa_files()
    files["phones.txt"] = files["phones.txt"].replace(b"aa", b"a_B")
    model = read_mfa_model(writer.write_zip(tmp_path / "m.zip", files))
    assert not model.has_positions
    assert "a_B" in model.phone_set


@pytest.mark.parametrize(
    ("meta", "says"),
    [
        ({"version": "3.4.3", "dictionaries": {"position_dependent_phones": True}}, True),
        ({"version": "3.4.3", "dictionaries": {"position_dependent_phones": False}}, False),
        ({"version": "2.0.6", "dictionaries": {}}, False),
        ({"version": "1.1.0", "dictionaries": {}}, True),
        ({"version": "2.0.0", "position_dependent_phones": False}, False),
        ({"version": "2.0.0"}, True),
    ],
)
def test_whether_mfa_takes_phones_for_other_ones_by_their_place(
    tmp_path: Path, meta: dict[str, object], says: bool
) -> None:
    assert says_positions(writer.write_zip(tmp_path / "m.zip", writer.mfa_files(**meta))) is says
    with pytest.raises(ParseError, match=r"meta\.json"):
        says_positions(writer.write_zip(tmp_path / "n.zip", {"a": b""}))


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
    for path, says in ((tmp_path / "none.zip", "read"), (tmp_path, "not a regular file")):
        with pytest.raises(ParseError, match=says):
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
