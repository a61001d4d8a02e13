"""The tiers that linguists' files hold: words, phones, what the lips should show and what they do, the lead.

Conventions
-----------
Seconds rounded to a microsecond. Silence is the empty label, as Praat and ELAN have it. All tiers span the same time.
"""

from __future__ import annotations

from collections.abc import Callable

from visalign.animation.mouth_cues import merge_pauses
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.language.phones import is_silence
from visalign.timeline import Interval, Tier
from visalign.visemes.expected import expected_visemes, viseme_tier
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["DEFAULT_MAP", "annotation_map", "annotation_tiers"]

DEFAULT_MAP = {"arpabet": "jeffers_1971", "ipa": "oculus_15_ipa"}
"""Viseme map of annotations where the user does not say, by alphabet of the phones."""


def annotation_map(utterance: Utterance, options: ExportOptions) -> VisemeMap:
    """The viseme map whose visemes are expected."""
    return VisemeMap.load(options.mouths or DEFAULT_MAP[utterance.alphabet])


def annotation_tiers(utterance: Utterance, viseme_map: VisemeMap) -> list[Tier]:
    """``words``, ``phones``, ``expected visemes``, and ``observed visemes`` and ``lead`` where a clip was checked.

    Raises
    ------
    UnknownSymbol
        If the map does not place a phone.
    """
    targets = expected_visemes(utterance.phones, utterance.words, viseme_map, alphabet=utterance.alphabet)
    expected = viseme_tier(targets)
    tiers = [
        _blank(utterance.words, is_silence),
        _blank(utterance.phones, is_silence),
        _blank(expected, lambda x: x == viseme_map.silence),
    ]
    if utterance.observed_visemes is not None:
        tiers.append(utterance.observed_visemes)
    if utterance.leads is not None:
        tiers.append(utterance.leads)
    low, high = min(x.start for x in tiers), max(x.end for x in tiers)
    return [_spanning(x, round(low, 6), round(high, 6)) for x in tiers]


def _blank(tier: Tier, is_blank: Callable[[str], bool]) -> Tier:
    return tier.relabel(lambda label: "" if is_blank(label) else label)


def _spanning(tier: Tier, low: float, high: float) -> Tier:
    """Times to a microsecond; intervals that this would close are left out; neighbours without a label are one."""
    rows: list[Interval] = []
    for x in tier:
        start, end = round(x.start, 6), round(x.end, 6)
        if end > start:
            rows.append(Interval(start, end, x.label, x.score))
    filled = Tier.from_intervals(tier.name, rows, start=low, end=high)
    return Tier.from_intervals(tier.name, merge_pauses(filled), start=low, end=high)
