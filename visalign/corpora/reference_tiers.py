"""A corpus' labels as tiers, to compare alignments with.

Conventions
-----------
Labels keep the spelling of the corpus. What no label covers is "". Where a label begins before the one before it
ends, as some words of TIMIT do, the earlier one is cut there; one that is covered whole is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from visalign.corpora.layout import Labels
from visalign.corpora.survey import SurveyedClip
from visalign.errors import AnyPath, OutputError
from visalign.files.outputs import inside
from visalign.files.text_files import write_textgrid
from visalign.timeline import Interval, Tier

__all__ = ["reference_tiers", "write_reference_tiers"]


def reference_tiers(labels: Labels, duration: float | None = None) -> list[Tier]:
    """The tiers "words" and "phones", those that there are.

    Parameters
    ----------
    labels : Labels
    duration : float, optional
        Seconds that the tiers are to span; they end with the last label without it, or where that is later.

    Examples
    --------
    >>> overlapping = (Interval(0.0, 0.5, "an"), Interval(0.4, 0.9, "apple"))
    >>> [(x.start, x.end, x.label) for x in reference_tiers(Labels(words=overlapping), 1.0)[0]]
    [(0.0, 0.4, 'an'), (0.4, 0.9, 'apple'), (0.9, 1.0, '')]
    """
    rows = {"words": labels.words, "phones": labels.phones}
    return [_tier(name, row, duration or 0.0) for name, row in rows.items() if row]


def _tier(name: str, labels: tuple[Interval, ...], duration: float) -> Tier:
    kept = list[Interval]()
    for label in sorted(labels, key=lambda x: (x.start, x.end)):
        if kept and label.start < kept[-1].end:
            cut = kept.pop()
            if label.start > cut.start:
                kept.append(Interval(cut.start, label.start, cut.label, cut.score))
        kept.append(label)
    return Tier.from_intervals(name, kept, start=0.0, end=max(duration, kept[-1].end))


def write_reference_tiers(folder: AnyPath, clips: Iterable[SurveyedClip]) -> list[Path]:
    """Write a TextGrid for each clip with labels, below `folder` under the clip's name; returns them.

    Raises
    ------
    OutputError
        If a place can't be written to.
    """
    written = []
    for seen in clips:
        if seen.labels is not None and (seen.labels.words or seen.labels.phones):
            path = inside(folder, seen.clip.name).with_suffix(".TextGrid")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(path.parent, f"the folder can't be made ({error.strerror})") from error
            tiers = reference_tiers(seen.labels, None if seen.media is None else seen.media.duration)
            written.append(write_textgrid(path, tiers))
    return written
