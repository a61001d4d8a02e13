"""The rounds of a stage: new transforms, new alignments, new Gaussians.

Method
------
A stage begins with the alignment of the stage before. Its tree is grown from the sums of all contexts, each leaf
beginning as one Gaussian; Gaussians are added round by round until three quarters of the stage are over. In the rounds
that its settings name, utterances are aligned anew, MLLT is turned further (the means with it), or each speaker's fMLLR
is found anew, on top of the one before.

Speech that is not adapted to has Gaussians of its own after speaker-adaptive training: sums of the frames before they
are adapted, shared out by how the adapted ones fit [1]_.

References
----------
.. [1] D. Povey et al., The Kaldi speech recognition toolkit, ASRU 2011; its scripts ``steps/train_mono.sh``,
   ``train_deltas.sh``, ``train_lda_mllt.sh``, ``train_sat.sh``, whose steps these are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from visalign.acoustic_training import chunks
from visalign.acoustic_training.chunks import Aligned, Item, Scored, Workers
from visalign.acoustic_training.front_end import FrontEnd
from visalign.acoustic_training.graphs import UtteranceGraph
from visalign.acoustic_training.paths import Path
from visalign.acoustic_training.questions import questions_for
from visalign.acoustic_training.settings import StageSettings, TrainingSettings
from visalign.acoustic_training.tied_states import NOISES, TiedStates
from visalign.acoustic_training.training_state import LearntModel
from visalign.acoustic_training.utterance import NotAligned, Utterance
from visalign.errors import InputError
from visalign.hmm_training.decision_tree import ContextStatistics, Growth, grow
from visalign.hmm_training.fmllr import FmllrStatistics, prior_statistics
from visalign.hmm_training.linear_transforms import composed
from visalign.hmm_training.mixtures import Mixtures, UpdateBounds, sizes_for, split, updated

__all__ = ["Corpus", "HeldOut", "StageRunner", "left_out"]

GROWN_AFTER = 0.75
"""Part of a stage after which no more Gaussians are added."""

FIRST_COUNT = 3.0
"""Frames that a Gaussian must have in the first rounds of monophones, before utterances are aligned well; Kaldi's."""

GAUSSIAN_MAD = 1.4826
"""Standard deviations in a median absolute deviation, of normal numbers."""

FAR_OFF, LEAST_APART = 6.0, 2.0
"""By so many standard deviations, and so many nats a frame, an utterance whose words are not those of its sound fits
worse than the middle one. Of 56 clips of GRID with four transcripts exchanged the right ones lie within 2.6 and 1.1;
of the others two sentences with five other words of six lie at 11 and 21, two with one or two other words at 2 to 3."""

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Utterances with their centred cepstra, in the order of the training.

    Parameters
    ----------
    utterances : tuple of Utterance
    cepstra : tuple of ndarray
    learnt, held_out : tuple of int
        Which of them are learnt from, and which are not.
    """

    utterances: tuple[Utterance, ...]
    cepstra: tuple[npt.NDArray[np.float32], ...]
    learnt: tuple[int, ...]
    held_out: tuple[int, ...]

    @property
    def speakers(self) -> list[str]:
        """Whose voice each is."""
        return [utterance.speaker for utterance in self.utterances]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Log-likelihood of the held-out part, and its frames."""

    log_likelihood: float
    n_frames: int

    @property
    def a_frame(self) -> float:
        """Mean; −inf where nothing could be measured."""
        return self.log_likelihood / self.n_frames if self.n_frames else -np.inf


