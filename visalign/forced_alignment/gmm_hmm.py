"""Forced alignment with GMM-HMMs in NumPy: PocketSphinx's American English model, or any of MFA's acoustic models.

Method
------
1. Features as the model was trained on (:mod:`~visalign.forced_alignment.acoustic_model`).
2. A graph of the transcript with optional pauses and all pronunciations, and the best path through it
   (:mod:`~visalign.forced_alignment.decoding_graph`, :mod:`~visalign.forced_alignment.viterbi`): exact for recordings
   up to `EXACT_SECONDS`, with a wide beam for longer ones.
3. Where much of the sound fits neither the words nor a pause, there may be speech that nobody wrote down, which words
   would be stretched over. The search is repeated with fillers, and counts if the words then fit.
4. Where the model asks for it and there is enough speech, the features are adapted to the speaker and the search is
   repeated (:mod:`~visalign.hmm_training.fmllr`).
5. The phones are now known. Forward–backward gives each boundary a probability at each frame; frames at which the
   spectrum changes count more, `change_gain` nats for each time its mean. The boundary is the mean of that
   distribution, so that it is finer than the frames.
6. Each boundary moves to the change of the spectrum nearby (:mod:`~visalign.forced_alignment.refinement`).

Nothing is learnt from labelled boundaries. What each step brings is in ``docs/decisions/0011``, and with models of MFA
in ``docs/decisions/0156``.

The last two steps can be left out: boundaries are then those of the best path, frame ``i`` at ``i`` times the frame
shift, as the program writes them for which the model was made.

Conventions
-----------
As in :mod:`visalign.forced_alignment.aligner`. What a confidence says is in
:mod:`visalign.forced_alignment.confidence`; it is the same whether boundaries are moved or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from os import PathLike

import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError, AnyPath, InputError
from visalign.forced_alignment.acoustic_model import (
    FILLER_PDF,
    FILLER_PRICE,
    AcousticModel,
    SphinxAcoustics,
)
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.confidence import (
    CONTROL_BELOW,
    FLATTENING,
    StartEvidence,
    fit_doubt,
    phone_confidence,
    word_confidence,
)
from visalign.forced_alignment.decoding_graph import FILLER, DecodingGraph, PhoneHmm, Variant, build_graph, chain_graph
from visalign.forced_alignment.digital_silence import without_digital_silence
from visalign.forced_alignment.mapped_acoustics import is_english, mapped_model
from visalign.forced_alignment.pocketsphinx import MODEL_RATE_HZ, merge_silence, pcm_for_model
from visalign.forced_alignment.refinement import refine_boundaries, spectral_change
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.forced_alignment.suspects import unlikely_word
from visalign.forced_alignment.user_models import read_user_model
from visalign.forced_alignment.viterbi import BestPath, BlockScores, NoPath, best_path, boundary_posteriors
from visalign.language.lexicon import Lexicon
from visalign.language.phones import SILENCE
from visalign.signals import Audio
from visalign.sound.silence import silent_stretches, without_stretches
from visalign.timeline import Interval, Tier

__all__ = ["GmmHmmAligner"]

EXACT_SECONDS = 25.0
"""Audio up to this length is searched exactly; time and memory of that grow with the square of the length."""

BEAMS = (80.0, 320.0, 1280.0)
"""How far a path may fall behind in longer audio, in scaled log-likelihood; the next where one loses all paths. With
the first the paths through 84 s of speech are the exact ones."""

FILLER_WEIGHT = -20.0
"""Log weight of a filler: one long stretch without words is likelier than several short ones."""

UNEXPLAINED = 80.0
"""Scaled nats by which frames together fit worse than a filler does, from which on a search with fillers is made."""

FILLER_GAIN, FILLER_FIT = 150.0, -2.35
"""Scaled nats that fillers have to bring, and how well the words have to fit between them, for their path to count.
Of 15 clips of GRID the right sentence gains at most 2, another one up to 123 at a fit of −2.6 to −5.9; with a sentence
more in the sound than in the text it gains 214 to 453 at −0.0 to −1.9; of LibriVox another text reaches −2.4
(docs/decisions/0153)."""

STRETCH, OVERLAP = 48, 4
"""Phones whose boundaries are found at a time, and how many on either side belong to the neighbours."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class GmmHmmAligner:
    """Aligns with a GMM-HMM acoustic model, see :mod:`visalign.forced_alignment.gmm_hmm`.

    Parameters
    ----------
    acoustic_model : path-like or AcousticModel, optional
        A zip of the Montreal Forced Aligner, or a folder of PocketSphinx. None: PocketSphinx's American English model,
        and for words in IPA that English has no phones for the same by way of
        :mod:`~visalign.forced_alignment.mapped_acoustics`.
    refine : bool
        Move boundaries to where the sound says they are. False: leave them where the model puts them; recordings are
        then aligned whole, however long, as MFA does.

    Raises
    ------
    ParseError
        If the file is no acoustic model that can be used.
    BackendUnavailable
        If PocketSphinx's model is asked for and not installed.
    """

    name = "gmm_hmm"

    def __init__(self, acoustic_model: AnyPath | AcousticModel | None = None, *, refine: bool = True) -> None:
        self.refine = refine
        self.takes_any_length = not refine
        self.may_change_model = acoustic_model is None
        self.model: AcousticModel
        if acoustic_model is None:
            self.model = SphinxAcoustics(embedded_model())
        elif isinstance(acoustic_model, str | PathLike):
            self.model = read_user_model(acoustic_model)
        else:
            self.model = acoustic_model

    def align(self, audio: Audio, words: Sequence[str], lexicon: Lexicon) -> Alignment:
        """See :meth:`visalign.forced_alignment.aligner.Aligner.align`.

        Raises
        ------
        OutOfVocabulary
            If words have no pronunciation.
        InputError
            If there is no word, or words have no pronunciation in phones of the model.
        AlignmentError
            If the audio is silent or too short for the words.
        """
        if not words:
            raise InputError("no words to align: the transcript is empty. Give what is said in the clip.")
        if self.may_change_model and not is_english(words, lexicon):
            return GmmHmmAligner(mapped_model(), refine=self.refine).align(audio, words, lexicon)
        return self.align_variants(audio, words, self.variants(words, lexicon))

    def align_variants(self, audio: Audio, words: Sequence[str], variants: Sequence[Sequence[Variant]]) -> Alignment:
        """Align words whose pronunciations are known already, in phones of the model.

        Raises
        ------
        AlignmentError
            If the audio is silent or too short for the words.
        """
        return without_digital_silence(audio, lambda sound: self._aligned(sound, words, variants))

    def _aligned(self, audio: Audio, words: Sequence[str], variants: Sequence[Sequence[Variant]]) -> Alignment:
        pcm = pcm_for_model(audio)
        graph = build_graph(variants, self.model, self.model.silence_costs)
        frames = self.model.features(audio, pcm)
        found = _with_fillers(_decode(self.model, graph, frames, audio), variants, frames, audio)
        placed = _place(found, pcm, audio.duration)
        if not self.refine:
            placed = _unmoved(placed, found)
        doubts = tuple(_doubts(found, variants))
        engine = f"{self.name}, {self.model.name}" + ("" if self.refine else ", boundaries not refined")
        return _alignment(self.model, words, placed, engine, doubts)

    def heard_pronunciations(self, audio: Audio, words: Sequence[str], lexicon: Lexicon) -> list[tuple[str, ...]]:
        """Of each word the pronunciation that is heard, in phones of the model.

        Raises
        ------
        OutOfVocabulary, InputError, AlignmentError
            As :meth:`align`.
        """
        sound = without_stretches(audio, silent_stretches(audio))  # as `align` hears it
        frames = self.model.features(sound, pcm_for_model(sound))
        graph = build_graph(self.variants(words, lexicon), self.model, self.model.silence_costs)
        try:
            path = _search(graph, _Scores.of(self.model, frames, graph, for_search_only=True))
        except NoPath as error:
            raise AlignmentError(f"no pronunciation of the words fits into {audio.duration:.2f} s") from error
        heard: list[list[str]] = [[] for _ in words]
        for segment in _segments(graph, path, self.model):
            if segment.word >= 0:
                heard[segment.word].append(segment.phone)
        return [tuple(phones) for phones in heard]

    def variants(self, words: Sequence[str], lexicon: Lexicon) -> list[list[Variant]]:
        """The pronunciations of each word in phones of the model.

        Raises
        ------
        OutOfVocabulary
            If words have no pronunciation.
        InputError
            If words have none in phones of the model.
        """
        pronounced = lexicon.pronounce(words)
        variants = [self.model.variants(word, ways) for word, ways in zip(words, pronounced, strict=True)]
        rows = zip(words, pronounced, variants, strict=True)
        strange = list(dict.fromkeys(f"{word}{ways[0].where}" for word, ways, found in rows if not found))
        if strange:
            raise InputError(
                f"{len(strange)} word(s) are in the lexicon, but not in the phones of {self.model.name}: "
                f"{', '.join(strange[:10])}. Give the dictionary that belongs to this acoustic model (--dictionary)."
            )
        return variants


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """Scaled log-likelihoods of the frames: all at once where that is little, else as they are asked for."""

    model: AcousticModel
    frames: Floats
    pdf_ids: Integers
    matrix: Floats | None

    @classmethod
    def of(
        cls, model: AcousticModel, frames: Floats, graph: DecodingGraph, *, for_search_only: bool = False
    ) -> _Scores:
        more = () if for_search_only else (model.broader(graph.pdf_ids), model.rivals(graph.pdf_ids))
        pdf_ids = np.unique(np.concatenate([graph.pdf_ids, *more]))
        short = len(frames) * model.frame_shift <= EXACT_SECONDS
        return cls(model, frames, pdf_ids, model.log_likelihoods(frames, pdf_ids) if short else None)

    def __call__(self, first: int, last: int, pdfs: Integers) -> Floats:
        """Log-likelihoods of the frames `first` to `last` under `pdfs`, not scaled."""
        if self.matrix is None:
            return self.model.log_likelihoods(self.frames[first:last], pdfs)
        return self.matrix[first:last, np.searchsorted(self.pdf_ids, pdfs)]

    def smoothed(self, first: int, last: int, pdfs: Integers) -> Floats:
        """The same, in part those of less specific pdfs."""
        share = self.model.broad_share
        scores = self(first, last, pdfs)
        return (1.0 - share) * scores + share * self(first, last, self.model.broader(pdfs)) if share else scores


