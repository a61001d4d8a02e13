"""Which texts of a corpus are probably not what is said in their sound.

Method
------
A search places any words in any sound, so that it says little that there is a path. What is compared is how likely the
sound is with its words and with the same phones backwards, a control that hears the same voice and room, has as many
phones, and of the same kinds: the *gain*, in nats a frame. Words that are said gain; those of another stretch gain as
often as not. How much right ones gain depends on the model, so that a text is doubted which gains less than a part,
`LEAST_SHARE`, of what texts of the corpus gain in the median. How well that parts them is in ``docs/benchmarks.md``.

Conventions
-----------
Log-likelihoods are of acoustics alone, unscaled, over all frames of a stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from visalign.acoustic_training.pronunciations import NOISE
from visalign.acoustic_training.utterance import NotAligned, Utterance
from visalign.errors import VisalignError
from visalign.forced_alignment.acoustic_model import AcousticModel
from visalign.forced_alignment.decoding_graph import Variant, build_graph
from visalign.forced_alignment.pocketsphinx import pcm_for_model
from visalign.forced_alignment.viterbi import NoPath, best_path
from visalign.language.lexicon import Pronunciation
from visalign.sound.silence import silent_stretches, without_stretches

__all__ = ["LEAST_SHARE", "gain_of", "misfits"]

LEAST_SHARE = 0.2
"""Of the median gain of a corpus; a text that gains less is doubted."""

LEAST_UTTERANCES = 8
"""In a smaller corpus the median says little: a text is doubted that gains nothing."""

EXACT_FRAMES = 2500
BEAM = 320.0  # as the aligner searches longer ones

STAGE = "fit"

Floats = npt.NDArray[np.float32]
Say = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class _Heard:
    """The frames of an utterance, and its words in the phones of a model."""

    frames: Floats
    variants: list[list[Variant]]


def misfits(model: AcousticModel, utterances: Sequence[Utterance], progress: Say | None = None) -> list[NotAligned]:
    """The utterances whose text is doubted.

    Parameters
    ----------
    model : AcousticModel
        One that knows the voices: trained on these utterances, or on others of the language.
    utterances : sequence of Utterance
    progress : callable, optional
        Is told which is looked at, and which part of all is behind.
    """
    gains = list[tuple[Utterance, float]]()
    for number, x in enumerate(utterances):
        if progress is not None:
            progress(f"comparing {x.name} with its text", number / len(utterances))
        gain = gain_of(model, x)
        if gain is not None:
            gains.append((x, gain))
    least = LEAST_SHARE * float(np.median([x for _, x in gains])) if len(gains) >= LEAST_UTTERANCES else 0.0
    return [NotAligned(x.name, x.speaker, STAGE, _doubt(x, gain)) for x, gain in gains if gain < max(least, 0.0)]


def _doubt(utterance: Utterance, gain: float) -> str:
    return (
        f"{utterance.name}: its text is probably not what is said: its phones fit hardly better than they do backwards "
        f"({gain:+.2f} nats a frame). Listen to it, and correct the text or take it out"
    )


def gain_of(model: AcousticModel, utterance: Utterance) -> float | None:
    """By how much a frame is likelier with the words of an utterance than with them backwards; None: it can't be told.

    It can't where the sound can't be read, is too short for the words, or they are one phone.
    """
    try:
        sound = utterance.read()
        sound = without_stretches(sound, silent_stretches(sound))
        frames = model.features(sound, pcm_for_model(sound))
    except VisalignError:
        return None
    heard = _Heard(frames, list(_variants(model, utterance)))
    own = _best(model, heard)
    control = _best(
        model, _Heard(frames, [[replace(v, phones=v.phones[::-1]) for v in x] for x in heard.variants[::-1]])
    )
    if own is None or control is None or own == control:
        return None
    return (own - control) / (model.scale * len(frames))


def _variants(model: AcousticModel, utterance: Utterance) -> Iterator[list[Variant]]:
    for word, ways in zip(utterance.words, utterance.pronunciations, strict=True):
        spoken = [Pronunciation(way) for way in ways if NOISE not in way]
        found = model.variants(word, spoken) if spoken else []
        if found:
            yield found


def _best(model: AcousticModel, heard: _Heard) -> float | None:
    if not heard.variants:
        return None
    graph = build_graph(heard.variants, model, model.silence_costs)
    scores = model.scale * model.log_likelihoods(heard.frames, graph.pdf_ids)
    try:
        return best_path(graph, scores, None if len(heard.frames) <= EXACT_FRAMES else BEAM).score
    except NoPath:
        return None
