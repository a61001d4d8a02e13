"""Labels as tiers."""

from __future__ import annotations

from visalign.corpora import Labels
from visalign.corpora.reference_tiers import reference_tiers
from visalign.timeline import Interval


def test_overlapping_labels_are_cut() -> None:
    words = (Interval(0.1, 0.5, "a"), Interval(0.1, 0.3, "b"), Interval(0.2, 0.6, "c"))
    [tier] = reference_tiers(Labels(words=words), 1.0)
    assert [(x.start, x.end, x.label) for x in tier if x.label] == [(0.1, 0.2, "a"), (0.2, 0.6, "c")]
    assert (tier.start, tier.end) == (0.0, 1.0)
