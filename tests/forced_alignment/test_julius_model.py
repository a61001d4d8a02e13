"""Binary models of Julius: read as they were written, used to align, and refused where they are something else."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import binary_models
import numpy as np
import pytest
from binary_models import model, settings, write

from visalign.acoustic_training.contents import describe_model
from visalign.errors import InputError, ParseError
from visalign.forced_alignment import force_align
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.htk_acoustics import HtkAcoustics
from visalign.forced_alignment.htk_features import HtkFeatures
from visalign.forced_alignment.julius_model import read_julius_model
from visalign.forced_alignment.user_models import read_user_model
from visalign.language.lexicon import parse_lexicon
from visalign.media.clips import read_audio
from visalign.signals import Audio

PHONES = {"sil": [[0.0] * 25, [1.0] * 25], "a": [[5.0] * 25, [6.0] * 25, [7.0] * 25], "ky": [[9.0] * 25]}


@pytest.mark.parametrize(("flags", "tied"), [("", False), ("", True), ("_V", False), ("_M", False), ("_V_M", True)])
def test_what_was_written_is_read(tmp_path: Path, flags: str, tied: bool) -> None:
    found = read_julius_model(write(tmp_path / "m.binhmm", model(PHONES, flags=flags, tied=tied, extra=["k-a+ky"])))
    assert (found.name, sorted(found.phones)) == ("m", ["a", "ky", "sil"])
    assert found.features == HtkFeatures()
    assert found.mixtures.means[:2].tolist() == [[0.0] * 25, [50.0] * 25]
    assert found.mixtures.precisions == pytest.approx(0.25)
    hmm = found.phones["a"]
    assert hmm.pdfs == (2, 3, 4)
    assert [(a, b) for a, b, _ in hmm.arcs] == [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3)]
    assert [np.exp(weight) for _, _, weight in hmm.arcs[:2]] == pytest.approx([0.6, 0.4], rel=1e-5)
    here = found.mixtures.log_likelihoods(np.full((1, 25), 5.0, np.float32), np.array([2]))[0, 0]
    assert here == pytest.approx(np.log(0.75) - 12.5 * np.log(2 * np.pi * 4.0), rel=1e-5)


def test_settings_of_the_features_are_those_of_the_file(tmp_path: Path) -> None:
    for version in (2, 3):
        data = model(PHONES, flags="_P", settings=settings(version=version))
        found = read_julius_model(write(tmp_path / "m.binhmm", data)).features
        assert (found.n_filters, found.pre_emphasis) == (20, pytest.approx(0.95))
        assert found.normalised_energy
        assert found.raw_energy
    with pytest.raises(ParseError, match="8000 Hz"):
        read_julius_model(write(tmp_path / "m.binhmm", model(PHONES, flags="_P", settings=settings(rate=8000))))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"JBINHMM\n\0", "cut or damaged at byte 9"),
        (b"JBINHMMV3\0", "no binary model"),
        (model(PHONES, flags="_X"), "unknown qualifier X"),
        (model(PHONES, streams=3), "several streams"),
        (model(PHONES, kind=7), "kind 0x7"),
        (model(PHONES, kind=6), "25 values a frame"),
        (model({"k-a+s": [[0.0] * 25]}), "phones between others alone"),
    ],
)
def test_other_models_are_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read_julius_model(write(tmp_path / "m.binhmm", data))


def test_models_that_can_be_skipped_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = binary_models.matrix
    monkeypatch.setattr(binary_models, "matrix", lambda n: plain(n, entry=(1, 2)))
    with pytest.raises(ParseError, match="'sil' can be skipped"):
        read_julius_model(write(tmp_path / "m.binhmm", model(PHONES)))


def test_damage_anywhere_is_told_or_harmless(tmp_path: Path) -> None:
    whole = model(PHONES, tied=True)
    rng = np.random.default_rng(0)
    for n in range(0, len(whole), 37):
        with pytest.raises(ParseError):
            read_julius_model(write(tmp_path / "m.binhmm", whole[:n]))
    for at in rng.integers(0, len(whole), 300).tolist():
        damaged = bytearray(whole)
        damaged[at] ^= int(rng.integers(1, 256))
        try:
            found = read_julius_model(write(tmp_path / "m.binhmm", bytes(damaged)))
        except ParseError:
            continue
        assert np.isfinite(found.mixtures.precisions).all()


def test_a_text_of_htk_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="mkbinhmm"):
        read_user_model(write(tmp_path / "hmmdefs", b"~o <STREAMINFO> 1 25\n"))


def test_a_model_without_silence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model of silence"):
        read_user_model(write(tmp_path / "m.binhmm", model({"a": [[0.0] * 25]})))


def tone(*hz: float) -> Audio:
    """Half a second of each tone, 0 for noise alone."""
    times = np.arange(8000) / 16000
    rng = np.random.default_rng(0)
    parts = [0.5 * np.sin(2 * np.pi * f * times) * (f > 0) + rng.normal(0, 1e-3, 8000) for f in hz]
    return Audio(np.concatenate(parts).astype(np.float32), 16000)


@pytest.fixture
def of_tones(tmp_path: Path) -> HtkAcoustics:
    """A model whose phones are tones: each state at the mean of what the features of its tone are."""
    features = HtkFeatures(has_slopes=False, has_energy=False, drops_energy=False, drops_mean=False)
    means = {
        name: [features.of((32767 * tone(hz).samples).astype(np.int16))[5:-5].mean(axis=0).tolist()] * 3
        for name, hz in (("sil", 0.0), ("a", 700.0), ("ky", 3000.0))
    }
    read = read_user_model(write(tmp_path / "tones.binhmm", model(means, kind=6)))
    assert isinstance(read, HtkAcoustics)
    return read


def test_tones_are_aligned_where_they_are(of_tones: HtkAcoustics) -> None:
    sound = tone(0, 700, 3000, 700, 0)
    for refine, near in ((True, 0.01), (False, 0.03)):
        found = force_align(sound, phones=["a", "ky", "a"], aligner=GmmHmmAligner(of_tones, refine=refine))
        assert [x.label for x in found.phones] == ["SIL", "a", "ky", "a", "SIL"]
        assert list(found.phones.boundaries[1:-1]) == pytest.approx([0.5, 1.0, 1.5, 2.0], abs=near)
    words = force_align(sound, "aka", dictionary=parse_lexicon("aka a ky a"), aligner=GmmHmmAligner(of_tones))
    assert words.text == "aka"


def test_phones_that_the_model_has_not(of_tones: HtkAcoustics) -> None:
    with pytest.raises(InputError, match="tones has no phone 'o'"):
        force_align(tone(0, 700), phones=["o"], aligner=GmmHmmAligner(of_tones))


def _shipped() -> Path | None:
    package = importlib.util.find_spec("PySegmentKit")
    return None if package is None or package.origin is None else Path(package.origin).parent


@pytest.mark.corpus
@pytest.mark.skipif(_shipped() is None, reason="PySegmentKit, which brings a model of Japanese, is not installed")
@pytest.mark.parametrize("name", ["hmmdefs_monof_mix16_gid", "hmmdefs_ptm_gid"])
def test_the_japanese_model_places_phones_as_julius_does(name: str) -> None:
    """Starts by the Julius of that package, of its own recording, less the 12.5 ms that its script adds."""
    folder = _shipped()
    assert folder is not None
    wanted = [0.2425, 0.3325, 0.5725, 0.6925, 0.7725, 0.8925, 0.9925, 1.0825, 1.1825, 1.2825, 1.4025, 1.4525, 1.5125]
    phones = ["ky", "o:", "w", "a", "i", "i", "t", "e", "N", "k", "i", "d", "a"]
    engine = GmmHmmAligner(folder / "models" / f"{name}.binhmm", refine=False)
    found = force_align(read_audio(folder / "wav/sample.wav"), phones=phones, aligner=engine)
    starts = [x.start + 0.0125 for x in found.phones if x.label != "SIL"]
    near = 0.0006 if "mono" in name else 0.055  # the other has its phones between others, which are not used
    assert starts == pytest.approx(wanted, abs=near)


def test_what_a_model_holds_is_told(tmp_path: Path) -> None:
    facts = describe_model(write(tmp_path / "m.binhmm", model(PHONES)))
    assert (facts["phones"], facts["silence"], facts["n_states"], facts["n_gaussians"]) == (["a", "ky"], "sil", 6, 12)
    assert facts["features"]["dimensions"] == 25
