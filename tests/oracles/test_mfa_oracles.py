"""The real Montreal Forced Aligner's features, scores, paths and phones (``mfa_oracle`` of the development clips)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from visalign.forced_alignment.mfa_archive import read_mfa_model

MODELS = ("mono_model", "grid_s1_trim_model", "acoustic_g2p_nodither")

pytestmark = [pytest.mark.corpus, pytest.mark.slow]


@pytest.fixture(scope="module")
def agreement() -> ModuleType:
    """``benchmarks/mfa_agreement.py``, which makes the table of the documentation."""
    path = Path(__file__).parents[2] / "benchmarks/mfa_agreement.py"
    spec = importlib.util.spec_from_file_location("mfa_agreement", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def oracle(corpus: Path) -> Path:
    if not (corpus / "mfa_oracle").is_dir():
        pytest.skip("no mfa_oracle among the development clips")
    return corpus


@pytest.mark.parametrize("name", MODELS)
def test_each_stage_gives_what_mfa_gives(agreement: ModuleType, oracle: Path, name: str) -> None:
    rows = list(agreement.dumps(oracle, name))
    assert len(rows) >= 3
    for row in rows:
        assert row.raw < 1e-2
        assert row.features < 1e-2
        assert row.log_likelihoods < 1e-2
        assert abs(row.score) < 1e-5
        # Below 1 where two pronunciations cost the same and MFA took the other.
        assert row.same_pdfs >= 0.99
        assert row.same_transitions >= 0.99


@pytest.mark.parametrize("name", MODELS)
def test_phones_are_those_of_mfa_align(agreement: ModuleType, oracle: Path, name: str) -> None:
    rows = list(agreement.align_speakers(oracle, name))
    same, n_phones = sum(row.n_same for row in rows), sum(row.n_phones for row in rows)
    assert n_phones > 200
    assert same >= 0.99 * n_phones


@pytest.mark.parametrize(("name", "least"), [("gt_sat", 338), ("gt_satpos", 332)])
def test_models_that_mfa_trained_give_its_phones(agreement: ModuleType, oracle: Path, name: str, least: int) -> None:
    """With phones by their place in the word too. Of the 344 as many as the sound, cut once more, lets one expect."""
    rows = list(agreement.align_speakers(oracle, name))
    assert sum(row.n_phones for row in rows) == 344
    assert sum(row.n_same for row in rows) >= least


@pytest.mark.parametrize(("name", "least"), [("grid_s1_trim_model", 0.95), ("acoustic_g2p_nodither", 0.97)])
def test_boundaries_that_are_left_are_those_of_mfa(
    agreement: ModuleType, oracle: Path, name: str, least: float
) -> None:
    """To the frame; where they are others, MFA's beam of 10 lost the best path, or the recording was adapted to."""
    off = agreement.what_users_get(oracle, name, refine=False)
    assert len(off) > 200
    assert np.mean(off < 0.01) >= least


def test_navajo_is_heard_as_models_of_mfa_1_are(oracle: Path) -> None:
    model = read_mfa_model(oracle / "mfa_models/dine_bizaad_navajo.zip")
    assert model.has_positions
    assert (model.options.features.snip_edges, model.options.uses_adaptation) == (True, True)
    # Its trees do ask where in their words the neighbours stand: of an inner phone, as if a word ended before it.
    spoken = np.array(sorted(model.phone_set - {"sil", "sp", "spn"}))
    windows = np.random.default_rng(0).choice(spoken, (2000, 3)).tolist()
    different = [
        model.phone_hmm(model.neighbour(a, "E"), b, model.neighbour(c, "B"), "I").pdfs
        != model.phone_hmm(model.neighbour(a, "B"), b, model.neighbour(c, "E"), "I").pdfs
        for a, b, c in windows
    ]
    assert 0.02 < np.mean(different) < 0.2


@pytest.mark.parametrize(
    ("path", "n_phones", "n_pdfs", "n_gaussians", "dimension", "width"),
    [
        ("mfa_models/mono_model.zip", 171, 132, 132, 39, 1),
        ("mfa_models/dine_bizaad_navajo.zip", 327, 296, 1581, 39, 3),
        ("mfa_models/acoustic_g2p_output_model.zip", 73, 80, 500, 40, 3),
        ("mfa_oracle/grid_s1_trim_model/grid_s1_trim_model.zip", 35, 128, 830, 40, 3),
    ],
)
def test_real_models_are_read_whole(
    oracle: Path, path: str, n_phones: int, n_pdfs: int, n_gaussians: int, dimension: int, width: int
) -> None:
    model = read_mfa_model(oracle / path)
    mixtures = model.model.mixtures
    assert (len(model.model.topology), mixtures.n_mixtures) == (n_phones, n_pdfs)
    assert (len(mixtures.constants), mixtures.n_dimensions) == (n_gaussians, dimension)
    assert model.tree.width == width
    assert len(model.symbols) - ("<eps>" in model.symbols) == n_phones
    for moves in model.model.transitions.values():
        assert np.exp([move.log_probability for move in moves]).sum() == pytest.approx(1.0, abs=1e-4)


def test_every_navajo_phone_has_a_model_in_context(oracle: Path) -> None:
    model = read_mfa_model(oracle / "mfa_models/dine_bizaad_navajo.zip")
    spoken = sorted(model.phone_set - {"sil", "sp", "spn"})
    assert len(spoken) == 78
    for phone, left, right in zip(spoken, spoken[1:], spoken[2:], strict=False):
        hmm = model.phone_hmm(model.neighbour(left, "B"), phone, model.neighbour(right, "E"), "I")
        assert len(hmm.pdfs) == 3
        assert max(hmm.pdfs) < model.model.mixtures.n_mixtures
