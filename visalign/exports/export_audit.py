"""The audit of an export: whether the mouth that a file shows does what its phones ask for.

What is asked and how it is judged is in :mod:`visalign.animation.mouth_audit`. Of mouth cues the shapes of the very
frames are looked at (of Rhubarb's files, which have seconds, every 10 ms), of weight curves the visemes that the recipe
makes channels of: what a recipe makes of them only the rig can tell.
"""

from __future__ import annotations

from visalign.animation.mouth_audit import MouthAudit, ShownMouth, audit_mouth, shown_shapes, shown_weights
from visalign.animation.mouth_cues import GRID_HZ
from visalign.animation.mouth_rules import RHUBARB, MouthRules
from visalign.errors import ConfigError
from visalign.exports.channels import viseme_weights
from visalign.exports.cue_track import cue_tier, frame_track, mouth_rules
from visalign.exports.exporter import Exporter, ExportOptions
from visalign.exports.papagayo_words import PAPAGAYO_MOUTHS
from visalign.exports.recipes import load_recipe
from visalign.exports.utterance import Utterance
from visalign.timeline import Tier

__all__ = ["audit_export"]

_RECIPE = "arkit_openfacefx"  # all shipped recipes are of the same map
# Formats whose cues have seconds and no frames, and those whose mouths are others than Rhubarb's.
_IN_SECONDS = {"rhubarb-tsv", "rhubarb-xml", "rhubarb-json", "rive", "talkinghead", "azure-visemes", "polly-marks"}
_MOUTHS = {
    **dict.fromkeys(("papagayo-pgo", "papagayo-pg2"), PAPAGAYO_MOUTHS),
    **dict.fromkeys(("character-animator", "rive", "talkinghead"), "oculus_15"),
    "azure-visemes": "azure_en_us",
    "polly-marks": "polly_en_us",
}


def audit_export(utterance: Utterance, exporter: Exporter, options: ExportOptions) -> MouthAudit:
    """What is to be said of the mouth that `exporter` writes.

    Raises
    ------
    ConfigError
        If the format shows no mouth.
    """
    if exporter.family == "cues":
        rules = mouth_rules(options, _MOUTHS.get(exporter.name, RHUBARB))
        kinds = {rules.kinds[x] for x in options.shapes or rules.shapes}
        shown = _of_cues(utterance, exporter, options, rules)
    elif exporter.family == "weights":
        recipe = load_recipe(options.recipe or _RECIPE)
        curves, viseme_map, _ = viseme_weights(utterance, options, exporter, recipe)
        of_viseme = MouthRules.of_map(viseme_map).kinds
        kinds = set(of_viseme.values())
        step = float(1 / (options.rate or exporter.rate))
        shown = shown_weights(curves.times, curves.values, [of_viseme[x] for x in curves.visemes], step)
    else:
        raise ConfigError("audit", exporter.name, "a format that shows a mouth: mouth cues or weight curves")
    return audit_mouth(shown, utterance.phones, alphabet=utterance.alphabet, rest_after=options.rest_after, kinds=kinds)


def _of_cues(utterance: Utterance, exporter: Exporter, options: ExportOptions, rules: MouthRules) -> ShownMouth:
    rate = options.rate or exporter.rate
    lead = options.lead_frames / float(rate)
    if exporter.name in _IN_SECONDS:
        return shown_shapes(cue_tier(utterance, options, exporter, rules), rules.kinds, float(1 / GRID_HZ), lead=lead)
    cues = frame_track(utterance, options, exporter, rules).cues
    edges = [float(x.start / rate) for x in cues] + [float(cues[-1].end / rate)]
    shown = Tier("mouth", tuple(edges), tuple(x.shape for x in cues))
    return shown_shapes(shown, rules.kinds, float(1 / rate), lead=lead + utterance.phones.start)