@dataclass(frozen=True, slots=True)
class _Segment:
    """A phone of the best path and its frames; `word` is −1 for silence."""

    phone: str
    word: int
    hmm: PhoneHmm
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class _Decoded:
    """The best path, its score, and the log-likelihood of each frame less that of the best of its rivals."""

    model: AcousticModel
    scores: _Scores
    segments: list[_Segment]
    fits: Doubles
    score: float
    filler: float | None = None

    @property
    def spoken(self) -> npt.NDArray[np.bool_]:
        """Frames of words, shape (n_frames,)."""
        return np.concatenate([np.full(s.end - s.start, s.word >= 0) for s in self.segments])

    @property
    def fit(self) -> float:
        """Mean over the spoken frames."""
        return float(self.fits[self.spoken].mean())


def _decode(
    model: AcousticModel, graph: DecodingGraph, frames: Floats, audio: Audio, filler: float | None = None
) -> _Decoded:
    scores = _Scores.of(model, frames, graph)
    try:
        path = _search(graph, scores)
        pdfs = graph.pdf_ids[graph.pdfs[path.states]]
        spoken = graph.words[graph.instances[path.states]] >= 0
        second = model.adapted(frames, pdfs, spoken)
        if second is not None:
            model, frames = second
            scores = _Scores.of(model, frames, graph)
            path = _search(graph, scores)
    except NoPath as error:
        n_words = int(graph.words.max()) + 1
        raise AlignmentError(
            f"the {n_words} words could not be aligned with these {audio.duration:.2f} s of audio: it is too short "
            "for them, or does not hold them. Check that the transcript belongs to this clip and has all its words, "
            "or leave the transcript out to have the phones recognised."
        ) from error
    return _Decoded(model, scores, _segments(graph, path, model), _fits(graph, path, scores), path.score, filler)


