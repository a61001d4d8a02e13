"""The lip model: what it knows of phones and sound, and its file."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips, random_decoder, random_sounds, random_stream

from visalign.errors import BackendUnavailable, ParseError, UnknownSymbol
from visalign.files.limits import LIMITS
from visalign.parameters import EvidenceParams
from visalign.signals import Audio
from visalign.sound.speech import N_BANDS
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.speech_context import ATTRIBUTES, OFFSETS, PHONES, SpeechContext, attributes_of
from visalign.sync.streams import stream_log_likelihoods
from visalign.timeline import Tier

N_CHANNELS = len(PHONES) + len(ATTRIBUTES) + N_BANDS
QUIET = Audio(np.random.default_rng(0).normal(0, 1e-3, 16000).astype(np.float32), 16000)


@pytest.fixture(scope="module")
def small_model() -> LipModel:
    rng = np.random.default_rng(0)
    streams = tuple(random_stream(rng, NAMES[:n], N_CHANNELS, 2, weight) for n, weight in ((3, 1.0), (5, 0.6)))
    return LipModel(
        streams,
        Calibration(0.2, 0.01, -1.0, (2.0, 0.0)),
        random_decoder(rng, NAMES[:2], ("AA", "B", "SIL")),
        random_sounds(rng),
        {"corpus": "none"},
    )


@pytest.fixture(scope="module")
def model_file(small_model: LipModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model.save(tmp_path_factory.mktemp("model") / "small.npz")


# --- what is heard -------------------------------------------------------------------------------------------------


def test_attributes_are_those_of_the_chart() -> None:
    assert attributes_of("UW1") == attributes_of("UW") >= {"vowel", "rounded", "voiced"}
    assert attributes_of("SH") >= {"consonant", "fricative", "sibilant"}
    assert attributes_of("P") ^ attributes_of("B") == {"voiced"}
    assert "sibilant" not in attributes_of("F")
    with pytest.raises(UnknownSymbol):
        attributes_of("QQ")


def test_no_two_phones_look_alike_to_the_model() -> None:
    rows = {tuple(phone == p for p in PHONES) for phone in PHONES}
    assert len(rows) == len(PHONES) == 40
    # the back-off tells most apart as well
    assert len({attributes_of(phone) for phone in PHONES}) >= 30


def test_the_context_holds_phone_attributes_and_sound_at_their_time() -> None:
    phones = Tier("phones", (0.0, 0.3, 0.6, 1.0), ("SIL", "B", "UW1"))
    rows = SpeechContext.of(QUIET, phones).rows
    assert rows.shape == (101, N_CHANNELS)
    for row, phone in ((10, "SIL"), (45, "B"), (80, "UW")):
        spoken = rows[row, : len(PHONES)]
        assert PHONES[int(spoken.argmax())] == phone
        assert spoken.max() == pytest.approx(1, abs=1e-5)
        marked = {a for a, x in zip(ATTRIBUTES, rows[row, len(PHONES) :], strict=False) if x > 0.99}
        assert marked == attributes_of(phone)
    # at a boundary, half of each
    assert rows[30, PHONES.index("B")] == pytest.approx(0.5, abs=0.12)
    sound = rows[:, -N_BANDS:]
    assert sound.mean(axis=0) == pytest.approx(np.zeros(N_BANDS), abs=0.02)


def test_silence_by_any_name_and_after_the_tier_is_silence() -> None:
    named = [SpeechContext.of(QUIET, Tier("phones", (0.0, 1.0), (label,))).rows for label in ("SIL", "", "sp", "<sil>")]
    short = SpeechContext.of(QUIET, Tier("phones", (0.0, 0.4), ("SIL",))).rows
    assert all(np.array_equal(rows, named[0]) for rows in (*named, short))


def test_the_context_does_not_depend_on_the_level() -> None:
    phones = Tier("phones", (0.0, 1.0), ("AA",))
    times = np.arange(16000) / 16000
    speech = (np.sin(2 * np.pi * 200 * times) * (1 + np.sin(2 * np.pi * 4 * times))).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 0.3, 16000).astype(np.float32)
    loud, quiet = (SpeechContext.of(Audio(x * (speech + noise), 16000), phones).rows for x in (0.5, 0.25))
    assert np.abs(loud - quiet).max() < 0.02


def test_stacked_looks_before_and_behind() -> None:
    ramp = SpeechContext(np.arange(100, dtype=np.float32)[:, None])
    stacked = ramp.stacked(np.array([0.5, 0.505]))
    assert stacked == pytest.approx(
        np.array([[50 + 100 * o for o in OFFSETS], [50.5 + 100 * o for o in OFFSETS]]), abs=1e-3
    )
    assert ramp.stacked(np.array([-3.0, 9.0]))[:, 0].tolist() == [0.0, 99.0]


# --- the file ------------------------------------------------------------------------------------------------------


def test_a_saved_model_comes_back(small_model: LipModel, model_file: Path) -> None:
    again = LipModel.load(model_file)
    assert again.calibration == small_model.calibration
    assert dict(again.provenance) == {"corpus": "none"}
    rng = np.random.default_rng(4)
    lips = make_lips(rng.normal(size=(9, len(NAMES))), times=frame_times(9))
    context = SpeechContext.of(QUIET, Tier("phones", (0.0, 1.0), ("AA",)))
    lags = np.array([-0.1, 0.0, 0.1])
    before, after = (
        stream_log_likelihoods(m.streams, lips, context, lags, EvidenceParams()) for m in (small_model, again)
    )
    assert after.tolist() == before.tolist()
    assert again.decoder.phones == small_model.decoder.phones
    assert again.decoder.transitions.tolist() == small_model.decoder.transitions.tolist()


def test_a_changed_file_is_read_anew(small_model: LipModel, tmp_path: Path) -> None:
    path = small_model.save(tmp_path / "model.npz")
    assert LipModel.load(path) is LipModel.load(path)
    replace(small_model, calibration=Calibration(0.5, 0.01, 0.0, (1.0, 0.0))).save(path)
    os.utime(path, ns=(1, 1))
    assert LipModel.load(path).calibration.temperature == 0.5


def test_the_shipped_model_names_its_corpus_and_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISALIGN_LIP_MODEL", raising=False)
    model = LipModel.load()
    assert "GRID" in model.provenance["corpus"]
    assert model.provenance["licence"]
    assert model.provenance["n_clips"] > 100
    assert 0 < model.calibration.temperature <= 1
    assert 0 < model.calibration.lag_scatter < 0.04


def test_the_variable_names_the_model(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISALIGN_LIP_MODEL", str(model_file))
    assert LipModel.load().provenance == {"corpus": "none"}
    monkeypatch.setenv("VISALIGN_LIP_MODEL", str(model_file.with_name("gone.npz")))
    with pytest.raises(BackendUnavailable, match=r"gone\.npz is not available.*visalign train"):
        LipModel.load()
    assert LipModel.load(model_file).provenance == {"corpus": "none"}  # an argument goes before it


def rewritten(path: Path, change: Callable[[dict[str, Any]], None], *, packed: bool = False) -> bytes:
    """The bytes of the model file after a change of its arrays."""
    with np.load(path, allow_pickle=False) as data:
        arrays = dict(data)
    change(arrays)
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(file, allow_pickle=True, **arrays)
    return file.getvalue()


def with_header(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(arrays: dict[str, Any]) -> None:
        arrays["header"] = np.array(json.dumps(json.loads(str(arrays["header"])) | changes))

    return change


def with_calibration(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return with_header(calibration=dict.fromkeys(Calibration.__slots__, 1.0) | {"match_weights": [1, 1, 1]} | changes)


def with_array(name: str, make: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def change(arrays: dict[str, Any]) -> None:
        arrays[name] = make(arrays[name])

    return change


def without(name: str) -> Callable[[dict[str, Any]], None]:
    def change(arrays: dict[str, Any]) -> None:
        del arrays[name]

    return change


class Bomb:
    """Unpickling it would end the test run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (3,)


