"""Mouth shapes sorted into words and phrases, as Papagayo stores them.

Papagayo shows the shape of rest wherever no word is, and lets each word begin with a shape of its own. So a word here
lasts until the next one begins, unless the mouth rests in between, and each begins with the shape that it finds.

Conventions
-----------
Frames are 0-based; Papagayo adds 1 when it exports for Moho. `end` is the last frame of a word, as Papagayo has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from visalign.errors import ConfigError
from visalign.exports.cue_track import FrameTrack, frame_track, mouth_rules
from visalign.exports.exporter import Exporter, ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["PAPAGAYO_MOUTHS", "PapagayoPhrase", "PapagayoWord", "papagayo_phrases"]

PAPAGAYO_MOUTHS = "preston_blair_papagayo"
"""Map whose visemes are Papagayo's mouths."""


@dataclass(frozen=True, slots=True)
class PapagayoWord:
    """A word, its first and last frame, and the frames at which shapes begin."""

    text: str
    start: int
    end: int
    shapes: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class PapagayoPhrase:
    """Words without a rest between them."""

    words: tuple[PapagayoWord, ...]

    @property
    def text(self) -> str:
        """The words, joined by blanks."""
        return " ".join(word.text for word in self.words)

    @property
    def start(self) -> int:
        """First frame."""
        return self.words[0].start

    @property
    def end(self) -> int:
        """Last frame."""
        return self.words[-1].end


def papagayo_phrases(
    utterance: Utterance, options: ExportOptions, exporter: Exporter
) -> tuple[FrameTrack, list[PapagayoPhrase]]:
    """The shapes of an utterance on frames, and its phrases.

    Raises
    ------
    ConfigError
        If the frame rate is not whole: Papagayo stores no other.
    """
    rate = options.rate or exporter.rate
    if rate.denominator != 1:
        raise ConfigError("fps", str(rate), "a whole number of frames a second; Papagayo stores no other")
    rules = mouth_rules(options, PAPAGAYO_MOUTHS)
    track = frame_track(utterance, options, exporter, rules)
    shapes = [shape for _, shape in track.shapes()]
    starts = list(_word_starts(utterance, float(rate), len(shapes), options.lead_frames))
    words = [_word(text, start, end, shapes, rules.rest) for (text, start), end in _with_ends(starts, len(shapes))]
    return track, list(_phrases(words))


def _word_starts(utterance: Utterance, rate: float, n_frames: int, lead_frames: float) -> Iterator[tuple[str, int]]:
    last = -1
    for word in utterance.spoken:
        start = max(round(word.start * rate - lead_frames), last + 1, 0)
        if start < n_frames:
            last = start
            yield re.sub(r"\s+", "_", word.label), start


def _with_ends(starts: Sequence[tuple[str, int]], n_frames: int) -> Iterator[tuple[tuple[str, int], int]]:
    following = [start for _, start in starts[1:]] + [n_frames]
    return zip(starts, following, strict=True)


def _word(text: str, start: int, end: int, shapes: Sequence[str], rest: str) -> PapagayoWord:
    stop = next((f for f in range(start + 1, end) if shapes[f] == rest), end)
    changes = [f for f in range(start, stop) if f == start or shapes[f] != shapes[f - 1]]
    return PapagayoWord(text, start, stop - 1, tuple((f, shapes[f]) for f in changes))


def _phrases(words: Sequence[PapagayoWord]) -> Iterator[PapagayoPhrase]:
    group: list[PapagayoWord] = []
    for word in words:
        if group and word.start > group[-1].end + 1:
            yield PapagayoPhrase(tuple(group))
            group = []
        group.append(word)
    if group:
        yield PapagayoPhrase(tuple(group))
