"""What is done to the utterances of a round, a chunk of them at a time, in this process or in several.

A chunk holds the same utterances however many processes there are, and results are added in the order of the chunks: a
model does not depend on how many worked on it, down to its bytes. Linear algebra is kept to one thread for the same
reason.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from visalign.acoustic_training.front_end import FrontEnd
from visalign.acoustic_training.graphs import UtteranceGraph, utterance_graph
from visalign.acoustic_training.paths import Path
from visalign.acoustic_training.search import FoundPath, best_paths
from visalign.acoustic_training.tied_states import N_NOISE_STATES, TiedStates
from visalign.acoustic_training.utterance import Pronunciations
from visalign.errors import BackendError
from visalign.files.processes import end_with_parent
from visalign.hmm_training.decision_tree import ContextStatistics
from visalign.hmm_training.fmllr import FmllrStatistics, gather_statistics
from visalign.hmm_training.gaussians import DiagonalMixtures, log_sum
from visalign.hmm_training.linear_transforms import LdaStatistics, MlltStatistics
from visalign.hmm_training.mixtures import MixtureStatistics

__all__ = [
    "Aligned",
    "Item",
    "RoundStatistics",
    "Scored",
    "Workers",
    "align",
    "chunked",
    "context_statistics",
    "fmllr_statistics",
    "graphs",
    "lda_statistics",
    "mixture_statistics",
    "mllt_statistics",
]

CHUNKS, LEAST_FRAMES, MOST_FRAMES = 64, 4000, 40_000
"""A corpus is cut into so many chunks, of not fewer and not more frames than these."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """An utterance in a round: its centred cepstra, its speaker's transform, its graph, its alignment so far."""

    cepstra: Floats
    transform: Doubles | None = None
    graph: UtteranceGraph | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A model as frames are scored with it."""

    front_end: FrontEnd
    tied: TiedStates
    mixtures: DiagonalMixtures

    def features(self, item: Item) -> Floats:
        """The utterance's features."""
        return self.front_end.features(item.cepstra, item.transform)


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """The alignment of an utterance.

    Parameters
    ----------
    path : Path
    log_likelihood : float
        Of its frames.
    behind : float
        By how much it falls behind the best state at its worst frame, in scaled nats.
    fit : float
        Mean log-likelihood of a frame of speech less that under the best of all distributions; NaN if not asked for.
    """

    path: Path
    log_likelihood: float
    behind: float
    fit: float = float("nan")


