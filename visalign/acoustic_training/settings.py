"""How a model is trained: its stages, their sizes, and which of them so much speech is enough for.

Conventions
-----------
Rounds count from 1. Sizes are those at the end of a stage.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from visalign.forced_alignment.kaldi_features import FeatureOptions

__all__ = ["StageKind", "StageSettings", "TrainingSettings", "stages_for"]

StageKind = Literal["monophone", "triphone", "lda", "sat"]

TRIPHONES_FROM, LDA_FROM, SAT_FROM = 60.0, 120.0, 180.0
"""Seconds of speech from which each stage is tried (docs/decisions/0166); the held-out part may still refuse it."""

FRAMES_A_LEAF, FRAMES_A_GAUSSIAN = 300.0, 50.0
"""Frames for each leaf of a tree, and for each Gaussian; see docs/decisions/0166."""

MOST_LEAVES, MOST_GAUSSIANS = 2500, 15_000
"""The Montreal Forced Aligner's own sizes, which hours of speech fill."""


@dataclass(frozen=True, slots=True)
class StageSettings:
    """One stage.

    Parameters
    ----------
    kind : StageKind
        ``monophone``: phones without context. ``triphone``: between their neighbours, states tied by trees. ``lda``:
        the same on spliced cepstra under LDA and MLLT. ``sat``: the same, features adapted to each speaker by fMLLR.
    n_rounds : int
        Updates of the Gaussians.
    n_gaussians : int
    n_leaves : int
        Of the tree; 0 for monophones.
    align_in : tuple of int
        Rounds that begin with a new alignment; the others count frames as they were aligned before.
    transform_in : tuple of int
        Rounds that begin with a new MLLT, or a new fMLLR of each speaker.
    """

    kind: StageKind
    n_rounds: int
    n_gaussians: int
    n_leaves: int = 0
    align_in: tuple[int, ...] = ()
    transform_in: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What :func:`visalign.acoustic_training.trainer.train` keeps to.

    Parameters
    ----------
    stages : tuple of StageSettings, optional
        None: chosen by how much speech there is, see :func:`stages_for`.
    held_out : float
        Share of the utterances that nothing is learnt from; their likelihood says when to stop. 0: none. With fewer
        than 20 utterances none are.
    seed : int
        Of the choice of those, and of the directions in which Gaussians part.
    features : FeatureOptions
    splice : (int, int)
        Frames before and after that LDA sees.
    n_lda : int
        Dimensions that it keeps.
    scale : float
        Weight of the acoustic log-likelihood in the search.
    beam : float
        How far, in scaled nats, the path of an utterance may fall behind the best state of a frame, from the middle of
        the first stage on: a search with that beam would lose it. Before, no beam is kept. The default is the second
        beam of the Montreal Forced Aligner.
    prior_frames : float
        Frames of the model's own making that each speaker's are weighed against in fMLLR.
    split_gain, split_count : float
        Log-likelihood that a question must bring, and frames that each of its answers must have.
    """

    stages: tuple[StageSettings, ...] | None = None
    held_out: float = 0.1
    seed: int = 0
    features: FeatureOptions = field(default_factory=FeatureOptions)
    splice: tuple[int, int] = (3, 3)
    n_lda: int = 40
    scale: float = 0.1
    beam: float = 40.0
    prior_frames: float = 100.0
    split_gain: float = 500.0
    split_count: float = 100.0


def stages_for(seconds: float, n_phones: int, *, bootstrapped: bool) -> tuple[StageSettings, ...]:
    """The stages that `seconds` of speech, pauses not counted, are enough for.

    Parameters
    ----------
    seconds : float
    n_phones : int
        Without noises.
    bootstrapped : bool
        Whether the first alignment was made by another model.
    """
    frames = 100.0 * seconds
    leaves = int(min(max(frames / FRAMES_A_LEAF, n_phones), MOST_LEAVES))
    gaussians = int(min(max(frames / FRAMES_A_GAUSSIAN, 4 * n_phones), MOST_GAUSSIANS))
    first = 12 if bootstrapped else 24
    realigned = range(4, first, 4) if bootstrapped else (*range(2, 11), *range(12, first, 2))
    stages = [StageSettings("monophone", first, min(gaussians, 1000), 0, tuple(realigned))]
    later = (("triphone", TRIPHONES_FROM), ("lda", LDA_FROM), ("sat", SAT_FROM))
    for kind, least in later:
        if seconds >= least:
            stages.append(_later_stage(kind, gaussians, leaves))  # type: ignore[arg-type]
    return tuple(stages)


def _later_stage(kind: StageKind, n_gaussians: int, n_leaves: int) -> StageSettings:
    transform_in = {"lda": (2, 4, 6, 9), "sat": (2, 4, 6, 9)}.get(kind, ())
    return StageSettings(kind, 20, n_gaussians, n_leaves, (4, 8, 12, 16), transform_in)
