"""Training an acoustic model from sound and the pronunciations of what is said in it.

Method
------
Phones without context first, from an even alignment or from that of another model; then phones between their
neighbours, LDA and MLLT, and training that adapts to each speaker (:mod:`~visalign.acoustic_training.stages`). Which of
these, and how large, follows from how much sound there is (:mod:`~visalign.acoustic_training.settings`).

A part of the utterances is held out. While a stage runs, its likelihood is measured; the stage ends when that has
fallen twice from its best, and its best round is kept. Triphones that make it less likely than monophones did, and
adaptation that makes it less likely than LDA did, are given up. (LDA has features of its own, so that its likelihoods
can't be compared with those of the stage before.)

In the first half of the first stage every utterance is aligned that can be. Later on, one is left out whose path falls
further behind the best states than the beam, or whose words fit far worse than those of the others, until it fits; what
is left out in the end is named.

Same utterances, settings and version: the same bytes, whatever the number of workers, and wherever it was stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path as FilePath

import numpy as np

from visalign._version import __version__
from visalign.acoustic_training.chunks import Workers
from visalign.acoustic_training.first_paths import aligned_paths, even_path
from visalign.acoustic_training.front_end import centred, cepstra
from visalign.acoustic_training.paths import Path
from visalign.acoustic_training.settings import StageSettings, TrainingSettings, stages_for
from visalign.acoustic_training.stages import Corpus, StageRunner, left_out
from visalign.acoustic_training.tied_states import NOISES, SILENCE, TiedStates
from visalign.acoustic_training.trained_model import TrainedModel, packed
from visalign.acoustic_training.training_state import LearntModel, TrainingState, read_state, write_state
from visalign.acoustic_training.utterance import NotAligned, Progress, Utterance
from visalign.errors import InputError, quoted
from visalign.files.outputs import made_folder
from visalign.forced_alignment.acoustic_model import AcousticModel

__all__ = ["train"]

FEWEST_FOR_HELD_OUT = 20
"""Utterances; of fewer none is held out."""

MEASURED_EVERY = 2
"""Rounds between measurements of the held-out part."""

PATIENCE = 2
"""Measurements below the best after which a stage ends."""

RESERVED = frozenset({SILENCE, "<eps>"})
"""Names that the model's table of phones has for something else."""

GROUP = 10
"""Utterances that another model aligns at a time."""

Tell = Callable[[Progress], None]


def train(
    utterances: Sequence[Utterance],
    settings: TrainingSettings | None = None,
    *,
    start: AcousticModel | None = None,
    folder: FilePath | None = None,
    progress: Tell | None = None,
    workers: int = 1,
) -> TrainedModel:
    """Train an acoustic model.

    Parameters
    ----------
    utterances : sequence of Utterance
    settings : TrainingSettings, optional
    start : AcousticModel, optional
        A model that aligns the utterances first. None: an even alignment.
    folder : path, optional
        Where the state is kept after each round; given again, the training goes on from it.
    progress : callable, optional
        Told of each round.
    workers : int
        Processes.

    Raises
    ------
    InputError
        If nothing can be learnt from the utterances, or `folder` holds the state of another training.
    """
    _check(utterances)
    settings = settings or TrainingSettings()
    with Workers.open(workers) as pool:
        corpus, unheard = _heard(utterances, settings, pool)
        training = _Training(corpus, settings, start, folder, progress or _silently, pool)
        return training.run(unheard)


def _silently(_progress: Progress) -> None:
    pass


def _check(utterances: Sequence[Utterance]) -> None:
    if not utterances:
        raise InputError("no utterances to train on: the corpus is empty")
    names = [utterance.name for utterance in utterances]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InputError(f"utterances of one name: {', '.join(twice[:5])}. Give each a name of its own")
    for utterance in utterances:
        if not utterance.words or len(utterance.words) != len(utterance.pronunciations):
            raise InputError(f"{utterance.name}: {len(utterance.words)} words with pronunciations of others")
        if not all(ways and all(ways) for ways in utterance.pronunciations):
            raise InputError(f"{utterance.name}: a word without a pronunciation")
        for phone in {phone for ways in utterance.pronunciations for way in ways for phone in way}:
            if phone in RESERVED or phone.startswith("#") or len(phone.split()) != 1:
                raise InputError(f"{utterance.name}: {quoted(phone)} can't be the name of a phone; call it otherwise")