def _with_fillers(found: _Decoded, variants: Sequence[Sequence[Variant]], frames: Floats, audio: Audio) -> _Decoded:
    """The path with fillers between the words, where it explains a sound that holds more than the words do."""
    model = found.model
    unexplained = model.scale * float(np.maximum(0.0, -found.fits - FILLER_PRICE).sum())
    if not model.has_filler or unexplained < UNEXPLAINED:
        return found
    graph = build_graph(variants, model, model.silence_costs, filler=FILLER_WEIGHT)
    other = _decode(model, graph, frames, audio, FILLER_WEIGHT)
    is_better = other.score - found.score >= FILLER_GAIN and other.fit >= FILLER_FIT
    return other if is_better else found


def _search(graph: DecodingGraph, scores: _Scores) -> BestPath:
    scale = scores.model.scale
    if scores.matrix is not None:
        return best_path(graph, scale * scores(0, len(scores.frames), graph.pdf_ids))

    def compute(first: int, last: int, pdfs: Integers) -> Floats:
        return scale * scores(first, last, pdfs)

    blocks = BlockScores(graph, len(scores.frames), compute)
    for beam in BEAMS[:-1]:
        with suppress(NoPath):
            return best_path(graph, blocks, beam)
    return best_path(graph, blocks, BEAMS[-1])


