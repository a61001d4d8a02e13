"""A clip report made by hand, for the tests of what reports look like and how they are written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from visalign.reports.clip_report import SEGMENT_COLUMNS, ClipInfo, ClipReport, ModelInfo, SoundInfo
from visalign.sync.scoring import PartJudgement, SyncScore
from visalign.sync.verdict import SyncEstimate
from visalign.timeline import Tier

NAN = float("nan")

CLIP = ClipInfo(
    name="bbaf2n.mpg",
    duration=3.0,
    n_frames=75,
    frame_rate=Fraction(25),
    face_fraction=1.0,
    audio=None,
    transcript="bin blue",
    viseme_map="jeffers_1971",
    silence_viseme="S",
    aligner="pocketsphinx",
    profile="ebu_r37",
    max_lead_seconds=0.04,
    max_lag_seconds=0.06,
    models=(ModelInfo("dlib 68-point face landmarks", "no commercial use"),),
    version="0.1.0",
    sound=SoundInfo(31.4159265, -23.04, 0.0),
)
EARLY = SyncEstimate(0.0830001, (0.061, 0.105), 0.93, "audio-early", "", (0.0, 0.04, 0.08), (-9.0, -2.5, 0.0))
WORDS = Tier("words", (0.0, 0.3, 0.7, 1.1, 3.0), ("", "bin", "blue", ""), (None, 0.9, 0.8, None))
PHONES = Tier(
    "phones",
    (0.0, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9, 1.1, 3.0),
    ("SIL", "B", "IH", "N", "B", "L", "UW", "SIL"),
    (None, 0.9, 0.8, 0.7, 0.9, 0.6, 0.8, None),
)
EXPECTED = Tier("expected visemes", PHONES.boundaries, ("S", "C", "I", "J", "C", "J", "B", "S"))
OBSERVED = Tier("observed visemes", (0.0, 0.32, 0.44, 0.72, 1.08, 3.0), ("S", "C", "I", "B", "S"))
ROWS = (
    ("bin", 0.3, 0.7, "B IH N", "C I J", "C I", 0.8, 0.071, 0.75, "audio-early", 0.97, 0.08, 0.06, 0.1),
    ("blue", 0.7, 1.1, "B L UW", "C J B", "I B", NAN, NAN, 0.25, "uncertain"),
)


def judged(*rows: tuple[Any, ...]) -> tuple[PartJudgement, ...]:
    """Judged words of these rows, in the order of :data:`SEGMENT_COLUMNS`; what is not given is not known."""
    return tuple(PartJudgement(**dict(zip(SEGMENT_COLUMNS, row, strict=False)), confidence=NAN) for row in rows)


def make_report(**changes: Any) -> ClipReport:
    """An early clip of two words, with some fields changed."""
    report = ClipReport(
        CLIP, EARLY, SyncScore(20, 14, 2, 1), judged(*ROWS), WORDS, PHONES, EXPECTED, OBSERVED, ("few frames",)
    )
    return replace(report, **changes)
