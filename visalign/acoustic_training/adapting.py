"""Adapting an acoustic model to other speech: an accent, a speaker, a room.

Method
------
1. Each stretch is aligned with the model. Where the model asks for it and a speaker says enough, the features are
   adapted to the speaker (fMLLR over all his stretches) and aligned again, as the model is used.
2. Counts and sums of frames tell each Gaussian where its speech lies (:mod:`visalign.hmm_training.mean_adaptation`):
   its mean moves with all others by an affine map, then by itself. Models that are adapted to speakers when they are
   used get no map, since the speaker's fMLLR does the same.
3. Both again, aligned with the adapted model.

How far means move is chosen by speech that they were not moved by: the stretches are dealt out to `N_FOLDS` parts, and
of the strengths in `STRENGTHS` the one counts under which each part is likeliest with means that the others moved.
Where none is likelier than the model as it was, it stays as it was.

Sums of stretches add up, in the order of their names; so the same corpus gives the same bytes.

Conventions
-----------
Log-likelihoods are natural, of acoustics alone, unscaled, a frame, silence included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from visalign.acoustic_training.corpus import LeftOut, Stretch, by_speaker
from visalign.acoustic_training.moving_gaussians import Gaussians, KaldiGaussians, MeanSums, SphinxGaussians
from visalign.errors import AlignmentError, InputError, VisalignError
from visalign.forced_alignment.acoustic_model import AcousticModel, KaldiAcoustics, SphinxAcoustics
from visalign.forced_alignment.decoding_graph import DecodingGraph, Variant, build_graph
from visalign.forced_alignment.kaldi_features import mfcc
from visalign.forced_alignment.mapped_acoustics import MappedAcoustics
from visalign.forced_alignment.pocketsphinx import pcm_for_model
from visalign.forced_alignment.viterbi import NoPath, best_path
from visalign.hmm_training.fmllr import apply_transform, gather_statistics, total_statistics
from visalign.hmm_training.mean_adaptation import map_means, mean_map
from visalign.language.lexicon import Lexicon
from visalign.signals import Audio
from visalign.sound.silence import silent_stretches, without_stretches

__all__ = ["STRENGTHS", "Adapted", "Round", "Strength", "adapt"]

N_FOLDS = 5
N_ROUNDS = 2

EXACT_FRAMES = 2500
BEAM = 320.0
"""Up to so many frames a stretch is searched exactly; above, with a beam in scaled log-likelihood, as the aligner."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Say = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class Strength:
    """How much speech the old model counts for: frames a Gaussian (`tau`), and in all (`prior`; None: no map)."""

    tau: float
    prior: float | None


STRENGTHS = tuple(Strength(tau, prior) for tau in (5.0, 20.0, 80.0, 320.0) for prior in (100.0, 1000.0, 10000.0))
"""Those that are tried. MFA's own ``adapt`` has tau 20 and no map."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: log-likelihood a frame of speech that did not move the means, as it was and as it is."""

    n_stretches: int
    n_frames: int
    before: float
    after: float
    strength: Strength | None


@dataclass(frozen=True, slots=True, eq=False)
class Adapted:
    """A model with other means.

    Parameters
    ----------
    model : AcousticModel
        Ready for use.
    first_means, means : ndarray
        In the order of the model's Gaussians; of a model of PocketSphinx both are the same, shape (n_codebooks,
        n_streams, n_densities, width). `first_means` are those for speech that is not adapted to.
    rounds : tuple of Round
    left_out : tuple of LeftOut
        Stretches that could not be aligned.
    seconds : float
        Of the speech that was learnt from.
    n_adapted : int
        Speakers to whom features were adapted.
    """

    model: AcousticModel
    first_means: Floats
    means: Floats
    rounds: tuple[Round, ...]
    left_out: tuple[LeftOut, ...]
    seconds: float
    n_adapted: int


