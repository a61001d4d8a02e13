"""The cues or phrases of a clip, and runs of them that belong together: what a person reads of a long one.

An episode has thousands of words. Nobody reads a row for each; what is looked for is where it is out of sync, for how
long, and by how much.

Conventions
-----------
Times are seconds on the clip's clock, those of the words. ``lead_seconds > 0`` means that the audio leads.

Method
------
A *passage* is a cue of the transcript, where it has cues, else a phrase: words between pauses
(:func:`visalign.sync.segments.phrases`), cut at their longest pauses to at most :data:`LONGEST_PHRASE` seconds. Its
verdict is that of more than half of its judged words, else "uncertain"; its lead is the median of theirs. Neighbours
with the same verdict make a *run*, as long as each lead is within :data:`SAME_LEAD` of those just before: a drift is
one run, a jump ends it. One or two passages that tell nothing do not end a run that is out of sync.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visalign.sync.segments import phrases
from visalign.timeline import Interval, Tier

if TYPE_CHECKING:
    from visalign.reports.clip_report import ClipReport

__all__ = ["LONGEST_PHRASE", "SAME_LEAD", "Passage", "notable_runs", "passages", "runs_of"]

LONGEST_PHRASE = 7.0
"""Seconds; as long as guidelines for subtitlers let a cue stand."""

SAME_LEAD = 0.08
"""Seconds; what a lead may differ from that of its run: two frames at 25 a second, since single cues scatter."""

_SHORTEST_PHRASE = LONGEST_PHRASE / 3  # where a longer one has to be cut
_FAULTS = ("audio-early", "audio-late", "mismatched", "out-of-step")
_TELL_NOTHING = ("uncertain", "")
_LONGEST_GAP = 2  # passages
_NEAR = 5  # passages whose leads say how a run begins, ends, or goes on


@dataclass(frozen=True, slots=True)
class Passage:
    """A cue, a phrase, or a run of them.

    Parameters
    ----------
    start, end : float
        Where its first word begins and its last one ends.
    text : str
        What is said; of a run, in its first passage.
    n_words, n_in_sync : int
        Words that could be judged, and those of them that are in sync.
    lead_seconds : float or None
        Median of the words' leads; None where none could be judged.
    verdict : str
        One of :data:`~visalign.sync.verdict.VERDICTS`; ``""`` where no word could be judged.
    n_passages : int
        How many cues or phrases it holds.
    lead_at_ends : (float, float) or None
        Lead of the first and of the last passages of a run; None of a single one, or where none has a lead.
    """

    start: float
    end: float
    text: str
    n_words: int
    n_in_sync: int
    lead_seconds: float | None
    verdict: str
    n_passages: int = 1
    lead_at_ends: tuple[float, float] | None = None

    @property
    def drifts(self) -> bool:
        """Whether its lead at the end is another than at its beginning."""
        return self.lead_at_ends is not None and abs(self.lead_at_ends[1] - self.lead_at_ends[0]) > SAME_LEAD


def passages(report: ClipReport) -> list[Passage]:
    """The cues or phrases of a clip, in time; those whose words could not be placed are left out."""
    words = sorted(report.judged_words, key=lambda word: word.start)
    middles = np.array([(word.start + word.end) / 2 for word in words])
    scores, leads = (np.array([getattr(x, name) for x in words], float) for name in ("score", "lead_seconds"))
    verdicts = np.array([word.verdict for word in words], object)
    found = list[Passage]()
    for part in _parts(report):
        inside = slice(*np.searchsorted(middles, [part.start, part.end]).tolist())
        judged = np.isfinite(scores[inside])
        told = Counter(verdicts[inside][judged].tolist())
        own = leads[inside][judged & np.isfinite(leads[inside])]
        lead = float(np.median(own)) if len(own) else None
        n = int(judged.sum())
        found.append(Passage(part.start, part.end, part.label, n, told["in-sync"], lead, _majority(told)))
    return found


def _majority(verdicts: Counter[str]) -> str:
    if not verdicts:
        return ""
    verdict, n = verdicts.most_common(1)[0]
    return verdict if 2 * n > verdicts.total() else "uncertain"


def _parts(report: ClipReport) -> list[Interval]:
    if report.cues:
        found = [(cue.found_start, cue.found_end, " ".join(cue.text.split())) for cue in report.cues]
        return [Interval(start, end, text) for start, end, text in found if start is not None and end is not None]
    return [part for phrase in phrases(report.words) for part in _shorter(phrase, report.words)]


def _shorter(phrase: Interval, words: Tier) -> Iterator[Interval]:
    if phrase.duration <= LONGEST_PHRASE:
        yield phrase
        return
    yield from _cut([word for word in words.crop(phrase.start, phrase.end) if word.label])


def _cut(words: Sequence[Interval]) -> Iterator[Interval]:
    """Pieces that are short enough, each ended by the longest pause that is neither too early nor too late."""
    while words and words[-1].end - words[0].start > LONGEST_PHRASE and len(words) > 1:
        start = words[0].start
        near = [k for k in range(1, len(words)) if words[k - 1].end - start <= LONGEST_PHRASE] or [1]
        ends = [k for k in near if words[k - 1].end - start >= _SHORTEST_PHRASE] or near[-1:]
        at = max(ends, key=lambda k: (round(words[k].start - words[k - 1].end, 3), k))
        yield _said_in(words[:at])
        words = words[at:]
    yield _said_in(words)


def _said_in(words: Sequence[Interval]) -> Interval:
    return Interval(words[0].start, words[-1].end, " ".join(word.label for word in words))


def runs_of(parts: Iterable[Passage]) -> list[Passage]:
    """Neighbours of one verdict and about the same lead, put together."""
    runs = list[list[Passage]]()
    for part in parts:
        if runs and _goes_on(runs[-1], part):
            runs[-1].append(part)
        elif (n := _gap(runs, part)) is not None:
            bridged = [x for run in runs[-n:] for x in run]
            del runs[-n:]
            runs[-1] += [*bridged, part]
        else:
            runs.append([part])
    return [_joined(run) for run in runs]


def _gap(runs: Sequence[Sequence[Passage]], part: Passage) -> int | None:
    """How many runs at the end are a short gap in a run that `part` goes on with; None if that is not so."""
    length = 0
    for n, run in enumerate(reversed(runs)):
        if n and _goes_on(run, part):
            return n
        length += len(run)
        if part.verdict not in _FAULTS or run[0].verdict not in _TELL_NOTHING or length > _LONGEST_GAP:
            return None
    return None


def _goes_on(run: Sequence[Passage], part: Passage) -> bool:
    verdict = run[0].verdict
    if part.verdict != verdict:
        return False
    if verdict not in ("audio-early", "audio-late") or part.lead_seconds is None:
        return True
    return abs(part.lead_seconds - float(np.median(_leads(run)[-_NEAR:]))) <= SAME_LEAD


def _leads(run: Sequence[Passage]) -> list[float]:
    """Leads of the passages that have the run's verdict."""
    return [x.lead_seconds for x in run if x.verdict == run[0].verdict and x.lead_seconds is not None]


def _joined(run: Sequence[Passage]) -> Passage:
    if len(run) == 1:
        return run[0]
    first, leads = run[0], _leads(run)
    ends = (float(np.median(leads[:_NEAR])), float(np.median(leads[-_NEAR:]))) if leads else None
    lead = float(np.median(leads)) if leads else None
    n_words, n_in_sync = sum(x.n_words for x in run), sum(x.n_in_sync for x in run)
    return Passage(first.start, run[-1].end, first.text, n_words, n_in_sync, lead, first.verdict, len(run), ends)


def notable_runs(runs: Iterable[Passage], most: int) -> list[Passage]:
    """The runs that are not in sync, in time; at most `most`.

    Where there are more, those are kept that are out of sync rather than uncertain or without evidence, and of these
    the ones with the most words that are not in sync.
    """

    def weight(run: Passage) -> tuple[int, int, int, float]:
        rank = 0 if run.verdict in _FAULTS else 1 if run.verdict else 2
        return rank, run.n_in_sync - run.n_words, -run.n_passages, run.start

    kept = sorted((run for run in runs if run.verdict != "in-sync"), key=weight)[:most]
    return sorted(kept, key=lambda run: run.start)
