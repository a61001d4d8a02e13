"""Posteriors of the viseme decoder against the sum over every path of states, and against hmmlearn."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM
from sample_lips import NAMES, make_lips, random_decoder

from visalign.lips.forward_backward import forward_backward
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import MOMENTS, VisemeDecoder
from visalign.visemes.viseme_map import VisemeMap

TOLERANCE = 1e-9
COLUMNS = NAMES[:2]
PHONES = ("AA", "B", "P", "SIL")  # of which B and P share a viseme in every map
MAP = VisemeMap.load("jeffers_1971")


def plain_rows(decoder: VisemeDecoder, lips: LipFeatures) -> np.ndarray:
    """Features around each frame: known frames joined by straight lines. Moments are the slow index."""
    known = np.flatnonzero(np.isfinite(lips.values).all(axis=1))
    centres = lips.times.centres
    rows = []
    for time in centres:
        row = [np.interp(time + m, centres[known], lips.column(c)[known]) for m in MOMENTS for c in decoder.columns]
        rows.append((np.array(row) - decoder.centre) @ decoder.projection)
    return np.array(rows)


def posteriors_by_paths(decoder: VisemeDecoder, rows: np.ndarray) -> np.ndarray:
    """Phone posteriors, shape (n_times, n_phones): each path's probability is added where it passes."""
    result = np.zeros((len(rows), len(decoder.phones)))
    for path in product(range(len(decoder.phones)), repeat=len(rows)):
        probability = decoder.start[path[0]]
        for a, b in pairwise(path):
            probability *= decoder.transitions[a, b]
        for t, state in enumerate(path):
            distance = ((rows[t] - decoder.means[state]) ** 2).sum()
            probability *= np.exp(-0.5 * decoder.evidence_scale * distance)
        result[range(len(rows)), path] += probability
    return result / result.sum(axis=1, keepdims=True)


def by_viseme(phone_posteriors: np.ndarray) -> np.ndarray:
    result = np.zeros((len(phone_posteriors), len(MAP.visemes)))
    for k, phone in enumerate(PHONES):
        result[:, MAP.visemes.index(MAP[phone])] += phone_posteriors[:, k]
    return result


@pytest.mark.parametrize("seed", range(3))
def test_posteriors_are_the_sum_over_all_paths(seed: int) -> None:
    rng = np.random.default_rng(seed)
    decoder = random_decoder(rng, COLUMNS, PHONES)
    lips = make_lips(rng.normal(size=(6, 2)), COLUMNS)
    decoded = decoder.decode(lips, MAP)
    expected = by_viseme(posteriors_by_paths(decoder, plain_rows(decoder, lips)))
    assert decoded.visemes == MAP.visemes
    assert decoded.times == pytest.approx(lips.times.centres, abs=TOLERANCE)
    assert decoded.posteriors == pytest.approx(expected, abs=TOLERANCE)


def test_each_stretch_with_a_face_is_a_sequence_of_its_own() -> None:
    """Frames 0-2 and 5-8 show a face; the features are bridged in between, the paths are not."""
    rng = np.random.default_rng(7)
    decoder = random_decoder(rng, COLUMNS, PHONES)
    lips = make_lips(rng.normal(size=(9, 2)), COLUMNS, faceless=[3, 4])
    rows = plain_rows(decoder, lips)
    found = decoder.decode(lips, MAP).posteriors
    assert np.isnan(found[3:5]).all()
    for part in (slice(0, 3), slice(5, 9)):
        expected = by_viseme(posteriors_by_paths(decoder, rows[part]))
        assert found[part] == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.parametrize("bias", [0.0, 2.0])
def test_posteriors_are_those_of_hmmlearn(bias: float) -> None:
    """A hundred states over 200 moments. hmmlearn knows no bias, so it gets one as a dimension of its own."""
    rng = np.random.default_rng(3)
    means, rows = rng.normal(scale=3, size=(100, 8)), rng.normal(scale=3, size=(200, 8))
    start, transitions = rng.dirichlet(np.ones(100)), rng.dirichlet(np.full(100, 0.1), size=100)
    model = GaussianHMM(n_components=100, covariance_type="spherical")
    model.startprob_, model.transmat_ = start, transitions
    # the first ten states are preferred: the others lie further from what is observed there, 0
    model.means_ = np.column_stack([means, np.where(np.arange(100) < 10, 0.0, np.sqrt(2 * bias))])
    model.covars_ = np.ones(100)
    logs = -0.5 * ((rows[:, None] - means) ** 2).sum(axis=2)
    found = forward_backward(logs, start, transitions, np.where(np.arange(100) < 10, bias, 0.0))
    assert found == pytest.approx(model.predict_proba(np.column_stack([rows, np.zeros(200)])), abs=TOLERANCE)