@dataclass(slots=True, eq=False)
class StageRunner:
    """One stage of a training.

    Parameters
    ----------
    corpus : Corpus
    settings : TrainingSettings
    stage : StageSettings
    workers : Workers
    """

    corpus: Corpus
    settings: TrainingSettings
    stage: StageSettings
    workers: Workers
    _graphs: dict[int, UtteranceGraph] = field(default_factory=dict)
    _laid_out_for: TiedStates | None = None

    # --- where it begins ---

    def begin(self, phones: tuple[str, ...], before: LearntModel | None, paths: Sequence[Path | None]) -> LearntModel:
        """The model of the stage before its first round."""
        if before is None:
            return self._alike(TiedStates.monophones(phones))
        model = before
        if self.stage.kind == "lda":
            model = replace(model, lda=self._lda(model, paths))
        if self.stage.kind == "sat":
            model = replace(model, transforms=self._transforms(model, paths))
        return self._tied(replace(model, kind=self.stage.kind), paths)

    def _alike(self, tied: TiedStates) -> LearntModel:
        """Every state like all frames together."""
        front_end = FrontEnd(self.settings.splice)
        count, total, squares = 0, 0.0, 0.0
        for i in self.corpus.learnt:
            frames = front_end.features(self.corpus.cepstra[i]).astype(np.float64)
            count, total, squares = count + len(frames), total + frames.sum(axis=0), squares + (frames**2).sum(axis=0)
        mean = np.asarray(total / count)
        mixtures = Mixtures.alike(mean, np.maximum(squares / count - mean**2, 0.001), tied.n_pdfs)
        return LearntModel(self.stage.kind, tied, tied.starting_chances(), mixtures)

    def _lda(self, model: LearntModel, paths: Sequence[Path | None]) -> Doubles:
        task = partial(chunks.lda_statistics, self._scored(model))
        statistics = self.workers.total(task, self._chunks(paths=paths))
        seen = int((statistics.counts > 0).sum())
        try:
            return np.asarray(statistics.transform(min(self.settings.n_lda, max(2, seen - 1))))
        except ValueError as error:
            raise InputError(f"too little speech for LDA ({error}): leave the stage out, or give more") from error

    def _tied(self, model: LearntModel, paths: Sequence[Path | None]) -> LearntModel:
        """States tied by a new tree, each leaf one Gaussian."""
        task = partial(chunks.context_statistics, self._scored(model))
        statistics: ContextStatistics = self.workers.total(task, self._chunks(paths=paths, model=model))
        phones = model.tied.phones
        roots = np.array([TiedStates.root(row[1], row[3], uses_context=True) for row in statistics.contexts.tolist()])
        n_roots = TiedStates.root(len(phones), 0, uses_context=True) + 1
        growth = Growth(
            max(self.stage.n_leaves, n_roots), self.settings.split_gain, self.settings.split_count, merge_loss=None
        )
        tree = grow(statistics, roots, n_roots, questions_for(phones), growth)
        tied = TiedStates(phones, tree, uses_context=True)
        return replace(
            model,
            tied=tied,
            chances=tied.carried_over(model.tied, model.chances),
            mixtures=_one_each(statistics, tied),
            unadapted=None,
        )

    # --- a round ---

    def transformed(self, model: LearntModel, paths: Sequence[Path | None]) -> LearntModel:
        """The model with MLLT turned further, or the speakers' fMLLR found anew."""
        if self.stage.kind == "sat":
            return replace(model, transforms=self._transforms(model, paths))
        task = partial(chunks.mllt_statistics, self._scored(model))
        try:
            turn = self.workers.total(task, self._chunks(paths=paths)).transform()
        except np.linalg.LinAlgError as error:
            raise InputError("too little speech for MLLT: leave the stage lda out, or give more") from error
        assert model.lda is not None
        mixtures = model.mixtures.with_means(model.mixtures.means @ turn.T)
        return replace(model, lda=composed(turn, model.lda), mixtures=mixtures)

    def _transforms(self, model: LearntModel, paths: Sequence[Path | None]) -> dict[str, Doubles]:
        """Each speaker's transform, what is found anew on top of what he has."""
        speakers = self.corpus.speakers
        groups: dict[str, list[int]] = {}
        for i in self.corpus.learnt:
            if paths[i] is not None:
                groups.setdefault(speakers[i], []).append(i)
        names = sorted(groups)
        task = partial(chunks.fmllr_statistics, self._scored(model))
        items = ([self._item(i, paths, model) for i in groups[name]] for name in names)
        prior = self._prior(model)
        found = dict(model.transforms)
        for name, statistics in zip(names, self.workers.map(task, items), strict=True):
            if statistics is None:
                continue
            change = (statistics + prior).transform(least=0.0)
            assert change is not None
            found[name] = _on_top(change, found.get(name))
        return found

    def _prior(self, model: LearntModel) -> FmllrStatistics:
        """What the speech of the model itself would say."""
        sizes = np.diff(model.mixtures.starts)
        is_speech = np.repeat(~np.isin(np.arange(len(sizes)), _noise_pdfs(model.tied)), sizes)
        m = model.mixtures
        return prior_statistics(
            m.weights[is_speech], m.means[is_speech], m.variances[is_speech], self.settings.prior_frames
        )

    def aligned(self, model: LearntModel, which: Sequence[int], *, with_fits: bool = False) -> list[Aligned | None]:
        """The best path of each of the utterances `which`, in their order, and with `with_fits` how well it fits."""
        self._lay_out(model.tied)
        weights = model.tied.search_weights(model.chances)
        task = partial(chunks.align, self._scored(model), weights, self.settings.scale, with_fits)
        order = chunks.chunked([len(self.corpus.cepstra[i]) for i in which])
        items = ([self._item(which[k], (), model, graph=True) for k in chunk] for chunk in order)
        found: list[Aligned | None] = [None] * len(which)
        for chunk, results in zip(order, self.workers.map(task, items), strict=True):
            for k, result in zip(chunk, results, strict=True):
                found[k] = result
        return found

    def learnt(self, model: LearntModel, paths: Sequence[Path | None], round_number: int) -> tuple[LearntModel, float]:
        """The model after an update, and the log-likelihood a frame before it."""
        task = partial(chunks.mixture_statistics, self._scored(model), False)
        statistics: chunks.RoundStatistics = self.workers.total(task, self._chunks(paths=paths, model=model))
        early = self.stage.kind == "monophone" and round_number <= 2
        mixtures = updated(model.mixtures, statistics.mixtures, UpdateBounds(FIRST_COUNT if early else 10.0))
        grown = min(1.0, round_number / (GROWN_AFTER * self.stage.n_rounds))
        n_least = mixtures.n_mixtures
        wanted = int(n_least + (max(self.stage.n_gaussians, n_least) - n_least) * grown)
        if round_number < self.stage.n_rounds:  # the last round learns, and adds nothing that was not learnt
            sizes = sizes_for(statistics.mixtures.occupancies(model.mixtures.starts), wanted)
            mixtures = split(mixtures, sizes, self.settings.seed + round_number)
        chances = model.tied.learnt_chances(model.chances, statistics.moves)
        likelihood = statistics.mixtures.log_likelihood / statistics.n_frames
        return replace(model, mixtures=mixtures, chances=chances), likelihood

    def measured(self, model: LearntModel) -> HeldOut:
        """The held-out part under the model, as sounds before speakers are adapted to."""
        total, n_frames = 0.0, 0
        for i, found in zip(self.corpus.held_out, self.aligned(model, self.corpus.held_out), strict=True):
            if found is None:
                continue
            transform = model.transforms.get(self.corpus.utterances[i].speaker)
            stretch = 0.0 if transform is None else float(np.linalg.slogdet(transform[:, :-1])[1])
            total += found.log_likelihood + stretch * found.path.n_frames
            n_frames += found.path.n_frames
        return HeldOut(total, n_frames)

    def with_unadapted(self, model: LearntModel, paths: Sequence[Path | None]) -> LearntModel:
        """The model with Gaussians for speech that is not adapted to."""
        task = partial(chunks.mixture_statistics, self._scored(model), True)
        statistics: chunks.RoundStatistics = self.workers.total(task, self._chunks(paths=paths, model=model))
        return replace(model, unadapted=updated(model.mixtures, statistics.mixtures, UpdateBounds(0.0)))

    # --- what the workers are given ---

    def _scored(self, model: LearntModel) -> Scored:
        lda = None if model.lda is None else model.lda.astype(np.float32)
        return Scored(FrontEnd(self.settings.splice, lda), model.tied, model.mixtures.evaluated())

    def _item(self, i: int, paths: Sequence[Path | None], model: LearntModel | None, *, graph: bool = False) -> Item:
        transform = None if model is None else model.transforms.get(self.corpus.utterances[i].speaker)
        return Item(
            self.corpus.cepstra[i],
            transform,
            self._graphs[i] if graph else None,
            paths[i] if paths else None,
        )

    def _chunks(self, *, paths: Sequence[Path | None], model: LearntModel | None = None) -> Iterable[list[Item]]:
        learnt = [i for i in self.corpus.learnt if paths[i] is not None]
        for chunk in chunks.chunked([len(self.corpus.cepstra[i]) for i in learnt]):
            yield [self._item(learnt[k], paths, model) for k in chunk]

    def _lay_out(self, tied: TiedStates) -> None:
        if self._laid_out_for is tied:
            return
        order = chunks.chunked([len(frames) for frames in self.corpus.cepstra])
        words = ([self.corpus.utterances[i].pronunciations for i in chunk] for chunk in order)
        for chunk, graphs in zip(order, self.workers.map(partial(chunks.graphs, tied), words), strict=True):
            self._graphs |= dict(zip(chunk, graphs, strict=True))
        self._laid_out_for = tied