def adapt(
    model: AcousticModel,
    stretches: Sequence[Stretch],
    lexicon: Lexicon,
    *,
    n_rounds: int = N_ROUNDS,
    strength: Strength | None = None,
    progress: Say | None = None,
) -> Adapted:
    """Move the means of a model to what is heard in a corpus.

    Parameters
    ----------
    model : SphinxAcoustics or KaldiAcoustics
    stretches : sequence of Stretch
        From :func:`visalign.acoustic_training.corpus.read_spoken_corpus`.
    lexicon : Lexicon
        Pronunciations of all their words, in phones of the model.
    n_rounds : int
    strength : Strength, optional
        How much the old model counts for. None: chosen by speech that is left out in turn.
    progress : callable, optional
        Is told what is done, and which part of it is behind.

    Raises
    ------
    InputError
        If not one stretch can be aligned, or the model is of another kind.
    OutOfVocabulary
        If words have no pronunciation.
    """
    original = _parts_of(model)
    now, rounds, heard = original, list[Round](), _Heard()
    for number in range(n_rounds):
        heard = _hear(now, stretches, lexicon, progress, number, n_rounds)
        if not heard.rows:
            first = heard.left_out[0].reason if heard.left_out else "it is empty"
            raise InputError(f"no stretch of the corpus can be aligned with this model: {first}")
        now, done = _moved(original, heard, strength)
        rounds.append(done)
        if done.strength is None:
            break
    seconds = sum(len(x.frames) for x in heard.rows) * model.frame_shift
    means = [part.means() for part in now.parts]
    return Adapted(now.model, means[0], means[-1], tuple(rounds), tuple(heard.left_out), seconds, heard.n_adapted)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """A model, and its Gaussians: one set, or those of the first pass and those of the second."""

    model: AcousticModel
    parts: tuple[Gaussians, ...]

    def moved(self, parts: Sequence[Gaussians]) -> _Parts:
        """The same model with other Gaussians."""
        if isinstance(parts[0], SphinxGaussians) and isinstance(self.model, SphinxAcoustics):
            return _Parts(self.model.with_model(parts[0].model), tuple(parts))
        assert isinstance(self.model, KaldiAcoustics)
        first, last = (x.mixtures for x in (parts[0], parts[-1]) if isinstance(x, KaldiGaussians))
        return _Parts(KaldiAcoustics(self.model.model.with_mixtures(first, last)), tuple(parts))


def _parts_of(model: AcousticModel) -> _Parts:
    if isinstance(model, SphinxAcoustics) and not isinstance(model, MappedAcoustics):
        return _Parts(model, (SphinxGaussians(model.model),))
    if not isinstance(model, KaldiAcoustics):
        raise InputError(f"{model.name} can't be adapted: only models of PocketSphinx and of MFA can")
    if not model.model.options.uses_adaptation:
        return _Parts(model, (KaldiGaussians(model.mixtures),))
    pair = (model.mixtures, model.model.model.mixtures)
    return _Parts(model, tuple(KaldiGaussians(x, takes_map=False) for x in pair))


# --- aligning the corpus --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A stretch: frames and their pdfs; `adapted` frames are those of the second pass."""

    frames: Floats
    pdfs: Integers
    spoken: Flags
    adapted: Floats


class _Heard:
    """What was aligned, in the order of the corpus."""

    def __init__(self) -> None:
        self.rows: list[_Row] = []
        self.left_out: list[LeftOut] = []
        self.n_adapted = 0


def _hear(
    now: _Parts, stretches: Sequence[Stretch], lexicon: Lexicon, progress: Say | None, number: int, n_rounds: int
) -> _Heard:
    heard, done = _Heard(), 0
    for mine in by_speaker(stretches).values():
        graphs = list[DecodingGraph]()
        sounds = list[tuple[Stretch, Audio]]()
        for stretch in mine:
            if progress is not None:
                progress(
                    f"round {number + 1} of {n_rounds}: {stretch.name}", (number + done / len(stretches)) / n_rounds
                )
            done += 1
            try:
                audio = stretch.sound()
                sounds.append((stretch, without_stretches(audio, silent_stretches(audio))))
                graphs.append(_graph(now.model, stretch, lexicon))
            except VisalignError as error:
                del sounds[len(graphs) :]
                heard.left_out.append(LeftOut(stretch.name, stretch.speaker, f"{stretch.name}: {error}"))
        _hear_speaker(now, sounds, graphs, heard)
    return heard


def _hear_speaker(
    now: _Parts, sounds: Sequence[tuple[Stretch, Audio]], graphs: Sequence[DecodingGraph], heard: _Heard
) -> None:
    rows = list[tuple[DecodingGraph, _Row]]()
    for (stretch, audio), graph, frames in zip(sounds, graphs, _frames(now.model, sounds, heard), strict=True):
        if frames is None:
            continue
        try:
            pdfs, spoken = _path(now.model, graph, frames)
            rows.append((graph, _Row(frames, pdfs, spoken, frames)))
        except NoPath:
            reason = (
                f"{stretch.name}: its {len(stretch.words)} words could not be aligned with {audio.duration:.2f} s of "
                "sound; check that they are said in it"
            )
            heard.left_out.append(LeftOut(stretch.name, stretch.speaker, reason))
    second = _second_pass(now, rows)
    heard.n_adapted += second is not None
    heard.rows += (row for _, row in rows) if second is None else second


def _graph(model: AcousticModel, stretch: Stretch, lexicon: Lexicon) -> DecodingGraph:
    pronounced = lexicon.pronounce(stretch.words)
    variants: list[list[Variant]] = []
    for word, ways in zip(stretch.words, pronounced, strict=True):
        variants.append(model.variants(word, ways))
        if not variants[-1]:
            raise InputError(
                f"{word!r} is not in the phones of {model.name}; give the dictionary that belongs to it (--dictionary)"
            )
    return build_graph(variants, model, model.silence_costs)


