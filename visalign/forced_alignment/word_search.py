"""Which words of a long transcript are heard in a short piece of the recording.

Method
------
The words around the place that is expected are laid out as one graph, as for an alignment, but the path may begin in
the pause before one of them and end in the pause after any. The best path then says which stretch of the transcript
the piece holds. It may begin where the last piece ended, or up to `reach` words later, at `COST_A_WORD` nats for each
word left out, so that a sentence that comes back is found where it belongs.

How well the words fit is the mean over the spoken frames, and those that pass for a pause and sound like none, of their
log-likelihood, less that of the best state of all these words (0 would be: whatever is heard, no other sound of them
explains it better); over the whole piece, its first
third or its last, whichever is worst, so that a piece in the midst of which the transcript goes astray does not pass.

References
----------
.. [1] P. J. Moreno, C. Joerg, J.-M. Van Thong and O. Glickman, A recursive algorithm for the forced alignment of very
   long audio segments, ICSLP 1998: islands of confidence, found piece by piece, between which the rest is aligned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from visalign.forced_alignment.acoustic_model import AcousticModel
from visalign.forced_alignment.decoding_graph import DecodingGraph, Variant, build_graph
from visalign.forced_alignment.pocketsphinx import pcm_for_model
from visalign.forced_alignment.viterbi import NoPath, best_path
from visalign.signals import Audio
from visalign.sound.silence import silent_stretches, without_stretches

__all__ = ["FoundWords", "WordFinder"]

COST_A_WORD = 0.5
"""Nats, scaled as in the search, for each word that is left out before the piece."""

NO_PAUSE = -3.0
"""A frame that any sound of the words explains so many nats better than silence does is no pause."""

EXACT_WORDS = 150
"""Up to so many words the search is exact; among more, paths are given up that fall `BEAM` nats behind."""

BEAM = 200.0

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FoundWords:
    """Words ``[first, last)`` of the transcript, and how well they fit, see this module; no word fits with −inf."""

    first: int
    last: int
    fit: float


class WordFinder:
    """Finds words of one transcript.

    Parameters
    ----------
    model : AcousticModel
    variants : sequence of sequences of Variant
        The pronunciations of each word.
    """

    def __init__(self, model: AcousticModel, variants: Sequence[Sequence[Variant]]) -> None:
        self.model, self.variants = model, variants

    def find(self, audio: Audio, low: int, high: int, reach: int) -> FoundWords:
        """The words that a piece of the recording holds.

        Parameters
        ----------
        audio : Audio
            The piece; it begins and ends in a pause.
        low, high : int
            Words ``[low, high)`` to search.
        reach : int
            The first word of the piece is one from `low` to ``low + reach``.

        Raises
        ------
        AlignmentError
            If the audio is silent.
        """
        audio = without_stretches(audio, silent_stretches(audio))
        frames = self.model.features(audio, pcm_for_model(audio))
        if low >= high or not len(frames):
            return FoundWords(low, low, -np.inf)
        graph = build_graph(self.variants[low:high], self.model, self.model.silence_costs)
        graph = _open_ended(graph, reach)
        scores = self.model.log_likelihoods(frames, graph.pdf_ids)
        wide = high - low > EXACT_WORDS
        try:
            states = best_path(graph, self.model.scale * scores, BEAM if wide else None).states
        except NoPath:
            return FoundWords(low, low, -np.inf)
        words = graph.words[graph.instances[states]]
        spoken = np.flatnonzero(words >= 0)
        if not len(spoken):
            return FoundWords(low, low, -np.inf)
        margins = scores[np.arange(len(states)), graph.pdfs[states]] - scores.max(axis=1)
        margins = margins[(words >= 0) | (margins < NO_PAUSE)]
        return FoundWords(low + int(words[spoken[0]]), low + int(words[spoken[-1]]) + 1, _worst_part(margins))


def _worst_part(margins: npt.NDArray[np.floating]) -> float:
    third = len(margins) // 3
    parts = (margins, margins[:third], margins[-third:]) if third else (margins,)
    return min(float(part.mean()) for part in parts)


def _open_ended(graph: DecodingGraph, reach: int) -> DecodingGraph:
    """The graph with ways in at the first pauses between words, and a way out at each."""
    behind = np.maximum.accumulate(np.append(-1, graph.words))[:-1] + 1  # words before each instance
    silent = graph.words < 0
    costs = np.where(behind <= reach, -COST_A_WORD * behind, -np.inf)
    way_in = silent[graph.instances] & (graph.positions == 0)
    start = np.where(way_in, costs[graph.instances], -np.inf)
    end = np.where(silent[graph.instances], 0.0, -np.inf)
    return replace(graph, start=start, end=end)