def _one_each(statistics: ContextStatistics, tied: TiedStates) -> Mixtures:
    """Of each leaf the Gaussian of its frames; of one without any that of all frames."""
    leaves = np.array([tied.pdf(*row) for row in statistics.contexts.tolist()])
    counts = np.bincount(leaves, weights=statistics.counts, minlength=tied.n_pdfs)
    sums, squares = (np.zeros((tied.n_pdfs, statistics.sums.shape[1])) for _ in range(2))
    np.add.at(sums, leaves, statistics.sums)
    np.add.at(squares, leaves, statistics.squares)
    unseen = counts < 1.0
    counts[unseen] = statistics.counts.sum()
    sums[unseen], squares[unseen] = statistics.sums.sum(axis=0), statistics.squares.sum(axis=0)
    means = sums / counts[:, None]
    variances = np.maximum(squares / counts[:, None] - means**2, 0.01)
    return Mixtures(np.ones(tied.n_pdfs), means, variances, np.arange(tied.n_pdfs + 1))


def _noise_pdfs(tied: TiedStates) -> list[int]:
    return sorted(set(tied.triples[tied.triples[:, 0] <= len(NOISES), 2].tolist()))


def _on_top(change: Doubles, before: Doubles | None) -> Doubles:
    """One transform in place of `before` and then `change`."""
    if before is None:
        return change
    return np.concatenate(
        [change[:, :-1] @ before[:, :-1], (change[:, :-1] @ before[:, -1] + change[:, -1])[:, None]], axis=1
    )