def _frames(model: AcousticModel, sounds: Sequence[tuple[Stretch, Audio]], heard: _Heard) -> list[Floats | None]:
    """Features of the stretches of a speaker; None where there is no sound, which is told."""
    found = list[Floats | None]()
    for stretch, audio in sounds:
        try:
            pcm = pcm_for_model(audio)
            found.append(
                mfcc(audio, model.model.options.features)
                if isinstance(model, KaldiAcoustics)
                else model.features(audio, pcm)
            )
        except AlignmentError as error:
            heard.left_out.append(LeftOut(stretch.name, stretch.speaker, f"{stretch.name}: {error}"))
            found.append(None)
    rows = [x for x in found if x is not None]
    if not isinstance(model, KaldiAcoustics) or not rows:
        return found
    # As MFA does it: the mean of all that a speaker says is taken away.
    mean = np.concatenate(rows).mean(axis=0, dtype=np.float64).astype(np.float32)
    return [None if x is None else model.transformed(x - mean) for x in found]


def _path(model: AcousticModel, graph: DecodingGraph, frames: Floats) -> tuple[Integers, Flags]:
    scores = model.scale * model.log_likelihoods(frames, graph.pdf_ids)
    path = best_path(graph, scores, None if len(frames) <= EXACT_FRAMES else BEAM)
    return graph.pdf_ids[graph.pdfs[path.states]], graph.words[graph.instances[path.states]] >= 0


def _second_pass(now: _Parts, rows: Sequence[tuple[DecodingGraph, _Row]]) -> list[_Row] | None:
    """The stretches of a speaker aligned with features that fit the second model; None without one, or too little."""
    if len(now.parts) == 1 or not rows or not isinstance(now.model, KaldiAcoustics):
        return None
    first, last = now.model.mixtures, now.model.model.model.mixtures
    transform = total_statistics(
        gather_statistics(row.frames[row.spoken], row.pdfs[row.spoken], first, last) for _, row in rows
    ).transform()
    if transform is None:
        return None
    second, found = KaldiAcoustics(now.model.model, last), list[_Row]()
    for graph, row in rows:
        frames = apply_transform(row.frames, transform)
        try:
            found.append(_Row(row.frames, *_path(second, graph, frames), frames))
        except NoPath:
            found.append(replace(row, adapted=frames))
    return found


# --- moving the means -----------------------------------------------------------------------------------------


def _moved(original: _Parts, heard: _Heard, strength: Strength | None) -> tuple[_Parts, Round]:
    rows = heard.rows
    n_frames = sum(len(x.frames) for x in rows)
    n_folds = min(N_FOLDS, len(rows))
    last = original.parts[-1]
    sums = [
        [_sums_of(part, rows[fold::n_folds], part is not last) for part in original.parts] for fold in range(n_folds)
    ]
    total = _added([x[-1] for x in sums])
    before = sum(last.log_likelihood(x.adapted, x.pdfs) for x in rows) / n_frames
    if n_folds < 2:
        chosen, after = strength or STRENGTHS[-1], float("nan")
    else:
        tried = (strength,) if strength else STRENGTHS if last.takes_map else _without_map()
        scored = [(_left_out_in_turn(last, rows, [x[-1] for x in sums], total, x) / n_frames, x) for x in tried]
        after, chosen = max(scored, key=lambda pair: pair[0])
    if strength is None and after <= before:
        return original, Round(len(rows), n_frames, before, before, None)
    moved = [_part(part, _added([x[n] for x in sums]), chosen) for n, part in enumerate(original.parts)]
    return original.moved(moved), Round(len(rows), n_frames, before, after, chosen)


def _without_map() -> tuple[Strength, ...]:
    return tuple(dict.fromkeys(Strength(x.tau, None) for x in STRENGTHS))


def _sums_of(part: Gaussians, rows: Sequence[_Row], is_first: bool) -> list[MeanSums]:
    return _added([part.sums(x.frames if is_first else x.adapted, x.pdfs) for x in rows])


def _added(parts: Sequence[list[MeanSums]]) -> list[MeanSums]:
    total = parts[0]
    for part in parts[1:]:
        total = [a + b for a, b in zip(total, part, strict=True)]
    return total


def _left_out_in_turn(
    part: Gaussians, rows: Sequence[_Row], folds: Sequence[list[MeanSums]], total: list[MeanSums], strength: Strength
) -> float:
    found = 0.0
    for fold, mine in enumerate(folds):
        others = _part(part, [a - b for a, b in zip(total, mine, strict=True)], strength)
        found += sum(others.log_likelihood(x.adapted, x.pdfs) for x in rows[fold :: len(folds)])
    return found


def _part(part: Gaussians, sums: Sequence[MeanSums], strength: Strength) -> Gaussians:
    """The Gaussians moved by all frames together, then each by its own."""
    means = []
    for (old, precisions), heard in zip(part.groups(), sums, strict=True):
        placed = old
        if part.takes_map and strength.prior is not None:
            transform = mean_map(old, precisions, heard.counts, heard.sums, strength.prior)
            placed = old @ transform[:, :-1].T + transform[:, -1]
        means.append(map_means(placed, heard.counts, heard.sums, strength.tau))
    return part.moved(means)
