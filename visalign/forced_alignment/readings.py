"""Which way of saying a figure is heard: "nineteen oh five" or "nineteen hundred and five".

Method
------
Each stretch that may be said in several ways (:class:`visalign.language.spoken_text.Choice`) stands in the graph of the
transcript as one word, with the pronunciations of all its ways. The best path goes through one of them, which tells the
way. Then the words of that way are aligned as any others are, with pauses between them.

The choice is made with the aligner's own acoustic model if it is a
:class:`~visalign.forced_alignment.gmm_hmm.GmmHmmAligner`, and with the embedded one for any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from visalign.errors import AlignmentError, InputError
from visalign.forced_alignment.aligner import Aligner
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.language.lexicon import Lexicon, Pronunciation
from visalign.language.spoken_text import Choice, SpokenText
from visalign.signals import Audio

__all__ = ["align_text", "heard_text", "refuse_haste"]

MOST_WORDS_A_SECOND = 30.0
"""More can't be aligned: a word has a phone at least, and the aligners give a phone 30 ms at least. The fastest speech
has a third of it."""

MOST_WAYS = 60
"""Ways that compete in one graph, over all its choices: the search takes time and memory for each of them."""

MOST_PRONUNCIATIONS = 6
"""Pronunciations of a way that compete; "nineteen hundred and five" has sixteen."""


def refuse_haste(n_words: int, audio: Audio) -> None:
    """Refuse more words than anybody could say: an aligner may search for minutes.

    Raises
    ------
    AlignmentError
        If there are.
    """
    if n_words > 10 + MOST_WORDS_A_SECOND * audio.duration:
        raise AlignmentError(
            f"the {n_words} words could not be aligned with these {audio.duration:.2f} s of audio: nobody speaks so "
            "fast. Check that the transcript belongs to this clip, or leave it out to have the phones recognised."
        )


def align_text(aligner: Aligner, audio: Audio, text: SpokenText, lexicon: Lexicon) -> Alignment:
    """Align the words of a text in the ways in which they are heard.

    Raises
    ------
    AlignmentError
        If there are more words than anybody could say; other errors are those of the aligner.
    """
    refuse_haste(len(text.words), audio)
    return aligner.align(audio, heard_text(aligner, audio, text, lexicon).words, lexicon)


def heard_text(aligner: Aligner, audio: Audio, text: SpokenText, lexicon: Lexicon) -> SpokenText:
    """The text with the way of each choice that is heard; with the likeliest where that can't be told."""
    if not text.has_ways or getattr(aligner, "pronounces_itself", False):
        return text.told([0] * len(text.choices))
    engine = aligner if isinstance(aligner, GmmHmmAligner) else GmmHmmAligner()
    try:
        return text.told(_heard_ways(engine, audio, text, lexicon))
    except (AlignmentError, InputError):  # whoever aligns the words will say what is wrong
        return text.told([0] * len(text.choices))


def _heard_ways(engine: GmmHmmAligner, audio: Audio, text: SpokenText, lexicon: Lexicon) -> list[int]:
    n_ways = max(1, MOST_WAYS // len(text.choices))
    names = [f"{number} {choice.written}" for number, choice in enumerate(text.choices)]
    spoken = [list(_pronunciations(choice, lexicon, n_ways)) for choice in text.choices]
    entries = {name: tuple(way for _, ways in rows for way in ways) for name, rows in zip(names, spoken, strict=True)}
    words: list[str] = []
    places: list[int] = []
    at = 0
    for choice, name in zip(text.choices, names, strict=True):
        words += text.words[at : choice.first]
        places.append(len(words))
        words.append(name)
        at = choice.last
    words += text.words[at:]
    heard = engine.heard_pronunciations(audio, words, Lexicon(entries, "readings", lexicon))
    return [_way_of(engine, name, heard[place], rows) for name, place, rows in zip(names, places, spoken, strict=True)]


def _pronunciations(choice: Choice, lexicon: Lexicon, n_ways: int) -> Iterator[tuple[int, list[Pronunciation]]]:
    for number, way in enumerate(choice.ways[:n_ways]):
        chains = islice(_chains(lexicon.pronounce(way)), MOST_PRONUNCIATIONS)
        yield number, [Pronunciation(tuple(phone for word in chain for phone in word.phones)) for chain in chains]


def _chains(words: Sequence[Sequence[Pronunciation]]) -> Iterator[list[Pronunciation]]:
    """The usual pronunciation of each word, and then one word at a time in another."""
    usual = [ways[0] for ways in words]
    yield usual
    for place, ways in enumerate(words):
        for other in ways[1:]:
            yield [*usual[:place], other, *usual[place + 1 :]]


def _way_of(
    engine: GmmHmmAligner, name: str, heard: Sequence[str], rows: Sequence[tuple[int, list[Pronunciation]]]
) -> int:
    for number, ways in rows:
        if any(variant.phones == tuple(heard) for variant in engine.model.variants(name, tuple(ways))):
            return number
    return 0