def left_out(
    utterances: Sequence[Utterance], found: Sequence[Aligned | None], beam: float, stage: str
) -> list[NotAligned]:
    """Of which utterances nothing can be learnt in a round, and why."""
    rows = []
    least_fit = _least_fit([result.fit for result in found if result is not None])
    for utterance, result in zip(utterances, found, strict=True):
        n_phones = sum(len(ways[0]) for ways in utterance.pronunciations)
        if result is None:
            reason = f"its {n_phones} phones do not fit into its sound; check that its words are those that are said"
        elif result.behind > beam:
            reason = (
                f"its words do not fit its sound: they fall {result.behind:.0f} behind the best of what is heard, "
                f"where {beam:.0f} are allowed; check that they are those that are said"
            )
        elif result.fit < least_fit:
            reason = (
                f"its words do not fit its sound: a frame is {-result.fit:.1f} nats likelier as something else, where "
                f"{-least_fit:.1f} would be much; check that they are those that are said"
            )
        else:
            continue
        rows.append(NotAligned(utterance.name, utterance.speaker, stage, reason))
    return rows


def _least_fit(fits: Sequence[float]) -> float:
    """The fit below which an utterance stands apart from the others; −inf where none was asked for."""
    known = np.array([fit for fit in fits if not np.isnan(fit)])
    if not len(known):
        return -np.inf
    middle = float(np.median(known))
    spread = GAUSSIAN_MAD * float(np.median(np.abs(known - middle)))
    return middle - max(FAR_OFF * spread, LEAST_APART)