def chunked(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of utterances, those of a length beside each other, in chunks."""
    size = min(max(sum(lengths) // CHUNKS, LEAST_FRAMES), MOST_FRAMES)
    chunks: list[list[int]] = [[]]
    filled = 0
    for i in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        if filled >= size:
            chunks.append([])
            filled = 0
        chunks[-1].append(i)
        filled += lengths[i]
    return chunks if chunks[-1] else chunks[:-1]


class Workers:
    """Processes that chunks are given to; with one, everything happens here."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    @classmethod
    @contextmanager
    def open(cls, n: int) -> Iterator[Workers]:
        """`n` workers for the length of a block."""
        with threadpool_limits(1):
            if n <= 1:
                yield cls(None)
                return
            # Threads of libraries do not survive a fork in a state that can be trusted.
            pool = ProcessPoolExecutor(n, mp_context=get_context("spawn"), initializer=_begin_worker)
            try:
                yield cls(pool)
            finally:
                pool.shutdown(cancel_futures=True)

    def map(self, task: Callable[[Given], Result], chunks: Iterable[Given]) -> Iterator[Result]:
        """Results in the order of the chunks.

        Raises
        ------
        BackendError
            If a process died.
        """
        if self._pool is None:
            yield from map(task, chunks)
            return
        try:
            yield from self._pool.map(task, chunks)
        except BrokenProcessPool as error:
            raise BackendError(
                "a process of the training died, perhaps for lack of memory; run it again with fewer --jobs: it goes "
                "on where it was"
            ) from error

    def total(self, task: Callable[[Given], Any], chunks: Iterable[Given]) -> Any:
        """The sum of the results, which is None without a chunk; results that are None add nothing."""
        total = None
        for result in self.map(task, chunks):
            if result is not None:
                total = result if total is None else total + result
        return total


_limits: list[Any] = []


def _begin_worker() -> None:
    _limits.append(threadpool_limits(1))
    threading.Thread(target=end_with_parent, daemon=True).start()


# --- what is done to a chunk --------------------------------------------------------------------------------------


def graphs(tied: TiedStates, words: Sequence[Sequence[Pronunciations]]) -> list[UtteranceGraph]:
    """The graph of each utterance, given the pronunciations of its words."""
    return [utterance_graph(ways, tied) for ways in words]


def align(
    model: Scored, weights: Doubles, scale: float, with_fits: bool, items: Sequence[Item]
) -> list[Aligned | None]:
    """The best path of each utterance, and with `with_fits` how well each fits."""
    graphs, likelihoods = [], []
    for item in items:
        assert item.graph is not None
        graphs.append(item.graph.weighed(weights))
        likelihoods.append(model.mixtures.log_likelihoods(model.features(item), item.graph.graph.pdf_ids))
    found = best_paths(graphs, [scale * rows for rows in likelihoods])
    return [
        None if path is None else _aligned(item, path, rows, model if with_fits else None)
        for item, path, rows in zip(items, found, likelihoods, strict=True)
    ]


def _aligned(item: Item, found: FoundPath, likelihoods: Floats, judge: Scored | None) -> Aligned:
    assert item.graph is not None
    columns = item.graph.graph.pdfs[found.states]
    own = likelihoods[np.arange(len(columns)), columns].astype(np.float64)
    path = item.graph.path(found.states)
    fit = float("nan")
    if judge is not None and path.spoken.any():
        frames = judge.features(item)[path.spoken]
        best = judge.mixtures.log_likelihoods(frames, np.arange(judge.mixtures.n_mixtures)).max(axis=1)
        fit = float((own[path.spoken] - best).mean())
    return Aligned(path, float(own.sum()), found.behind, fit)


def _heard(model: Scored, items: Sequence[Item]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Frames of all utterances that are aligned, and the distribution of each."""
    frames = [model.features(item) for item in items if item.path is not None]
    pdfs = [item.path.pdfs(model.tied) for item in items if item.path is not None]
    return np.concatenate(frames), np.concatenate(pdfs)


@dataclass(frozen=True, slots=True, eq=False)
class RoundStatistics:
    """Sums for the Gaussians and the moves of a round."""

    mixtures: MixtureStatistics
    moves: Doubles
    n_frames: int

    def __add__(self, other: RoundStatistics) -> RoundStatistics:
        return RoundStatistics(self.mixtures + other.mixtures, self.moves + other.moves, self.n_frames + other.n_frames)


def mixture_statistics(model: Scored, unadapted: bool, items: Sequence[Item]) -> RoundStatistics | None:
    """Sums for an update; with `unadapted`, of the frames before they are adapted."""
    aligned = [item for item in items if item.path is not None]
    if not aligned:
        return None
    frames, pdfs = _heard(model, aligned)
    raw = [model.front_end.features(item.cepstra) for item in aligned] if unadapted else None
    moves = np.zeros(int(model.tied.first_moves[-1]))
    for item in aligned:
        assert item.path is not None
        made = item.path.moves(model.tied, item.path.pdfs(model.tied))
        moves += np.bincount(made, minlength=len(moves))
    sums = MixtureStatistics.of(model.mixtures, frames, pdfs, learnt_from=None if raw is None else np.concatenate(raw))
    return RoundStatistics(sums, moves, len(frames))


def context_statistics(model: Scored, items: Sequence[Item]) -> ContextStatistics | None:
    """Sums of the frames of each context, for a tree; noises have no neighbours in it."""
    aligned = [item for item in items if item.path is not None]
    if not aligned:
        return None
    frames = np.concatenate([model.features(item) for item in aligned])
    contexts = np.concatenate([item.path.contexts() for item in aligned if item.path is not None])
    spoken = np.concatenate([item.path.spoken for item in aligned if item.path is not None])
    contexts[~spoken, 0] = contexts[~spoken, 2] = 0
    return ContextStatistics.of(contexts, frames.astype(np.float64))


def lda_statistics(model: Scored, items: Sequence[Item]) -> LdaStatistics | None:
    """Sums of the spliced frames of speech, by phone and state."""
    aligned = [item for item in items if item.path is not None and item.path.spoken.any()]
    if not aligned:
        return None
    frames, classes = [], []
    for item in aligned:
        assert item.path is not None
        path, spoken = item.path, item.path.spoken
        frames.append(model.front_end.spliced(item.cepstra)[spoken])
        classes.append((np.repeat(path.phones, path.lengths) * N_NOISE_STATES + path.states)[spoken])
    n_classes = (len(model.tied.phones) + 1) * N_NOISE_STATES
    return LdaStatistics.of(np.concatenate(frames), np.concatenate(classes), n_classes)


def mllt_statistics(model: Scored, items: Sequence[Item]) -> MlltStatistics | None:
    """Scatter of the frames of speech around their Gaussians."""
    aligned = [item for item in items if item.path is not None and item.path.spoken.any()]
    if not aligned:
        return None
    frames, pdfs = _heard(model, aligned)
    spoken = np.concatenate([item.path.spoken for item in aligned if item.path is not None])
    frames, pdfs = frames[spoken], pdfs[spoken]
    n, mixtures = frames.shape[1], model.mixtures
    means, precisions = mixtures.means.astype(np.float64), mixtures.precisions.astype(np.float64)
    total = MlltStatistics(0.0, np.zeros((n, n, n)))
    for pdf in np.unique(pdfs).tolist():
        rows = frames[pdfs == pdf]
        members, _ = mixtures.members(np.array([pdf]))
        scores = mixtures.component_log_likelihoods(rows, members).astype(np.float64)
        shares = np.exp(scores - log_sum(scores, np.array([0])))
        around = rows.astype(np.float64)[None] - means[members][:, None]
        deviations = np.einsum("fg,gfi,gfj->gij", shares, around, around, optimize=True)
        total = total + MlltStatistics.of(shares.sum(axis=0), deviations, precisions[members])
    return total


def fmllr_statistics(model: Scored, items: Sequence[Item]) -> FmllrStatistics | None:
    """What the speech of one speaker says about his transform, beyond the one he has."""
    aligned = [item for item in items if item.path is not None and item.path.spoken.any()]
    if not aligned:
        return None
    frames, pdfs = _heard(model, aligned)
    spoken = np.concatenate([item.path.spoken for item in aligned if item.path is not None])
    return gather_statistics(frames[spoken], pdfs[spoken], model.mixtures, model.mixtures)
