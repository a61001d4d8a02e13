"""Channels of a rig: the tongue comes as far as it is asked to, and nobody loses a closure or a lip on teeth."""

from __future__ import annotations

from fractions import Fraction

import pytest

from visalign.exports import ExportOptions, Utterance, load_exporter
from visalign.exports.channels import viseme_weights, weight_channels
from visalign.exports.recipes import load_recipe
from visalign.timeline import Tier
from visalign.visemes.viseme_map import VisemeMap

EXPORTER = load_exporter("livelink-csv")


def said(*rows: tuple[str, float]) -> Utterance:
    """A word of these phones, between silences of 0.3 s."""
    labels, edges = ["SIL"], [0.0, 0.3]
    for label, duration in rows:
        labels.append(label)
        edges.append(round(edges[-1] + duration, 6))
    edges.append(round(edges[-1] + 0.3, 6))
    words = Tier("words", (0.0, 0.3, edges[-2], edges[-1]), ("", "word", ""))
    return Utterance(words, Tier("phones", tuple(edges), (*labels, "SIL")), media="a.wav")


@pytest.mark.parametrize(("phone", "viseme"), [("TH", "TH"), ("L", "nn"), ("D", "DD")])
@pytest.mark.parametrize("rate", [24, 60])
def test_channels_of_the_tongue_reach_what_the_recipe_asks_for(phone: str, viseme: str, rate: int) -> None:
    """Between vowels these have a quarter of the lips' weight."""
    spoken = said(("UW", 0.15), (phone, 0.06), ("UW", 0.15))
    found = weight_channels(spoken, ExportOptions(rate=Fraction(rate)), EXPORTER)
    recipe = load_recipe("arkit_openfacefx")
    visemes = VisemeMap.load("oculus_15").visemes
    asked = dict(zip(recipe.channels, recipe.matrix(visemes)[visemes.index(viseme)], strict=True))
    reached = found.values[:, found.names.index("tongueOut")].max()
    assert reached == pytest.approx(asked["tongueOut"], abs=1e-4)


@pytest.mark.parametrize("rate", [12, 15, 24, 60])
def test_an_f_or_v_before_a_closure_is_seen_at_any_rate(rate: int) -> None:
    for shift in (0.10, 0.12, 0.14, 0.16):
        spoken = said(("AY", shift), ("V", 0.08), ("B", 0.12), ("IY", 0.16))
        options, recipe = ExportOptions(rate=Fraction(rate)), load_recipe("arkit_openfacefx")
        curves, viseme_map, _ = viseme_weights(spoken, options, EXPORTER, recipe)
        assert curves.column("FF").max() >= 0.8 - 1e-9
        assert (curves.column("PP") >= 0.9 - 1e-9).sum() >= 2, viseme_map.id
        assert curves.values.sum(axis=1) == pytest.approx(1.0)