def _heard(
    utterances: Sequence[Utterance], settings: TrainingSettings, pool: Workers
) -> tuple[Corpus, list[NotAligned]]:
    """The utterances that have sound, in the order of their names, with centred cepstra."""
    ordered = sorted(utterances, key=lambda utterance: utterance.name)
    found = list(pool.map(partial(cepstra, options=settings.features), ordered))
    unheard = [rows for rows in found if isinstance(rows, NotAligned)]
    pairs = [(u, rows) for u, rows in zip(ordered, found, strict=True) if not isinstance(rows, NotAligned)]
    if not pairs:
        raise InputError(f"none of {len(ordered)} utterances could be heard; the first: {unheard[0].reason}")
    kept = tuple(utterance for utterance, _ in pairs)
    frames = centred([rows for _, rows in pairs], [utterance.speaker for utterance in kept])
    held_out = _held_out(kept, settings)
    learnt = tuple(i for i in range(len(kept)) if i not in held_out)
    return Corpus(kept, tuple(frames), learnt, tuple(sorted(held_out))), unheard


def _held_out(utterances: Sequence[Utterance], settings: TrainingSettings) -> set[int]:
    if settings.held_out <= 0.0 or len(utterances) < FEWEST_FOR_HELD_OUT:
        return set()
    n = max(1, round(settings.held_out * len(utterances)))
    return set(np.random.default_rng(settings.seed).permutation(len(utterances))[:n].tolist())