HOSTILE: dict[str, Callable[[Path], bytes]] = {
    "empty": lambda path: b"",
    "text": lambda path: b"not a model\n" * 50,
    "half a file": lambda path: path.read_bytes()[: path.stat().st_size // 2],
    "a byte less": lambda path: path.read_bytes()[:-1],
    "one array": lambda path: npy(np.zeros(3)),
    "a pickled object": lambda path: npy(np.array([Bomb()], object)),
    "a pickled array inside": lambda path: rewritten(
        path, with_array("stream0/bias", lambda _: np.array([Bomb()], object))
    ),
    "no header": lambda path: rewritten(path, without("header")),
    "header is no JSON": lambda path: rewritten(path, with_array("header", lambda _: np.array("{"))),
    "header is a list": lambda path: rewritten(path, with_array("header", lambda _: np.array("[1]"))),
    "header is a number": lambda path: rewritten(path, with_array("header", lambda _: np.array("3"))),
    "another format": lambda path: rewritten(path, with_header(format="visalign lip model 99")),
    "the format before": lambda path: rewritten(path, with_header(format="visalign lip model 2")),
    "streams are a number": lambda path: rewritten(path, with_header(streams=3)),
    "a stream without columns": lambda path: rewritten(path, with_header(streams=[{"weight": 1}])),
    "unknown feature": lambda path: rewritten(path, with_header(streams=[{"columns": ["nose"], "weight": 1}])),
    "more streams than arrays": lambda path: rewritten(path, with_header(streams=[{"columns": [], "weight": 1}] * 9)),
    "calibration of another kind": lambda path: rewritten(path, with_header(calibration={"temperature": 1})),
    "calibration of words": lambda path: rewritten(
        path, with_header(calibration=dict.fromkeys(Calibration.__slots__, "x"))
    ),
    "no provenance": lambda path: rewritten(path, with_array("header", _without_provenance)),
    "weights too short": lambda path: rewritten(path, with_array("stream0/weights", lambda x: x[:-1])),
    "bias too long": lambda path: rewritten(path, with_array("stream1/bias", lambda x: np.append(x, x))),
    "projection flat": lambda path: rewritten(path, with_array("stream0/projection", lambda x: x.ravel())),
    "projection is a number": lambda path: rewritten(path, with_array("stream0/projection", lambda x: np.array(1.0))),
    "not finite": lambda path: rewritten(path, with_array("stream0/weights", lambda x: np.where(x > 0, np.nan, x))),
    "words for numbers": lambda path: rewritten(path, with_array("stream0/weights", lambda x: x.astype(str))),
    "no decoder": lambda path: rewritten(path, without("decoder/means")),
    "decoder does not fit": lambda path: rewritten(path, with_array("decoder/means", lambda x: x[:-1])),
    "decoder without saturation": lambda path: rewritten(path, without("decoder/saturation")),
    "no probabilities": lambda path: rewritten(path, with_array("decoder/transitions", lambda x: 2 * x)),
    "decoder flat": lambda path: rewritten(path, with_array("decoder/means", lambda x: x.ravel())),
    "decoder of unknown features": lambda path: rewritten(path, with_array("decoder/columns", _renamed)),
    "decoder of unknown phones": lambda path: rewritten(path, with_array("decoder/phones", _renamed)),
    "negative probabilities": lambda path: rewritten(path, with_array("decoder/start", lambda x: x - x + [2, -1, 0])),
    "no scale": lambda path: rewritten(path, with_array("decoder/evidence_scale", lambda x: 0 * x)),
    "no streams": lambda path: rewritten(path, with_header(streams=[])),
    "provenance is a list": lambda path: rewritten(path, with_header(provenance=[1])),
    "calibration is a list": lambda path: rewritten(path, with_header(calibration=[1])),
    "calibration not finite": lambda path: rewritten(path, with_calibration(temperature=float("nan"))),
    "three weights of a match": lambda path: rewritten(path, with_calibration(match_weights=[1, 2, 3])),
    "no foreign sounds": lambda path: rewritten(path, without("foreign/bands")),
    "foreign sounds of unknown phones": lambda path: rewritten(
        path, with_array("foreign/aligned", lambda x: np.full_like(x, 255))
    ),
    "foreign sounds not finite": lambda path: rewritten(path, with_array("foreign/bands", lambda x: x * np.nan)),
    "a weight of a match not finite": lambda path: rewritten(path, with_calibration(match_weights=[1, float("inf")])),
    "no temperature": lambda path: rewritten(path, with_calibration(temperature=0.0)),
    "no scatter": lambda path: rewritten(path, with_calibration(lag_scatter=0.0)),
    "scatter below nothing": lambda path: rewritten(path, with_calibration(lag_scatter=-0.01)),
    "a bomb": lambda path: rewritten(path, with_array("stream0/bias", lambda _: np.zeros(9_000_000)), packed=True),
    "damaged in the middle": lambda path: scratched(path.read_bytes()),
    "an archive of something else": lambda path: archive({"header.txt": b"x"}),
    "an array that claims more than there is": lambda path: archive(
        {"header.npy": npy(np.zeros(3)).replace(b"(3,)", b"(3000000000000,)")}
    ),
    "nested for ever": lambda path: rewritten(path, with_array("header", lambda _: np.array("[" * 100_000))),
    "decoder not finite": lambda path: rewritten(path, with_array("decoder/means", lambda x: x * np.nan)),
}


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def scratched(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + b"\xff" * 64 + data[middle + 64 :]


def archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return file.getvalue()


def _renamed(names: Any) -> Any:
    return np.array(["nose", *names[1:]])


def _without_provenance(header: Any) -> Any:
    return np.array(json.dumps({k: v for k, v in json.loads(str(header)).items() if k != "provenance"}))


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_model_is_a_parse_error(model_file: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(HOSTILE[name](model_file))
    with pytest.raises(ParseError, match="not a lip model of this version"):
        LipModel.load(path)


def test_a_huge_file_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "huge.npz"
    with path.open("wb") as file:
        file.truncate(LIMITS["model-bytes"].default + 1)  # sparse: it takes no room
    with pytest.raises(ParseError, match="bytes that a lip model unpacks to"):
        LipModel.load(path)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable):
        LipModel.load(tmp_path)
