"""A short utterance made by hand, for the tests of the exporters: "move five bees", a pause, "oh", checked."""

from __future__ import annotations

from fractions import Fraction

from visalign.exports.utterance import Fault, Utterance
from visalign.timeline import Interval, Tier

PHONES = Tier(
    "phones",
    (0.0, 0.4, 0.5, 0.65, 0.72, 0.82, 1.0, 1.08, 1.2, 1.36, 1.5, 1.95, 2.25, 2.5),
    ("SIL", "M", "UW", "V", "F", "AY", "V", "B", "IY", "Z", "SIL", "OW", "SIL"),
)
WORDS = Tier("words", (0.0, 0.4, 0.72, 1.08, 1.5, 1.95, 2.25, 2.5), ("", "move", "five", "bees", "", "oh", ""))
OBSERVED = Tier("observed visemes", (0.0, 0.46, 0.56, 1.06, 1.2, 2.5), ("", "C", "B", "C", "I"))

UTTERANCE = Utterance(WORDS, PHONES, media="line 1.wav")
CHECKED = Utterance(
    WORDS,
    PHONES,
    media="clip.mp4",
    observed_visemes=OBSERVED,
    lead_seconds=0.06,
    leads=Tier.from_intervals("lead", [Interval(0.72, 1.08, "+60 ms")]),
    faults=(Fault(Interval(0.72, 1.08, "five"), "audio-early", 0.06),),
    is_checked=True,
    frame_rate=Fraction(30000, 1001),
)