@dataclass(slots=True, eq=False)
class _Training:
    corpus: Corpus
    settings: TrainingSettings
    start: AcousticModel | None
    folder: FilePath | None
    tell: Tell
    pool: Workers

    def run(self, unheard: Sequence[NotAligned]) -> TrainedModel:
        fingerprint = self._fingerprint()
        state = None
        if self.folder is not None:
            made_folder(self.folder)
            state = read_state(self.folder, fingerprint)
        state = state or self._begun()
        for reached in self._states(state):
            state = reached
            if self.folder is not None:
                write_state(self.folder, state, fingerprint)
        assert state.accepted is not None
        return packed(self.corpus, self.settings, state, tuple(unheard))

    def _fingerprint(self) -> str:
        """What a training is, in a line: its utterances to the last sample, its settings, the version."""
        digest = hashlib.sha256()
        start = None if self.start is None else self.start.name
        digest.update(json.dumps([__version__, asdict(self.settings), start], default=str).encode())
        for utterance, rows in zip(self.corpus.utterances, self.corpus.cepstra, strict=True):
            facts = [utterance.name, utterance.speaker, utterance.words, utterance.pronunciations]
            digest.update(json.dumps(facts).encode() + rows.tobytes())
        return digest.hexdigest()

    # --- before the first round ---

    def _phones(self) -> tuple[str, ...]:
        said = {phone for u in self.corpus.utterances for ways in u.pronunciations for way in ways for phone in way}
        return (*NOISES, *sorted(said - set(NOISES)))

    def _begun(self) -> TrainingState:
        tied = TiedStates.monophones(self._phones())
        found = list(self._first_paths(tied))
        refused = tuple(x for x in found if isinstance(x, NotAligned))
        if all(isinstance(found[i], NotAligned) for i in self.corpus.learnt):
            raise InputError(f"none of {len(found)} utterances could be aligned; the first: {refused[0].reason}")
        paths = tuple(None if isinstance(x, NotAligned) else x for x in found)
        return TrainingState(paths=paths, left_out=refused)

    def _first_paths(self, tied: TiedStates) -> Iterator[Path | NotAligned]:
        pairs = [(u, len(rows)) for u, rows in zip(self.corpus.utterances, self.corpus.cepstra, strict=True)]
        if self.start is None:
            yield from (even_path(utterance, n_frames, tied) for utterance, n_frames in pairs)
            return
        task = partial(aligned_paths, self.start, self.settings.features, tied)
        groups = [pairs[i : i + GROUP] for i in range(0, len(pairs), GROUP)]
        n_aligned, nothing = 0, float("nan")
        for number, rows in enumerate(self.pool.map(task, groups), start=1):
            n_aligned += sum(not isinstance(row, NotAligned) for row in rows)
            self.tell(Progress("bootstrap", number, len(groups), nothing, nothing, 0, 0, n_aligned))
            yield from rows

    def _stages(self) -> tuple[StageSettings, ...]:
        if self.settings.stages is not None:
            return self.settings.stages
        seconds = sum(len(self.corpus.cepstra[i]) for i in self.corpus.learnt) * self.settings.features.frame_shift
        n_phones = len(self._phones()) - len(NOISES)
        return stages_for(seconds, n_phones, bootstrapped=self.start is not None)

    # --- rounds ---

    def _states(self, state: TrainingState) -> Iterator[TrainingState]:
        """The states after `state`, one a round."""
        stages = self._stages()
        while not state.is_finished:
            runner = StageRunner(self.corpus, self.settings, stages[state.stage], self.pool)
            while state.round < runner.stage.n_rounds and not self._has_fallen(state, runner.stage):
                state = self._after_round(state, runner)
                yield state
            state = self._after_stage(state, runner, n_stages=len(stages))
            yield state

    def _after_round(self, state: TrainingState, runner: StageRunner) -> TrainingState:
        number = state.round + 1
        stage, model, paths, refused = runner.stage, state.model, state.paths, state.left_out
        if model is None:
            model = runner.begin(self._phones(), state.accepted, paths)
        if number in stage.transform_in:
            model = runner.transformed(model, paths)
        if number in stage.align_in:
            paths, refused = self._realigned(runner, model, strict=state.stage > 0 or number > stage.n_rounds // 2)
        model, likelihood = runner.learnt(model, paths, number)
        state = replace(state, round=number, model=model, paths=paths, left_out=refused)
        held_out = float("nan")
        if self.corpus.held_out and (number % MEASURED_EVERY == 0 or number == stage.n_rounds):
            held_out = runner.measured(model).a_frame
            if held_out > state.best_held_out:
                state = replace(state, best=model, best_held_out=held_out)
        told = Progress(
            stage.kind,
            number,
            stage.n_rounds,
            likelihood,
            held_out,
            model.mixtures.n_gaussians,
            model.tied.n_pdfs,
            sum(paths[i] is not None for i in self.corpus.learnt),
        )
        self.tell(told)
        return state.with_round(told)

    def _realigned(
        self, runner: StageRunner, model: LearntModel, *, strict: bool
    ) -> tuple[tuple[Path | None, ...], tuple[NotAligned, ...]]:
        learnt = self.corpus.learnt
        beam = self.settings.beam if strict else float("inf")
        found = runner.aligned(model, learnt, with_fits=strict)
        refused = left_out([self.corpus.utterances[i] for i in learnt], found, beam, runner.stage.kind)
        unfit = {row.utterance for row in refused}
        if len(refused) == len(learnt):
            raise InputError(
                f"none of {len(learnt)} utterances can be aligned any more; the first: {refused[0].reason}"
            )
        paths: list[Path | None] = [None] * len(self.corpus.utterances)
        for i, result in zip(learnt, found, strict=True):
            if result is not None and self.corpus.utterances[i].name not in unfit:
                paths[i] = result.path
        return tuple(paths), tuple(refused)

    def _has_fallen(self, state: TrainingState, stage: StageSettings) -> bool:
        """Whether the held-out part has been below its best so often that the stage is over."""
        measured = [x.held_out for x in state.rounds if x.stage == stage.kind and not np.isnan(x.held_out)]
        since = len(measured) - 1 - int(np.argmax(measured)) if measured else 0
        return since >= PATIENCE and state.round > stage.n_rounds // 2

    def _after_stage(self, state: TrainingState, runner: StageRunner, *, n_stages: int) -> TrainingState:
        """The stage is accepted, or given up; the next one begins with its alignment."""
        model = state.best or state.model
        assert model is not None
        comparable = runner.stage.kind in ("triphone", "sat") and state.best is not None
        if comparable and state.best_held_out < state.accepted_held_out:
            model, is_last = state.accepted, True
        else:
            is_last = state.stage + 1 == n_stages
        assert model is not None
        paths, refused = self._realigned(runner, model, strict=True)
        if is_last and model.kind == "sat":
            model = runner.with_unadapted(model, paths)
        return replace(
            state,
            stage=state.stage + 1,
            round=0,
            model=None,
            accepted=model,
            accepted_held_out=max(state.best_held_out, -np.inf),
            best=None,
            best_held_out=-np.inf,
            paths=paths,
            left_out=refused,
            is_finished=is_last,
        )
