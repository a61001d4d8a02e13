"""Words where nobody speaks, and speech that no word accounts for: what an alignment can't tell of itself.

An aligner puts every word of the transcript somewhere, whether it is said or not. Voice activity listens without the
transcript, so where the two disagree, one of them is wrong and somebody should look.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable

from visalign.sound.voice_activity import SPEECH
from visalign.timeline import Interval, Tier

__all__ = ["unheard_words", "untold_speech", "voice_doubts"]

# Breath and room pass for speech for up to 0.81 s beside the words of 76 clips of GRID and 5 of LibriVox
# (docs/audio.md, "Voice activity"); no transcript leaves out less than this by a slip of one short word.
_MIN_UNTOLD = 1.0  # seconds
_MAX_NAMED = 5


def voice_doubts(words: Tier, speech: Tier) -> tuple[str, ...]:
    """Warnings where words and voice activity disagree.

    Parameters
    ----------
    words : Tier
        Aligned words, silence as ``""``.
    speech : Tier
        Stretches of speech (:func:`~visalign.sound.voice_activity.find_speech`) of the same sound.

    Returns
    -------
    tuple of str
        Empty where the two agree; else one sentence for each kind of doubt, with the places.
    """
    return (*_unheard(words, speech), *_untold(words, speech))


def unheard_words(words: Tier, speech: Tier) -> list[Interval]:
    """Words that lie wholly where nobody is heard."""
    spoken = [x for x in speech if x.label == SPEECH]
    ends = [part.end for part in spoken]
    return [word for word in words if word.label and not _meets(word, spoken, bisect_right(ends, word.start))]


def _meets(word: Interval, spoken: list[Interval], first: int) -> bool:
    return first < len(spoken) and spoken[first].start < word.end


def untold_speech(words: Tier, speech: Tier) -> list[tuple[float, float]]:
    """Start and end of long speech that lies between the words."""
    spoken = [x for x in speech if x.label == SPEECH]
    ends, long = [part.end for part in spoken], list[tuple[float, float]]()
    for gap in words:
        for part in itertools.islice(spoken, bisect_right(ends, gap.start), None) if not gap.label else ():
            if part.start >= gap.end:
                break
            start, end = max(gap.start, part.start), min(gap.end, part.end)
            if end - start >= _MIN_UNTOLD:
                long.append((start, end))
    return long


def _unheard(words: Tier, speech: Tier) -> tuple[str, ...]:
    lost = unheard_words(words, speech)
    if not lost:
        return ()
    named = _named(f'"{word.label}" ({word.start:.2f} s)' for word in lost)
    return (
        f"no voice is heard where these words were placed: {named}; they may not be said in this recording, or be "
        "hidden by noise",
    )


def _untold(words: Tier, speech: Tier) -> tuple[str, ...]:
    long = untold_speech(words, speech)
    if not long:
        return ()
    named = _named(f"{start:.2f} to {end:.2f} s" for start, end in long)
    return (f"there is speech, or noise like it, without words of the transcript at {named}",)


def _named(places: Iterable[str]) -> str:
    every = list(places)
    rest = len(every) - _MAX_NAMED
    return ", ".join(every[:_MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