def _segments(graph: DecodingGraph, path: BestPath, model: AcousticModel) -> list[_Segment]:
    instances, is_filler = graph.instances[path.states], graph.pdf_ids[graph.pdfs[path.states]] == FILLER_PDF
    starts = np.flatnonzero(np.diff(instances, prepend=-1)).tolist()
    phones = [graph.phones[i] for i in instances[starts].tolist()]
    words = [-2, *graph.words[instances[starts]].tolist(), -2]
    positions = [_position(*words[k : k + 3]) for k in range(len(phones))]
    known_as = ["", *map(model.neighbour, phones, positions), ""]
    segments = []
    for k, (start, end) in enumerate(pairwise([*starts, len(instances)])):
        position = FILLER if is_filler[start] else positions[k]
        hmm = model.phone_hmm(known_as[k], phones[k], known_as[k + 2], position)
        segments.append(_Segment(phones[k], words[k + 1], hmm, start, end))
    return segments


def _position(before: int, word: int, after: int) -> str:
    """Where in its word a phone stands, by the words of its neighbours."""
    if word < 0:
        return ""
    return {(True, True): "S", (True, False): "B", (False, True): "E", (False, False): "I"}[
        before != word, after != word
    ]


def _fits(graph: DecodingGraph, path: BestPath, scores: _Scores) -> Doubles:
    mine, rivals = graph.pdf_ids[graph.pdfs[path.states]], scores.model.rivals(graph.pdf_ids)
    fits = np.empty(len(mine))
    step = int(EXACT_SECONDS / scores.model.frame_shift)
    for first in range(0, len(mine), step):
        part = slice(first, first + step)
        ids, columns = np.unique(mine[part], return_inverse=True)
        own = scores(first, first + len(columns), ids)[np.arange(len(columns)), columns]
        fits[part] = own - scores(first, first + len(columns), rivals).max(axis=1)
    return fits


@dataclass(frozen=True, slots=True)
class _Placed:
    """A phone with its times and what speaks for them; `word` is −1 for silence."""

    phone: str
    word: int
    start: float
    end: float
    evidence: StartEvidence


def _place(found: _Decoded, pcm: npt.NDArray[np.int16], duration: float) -> list[_Placed]:
    segments, model = found.segments, found.model
    change = spectral_change(pcm, MODEL_RATE_HZ, model.first_boundary + model.frame_shift * np.arange(len(found.fits)))
    change = change / max(float(change.mean()), 1e-9)
    frames, spreads = _soft_boundaries(found, change)
    inner = model.first_boundary + model.frame_shift * frames
    times = _increasing([0.0, *inner.tolist(), duration])
    times = _refined(times, found, pcm)
    # Speech that begins with the recording begins at a cut, of which nothing is known: its end stands in for it.
    spread = [spreads[0] if len(spreads) else model.frame_shift, *spreads.tolist()]
    turns = np.interp(times[:-1], model.first_boundary + model.frame_shift * np.arange(len(change)), change)
    return [
        _Placed(
            x.phone, x.word, start, end, StartEvidence(spread[k], turns[k], float(found.fits[x.start : x.end].mean()))
        )
        for k, (x, (start, end)) in enumerate(zip(segments, pairwise(times), strict=True))
    ]


def _refined(times: list[float], found: _Decoded, pcm: npt.NDArray[np.int16]) -> list[float]:
    """Boundaries at the change of the spectrum nearby, but those that the model keeps."""
    moved = refine_boundaries(pcm, MODEL_RATE_HZ, times)
    stays = [False, *(found.model.keeps(a.phone, b.phone) for a, b in pairwise(found.segments)), False]
    return [old if stay else new for old, new, stay in zip(times, moved, stays, strict=True)]


def _unmoved(placed: Sequence[_Placed], found: _Decoded) -> list[_Placed]:
    """The phones with the times of the best path."""
    starts = [found.model.frame_shift * x.start for x in found.segments]
    times = _increasing([*starts, placed[-1].end])
    return [replace(x, start=start, end=end) for x, (start, end) in zip(placed, pairwise(times), strict=True)]


