"""Additive scores: counts of a clip that add up to the counts of a corpus.

A rate is always derived from counts, so the score of a batch is the sum of its clips' scores and never a mean
of means.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["SyncScore"]


@dataclass(frozen=True, slots=True)
class SyncScore:
    """How well observed and expected visemes agree, as counts.

    Parameters
    ----------
    n_frames : int
        Frames of speech with a face and a visible expected viseme.
    n_frames_right : int
        Those among them whose observed viseme is acceptable.
    n_words : int
        Words that could be judged.
    n_words_in_sync : int
        Those among them whose verdict is "in-sync".

    Examples
    --------
    >>> total = SyncScore(10, 6, 2, 2) + SyncScore(10, 4, 2, 1)
    >>> total.viseme_accuracy, total.proportion_in_sync
    (0.5, 0.75)
    >>> SyncScore.zero().viseme_accuracy is None
    True
    """

    n_frames: int
    n_frames_right: int
    n_words: int
    n_words_in_sync: int

    def __post_init__(self) -> None:
        if not (0 <= self.n_frames_right <= self.n_frames and 0 <= self.n_words_in_sync <= self.n_words):
            raise ValueError(f"impossible counts: {self}")

    @classmethod
    def zero(cls) -> SyncScore:
        """The score of nothing: the neutral element of ``+``."""
        return cls(0, 0, 0, 0)

    def __add__(self, other: SyncScore) -> SyncScore:
        return SyncScore(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def viseme_accuracy(self) -> float | None:
        """Part of the judged frames whose observed viseme is acceptable; None where there are none."""
        return self.n_frames_right / self.n_frames if self.n_frames else None

    @property
    def proportion_in_sync(self) -> float | None:
        """Part of the judged words that are in sync; None where there are none."""
        return self.n_words_in_sync / self.n_words if self.n_words else None
