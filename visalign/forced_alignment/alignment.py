"""What an aligner returns: words and phones on the clip's clock.

Conventions
-----------
Both tiers of an :class:`Alignment` span ``[0, audio.duration]``. Silence is ``""`` among the words and ``SIL`` among
the phones. Words are lower case; phones are ARPABET without stress. Scores of phones are confidences, 0..1, and None
for silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from visalign.errors import TimelineError
from visalign.language.phone_lists import aligned_alphabet
from visalign.language.phones import is_silence
from visalign.timeline import Interval, Tier

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OTHER_WORDS", "Alignment", "CueTimes"]

OTHER_WORDS = "text: the transcript does not say what is heard"
"""Note of a stretch whose words were placed as well as they could be."""


_SHOWN = 60  # characters of what is said, where it is shown in a line


@dataclass(frozen=True, slots=True)
class CueTimes:
    """A cue of a transcript with times, and where its words were found.

    Parameters
    ----------
    start, end : float
        Seconds, as the cue says.
    text, speaker : str
        As the cue says.
    found_start, found_end : float or None
        Where its first word begins and its last one ends; None if they could not be placed.
    """

    start: float
    end: float
    text: str
    speaker: str = ""
    found_start: float | None = None
    found_end: float | None = None

    @property
    def start_error(self) -> float | None:
        """Seconds that the cue begins after its first word; negative: before."""
        return None if self.found_start is None else self.start - self.found_start


@dataclass(frozen=True, slots=True)
class Alignment:
    """Words and phones on the clip's clock.

    Parameters
    ----------
    words, phones : Tier
        Spans and labels as in this module's conventions. Each boundary of a word is one of a phone too.
    engine : str
        Who placed the boundaries, and how: ``"pocketsphinx 5.1.1, 200 frames/s"``.
    warnings : tuple of str
        What a careful user should know before relying on it.
    speakers : Tier or None
        Who says the words, where that is known; ``""`` where nobody speaks.
    cues : tuple of CueTimes
        The cues of a transcript with times, and what was found.
    notes : tuple of Interval
        Spans that somebody should look at, the label says why (:mod:`visalign.forced_alignment.suspects`); they may
        overlap.
    syllables : Tier or None
        Syllables of the words, by their phones, where they were asked for
        (:func:`visalign.forced_alignment.phone_labels.with_labels`); ``""`` between words.

    Raises
    ------
    TimelineError
        If the tiers span different times, or a word begins where no phone does.
    """

    words: Tier
    phones: Tier
    engine: str
    warnings: tuple[str, ...] = ()
    speakers: Tier | None = None
    notes: tuple[Interval, ...] = ()
    cues: tuple[CueTimes, ...] = ()
    syllables: Tier | None = None

    def __post_init__(self) -> None:
        if (self.words.start, self.words.end) != (self.phones.start, self.phones.end):
            raise TimelineError(
                f"words span {self.words.start} to {self.words.end} s and phones {self.phones.start} to "
                f"{self.phones.end} s; both must span the whole audio"
            )
        for tier in (self.speakers, self.syllables):
            if tier is not None and (tier.start, tier.end) != (self.words.start, self.words.end):
                raise TimelineError(f"the tier of {tier.name} must span the whole audio")
        stray = set(self.words.boundaries) - set(self.phones.boundaries)
        if stray:
            raise TimelineError(f"a word begins or ends at {min(stray)} s, where no phone does")

    def __repr__(self) -> str:
        n_words, n_phones = (sum(not is_silence(x) for x in tier.labels) for tier in (self.words, self.phones))
        text = self.text
        shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
        span = f"{self.words.start:g} to {self.words.end:g} s"
        return f"<Alignment by {self.engine}: {n_words} words, {n_phones} phones, {span}: {shown!r}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the table."""
        return self.to_frame().to_html(max_rows=60)

    def to_frame(self) -> pd.DataFrame:
        """A table, one row a phone, silences apart: word, word_number (from 0), phone, start, end (seconds), score.

        Numbers that are missing are NaN: the word of a phone outside of words, the score of what has none.
        """
        # A third of a second, which whoever looks at no table does not wait for.
        import pandas as pd

        number = {k: n for n, k in enumerate(k for k, label in enumerate(self.words.labels) if label)}
        rows = []
        for x in self.phones:
            if not is_silence(x.label):
                k = self.words.index_at(x.centre)
                word = "" if k is None else self.words.labels[k]
                rows.append((word, number.get(-1 if k is None else k), x.label, x.start, x.end, x.score))
        table = pd.DataFrame(rows, columns=["word", "word_number", "phone", "start", "end", "score"], dtype=object)
        return table.astype(dict.fromkeys(("word_number", "start", "end", "score"), float))

    @property
    def text(self) -> str:
        """The words, joined by spaces."""
        return " ".join(label for label in self.words.labels if label)

    @property
    def alphabet(self) -> str:
        """``"arpabet"`` where all phones are, which is written in capitals; else ``"ipa"``."""
        return aligned_alphabet(self.phones.labels)