def _increasing(times: list[float]) -> list[float]:
    """`times` with those that lie beyond the last one, where a window reaches past the audio, drawn in evenly."""
    end, n = times[-1], len(times)
    least = min(1e-3, end / n)
    for i in range(n - 2, 0, -1):
        times[i] = min(times[i], times[i + 1] - least)
    for i in range(1, n - 1):
        times[i] = max(times[i], times[i - 1] + 0.5 * least)
    return times


def _soft_boundaries(found: _Decoded, change: Doubles) -> tuple[Doubles, Doubles]:
    """Mean frame of each inner boundary, and the seconds by which it is uncertain; both (n_phones − 1,)."""
    segments, model = found.segments, found.model
    bonus = model.change_gain * (change - 1.0)
    means, spreads = np.empty(len(segments) - 1), np.empty(len(segments) - 1)
    for first in range(0, len(segments) - 1, STRETCH):
        last = min(first + STRETCH, len(segments) - 1)  # boundaries `first` to `last` are found
        low, high = max(first - OVERLAP, 0), min(last + 1 + OVERLAP, len(segments))
        start, end = segments[low].start, segments[high - 1].end
        graph = chain_graph([(s.phone, s.word, s.hmm) for s in segments[low:high]])
        scores = model.posterior_scale * found.scores.smoothed(start, end, graph.pdf_ids)
        grid, mine = np.arange(end - start), slice(first - low, last - low)
        means[first:last] = start + boundary_posteriors(graph, scores, bonus[start:end])[mine] @ grid
        flat = boundary_posteriors(graph, FLATTENING * scores, FLATTENING * bonus[start:end])[mine]
        variance = flat @ grid**2 - (flat @ grid) ** 2
        spreads[first:last] = model.frame_shift * np.sqrt(np.maximum(variance, 0.0))
    return means, spreads


def _alignment(
    model: AcousticModel, words: Sequence[str], placed: Sequence[_Placed], engine: str, doubts: tuple[str, ...]
) -> Alignment:
    spans: dict[int, list[Interval]] = {}
    phones = list[Interval]()
    for p in placed:
        spoken = p.word >= 0
        sure = phone_confidence(p.evidence) if spoken else None
        phones.append(Interval(p.start, p.end, model.label(p.phone) if spoken else SILENCE, sure))
        if spoken:
            spans.setdefault(p.word, []).append(phones[-1])
    word_tier = Tier.from_intervals(
        "words", (_word(words[index], span) for index, span in spans.items()), start=0.0, end=placed[-1].end
    )
    notes = tuple(_unlikely(model, placed, spans))
    return Alignment(word_tier, merge_silence(Tier.from_intervals("phones", phones)), engine, doubts, notes=notes)


def _unlikely(
    model: AcousticModel, placed: Sequence[_Placed], spans: Mapping[int, Sequence[Interval]]
) -> Iterator[Interval]:
    """Words that don't sound like what they are said to be; only for the model on whose fits the limit was set."""
    if not model.judges_words:
        return
    for index, span in spans.items():
        mine = [p for p in placed if p.word == index]
        fit = sum(p.evidence.fit * (p.end - p.start) for p in mine) / sum(p.end - p.start for p in mine)
        note = unlikely_word(Interval(span[0].start, span[-1].end, ""), fit)
        if note is not None:
            yield note


def _word(label: str, phones: Sequence[Interval]) -> Interval:
    return Interval(phones[0].start, phones[-1].end, label, word_confidence(phones[0].score or 0.0))


def _doubts(found: _Decoded, variants: Sequence[Sequence[Variant]]) -> Iterator[str]:
    """A warning where the transcript does not fit; only for the model on whose fits the limits were set."""
    fit = found.fit
    if not found.model.judges_words or fit >= CONTROL_BELOW:
        return
    if fit_doubt(fit, _gain(found, variants, int(found.spoken.sum()))):
        yield (
            f"the transcript may not belong to this audio: it fits no better than one may expect of another text "
            f"({fit:.1f} nats a frame). Check that it says what is heard"
        )


def _gain(found: _Decoded, variants: Sequence[Sequence[Variant]], n_spoken: int) -> float | None:
    """Nats by which a spoken frame is likelier than under the same phones backwards; None where those don't fit in."""
    backwards = [[replace(x, phones=x.phones[::-1]) for x in ways] for ways in reversed(variants)]
    graph = build_graph(backwards, found.model, found.model.silence_costs, filler=found.filler)
    try:
        control = _search(graph, _Scores.of(found.model, found.scores.frames, graph, for_search_only=True))
    except NoPath:
        return None
    return (found.score - control.score) / found.model.scale / n_spoken
