"""What an exporter is given: one utterance with its phones in time (:mod:`visalign.exports.reading` makes it).

Conventions
-----------
Seconds on the clip's clock. Silence is ``""`` in words and ``"SIL"`` in phones.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from visalign.language.phones import SILENCE
from visalign.timeline import Interval, Tier

__all__ = ["Fault", "Utterance"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A word that is out of sync, or a line that fails the release gate of a dub.

    Parameters
    ----------
    interval : Interval
        Where; the label is the word, or the line.
    verdict : str
        ``"audio-early"``, ``"audio-late"``, ``"mismatched"`` or ``"out-of-step"``; of a line what it fails, in words.
    lead_seconds : float or None
        How early its sound is.
    """

    interval: Interval
    verdict: str
    lead_seconds: float | None = None

    @property
    def message(self) -> str:
        """The fault in words."""
        lead = "" if self.lead_seconds is None else f", {abs(round(1000 * self.lead_seconds))} ms"
        return f"{self.interval.label}: {self.verdict}{lead}"


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words and phones in time, and what else is known about them.

    Parameters
    ----------
    words, phones : Tier
        Over the same time.
    alphabet : {"arpabet", "ipa"}
        Of the phones.
    media : str
        Name of the sound or clip, as files link it; empty if unknown.
    observed_visemes : Tier or None
        What the lips show, where a clip was checked.
    lead_seconds : float or None
        How early the audio is, where a clip was checked.
    leads : Tier or None
        The same word by word, in words.
    faults : tuple of Fault
        Words that are out of sync.
    is_checked : bool
        True if sound and lips were compared, so that no faults means that there are none.
    frame_rate : Fraction or None
        Of the clip, where known.
    warnings : tuple of str
        What the aligner had to say.
    """

    words: Tier
    phones: Tier
    alphabet: str = "arpabet"
    media: str = ""
    observed_visemes: Tier | None = None
    lead_seconds: float | None = None
    leads: Tier | None = None
    faults: tuple[Fault, ...] = ()
    is_checked: bool = False
    frame_rate: Fraction | None = None
    warnings: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Where it ends, seconds."""
        return self.phones.end

    @property
    def text(self) -> str:
        """The words, joined by spaces."""
        return " ".join(x.label for x in self.words if x.label)

    @property
    def spoken(self) -> list[Interval]:
        """The words; where there are none, the phones without silences."""
        return [x for x in self.words if x.label] or [x for x in self.phones if x.label != SILENCE]

    @property
    def name(self) -> str:
        """Name of the media without its ending."""
        return Path(self.media).stem or "utterance"
