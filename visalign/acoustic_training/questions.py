"""What a tree may ask about the neighbours of a phone: how they are made.

For each articulatory feature (:mod:`visalign.language.articulation`) and each value that separates the phones at hand,
the set of those above it: vowels, nasals, what is rounded, what is said further back than the teeth. Of a neighbour
before, its end counts, of one after, its beginning. Besides, each phone alone, every noise, and the edge of the
utterance. Phones that are neither IPA nor ARPABET are asked for by name alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from visalign.acoustic_training.tied_states import N_STATES, NOISES
from visalign.errors import VisalignError
from visalign.forced_alignment.mapped_acoustics import sounds_as
from visalign.hmm_training.decision_tree import Question
from visalign.language.articulation import FEATURES, targets_of

__all__ = ["questions_for"]

LEFT, RIGHT, STATE = 0, 2, 3
"""Places of a context."""


def questions_for(phones: Sequence[str]) -> list[Question]:
    """The questions about contexts of `phones`, which are numbered from 1 and begin with the noises."""
    numbers = range(len(NOISES) + 1, len(phones) + 1)
    asked = [Question(STATE, frozenset(range(n))) for n in range(1, N_STATES)]
    for place, target in ((LEFT, -1), (RIGHT, 0)):
        sets = [frozenset([number]) for number in numbers]
        sets += [frozenset([0, *range(1, len(NOISES) + 1)])]
        sets += _by_feature(dict(zip(numbers, phones[len(NOISES) :], strict=True)), target)
        asked += [Question(place, values) for values in dict.fromkeys(sets)]
    return asked


def _by_feature(phones: dict[int, str], target: int) -> list[frozenset[int]]:
    made: dict[int, Sequence[float]] = {}
    for number, phone in phones.items():
        try:
            made[number] = targets_of(sounds_as(phone))[target].tolist()
        except VisalignError:
            continue  # a label that says nothing of how it is made
    sets = list[frozenset[int]]()
    for i in range(len(FEATURES)):
        steps = sorted({row[i] for row in made.values()})
        sets += [frozenset(n for n, row in made.items() if row[i] >= step) for step in steps[1:]]
    return [values for values in sets if 0 < len(values) < len(phones)]
