"""A verdict on a clip whose offset changes along it: one that holds for a part only is none on the whole.

The offset of a clip is the one lag at which lips and sound fit best. Where the sound jumps from early to late in the
middle, that lag may lie between the two, and would pass for in sync.
"""

from __future__ import annotations

from dataclasses import replace

from visalign.reports.wording import reason_of
from visalign.sync.drift import OffsetCourse
from visalign.sync.estimate import SyncEstimate

__all__ = ["heed_course"]


def heed_course(
    sync: SyncEstimate, course: OffsetCourse | None, limits: tuple[float, float], end: float
) -> SyncEstimate:
    """The estimate, uncertain where its verdict is not that of all parts of the clip.

    Parameters
    ----------
    sync : SyncEstimate
    course : OffsetCourse or None
        How the offset changes; None where that can't be told.
    limits : (float, float)
        Seconds that the audio may lead, and lag, to be called in sync.
    end : float
        Length of the clip, seconds.
    """
    if course is None or course.kind == "steady" or sync.verdict in ("uncertain", "mismatched"):
        return sync
    drift = course.drift
    leads = [piece.lead_seconds for piece in course.pieces]
    if course.kind == "drift" and drift is not None:
        leads = [drift.lead_at_start, drift.lead_at_start + drift.rate * end]
    if {_verdict(lead, limits) for lead in leads} == {sync.verdict}:
        return sync
    return replace(sync, verdict="uncertain", reason=reason_of(course))


def _verdict(lead: float, limits: tuple[float, float]) -> str:
    max_lead, max_lag = limits
    return "audio-early" if lead > max_lead else "audio-late" if lead < -max_lag else "in-sync"
