"""MetaHumans of Unreal Engine: curves by the names of the face's expressions, as a table and as a script.

References
----------
.. [1] Epic Games, AnimationLibrary of Unreal's Python API: add_curve, add_float_curve_keys.
.. [2] Epic Games, Rig Mapper: a CSV of ``curve_name, frame_number, value`` made into an animation sequence.
"""

from __future__ import annotations

import json
from fractions import Fraction

from visalign.exports.channels import N_DECIMALS, weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["MetaHumanCsv", "MetaHumanScript"]

_RECIPE = "metahuman"

_SCRIPT = '''# Keys the mouth of {name}: select an animation sequence of the face, and run this in Unreal.
# Made by visalign with the recipe {recipe}. The sequence must be as long as the sound, {seconds:.3f} s. Where a level
# sequence is open and a binding is selected in it, the animation is put on that binding, from its first frame.

import json

import unreal

KEYS = json.loads(r"""
{keys}
""")  # curve -> [[seconds, value], ...]

library, floats = unreal.AnimationLibrary, unreal.RawCurveTrackTypes.RCT_FLOAT
chosen = [x for x in unreal.EditorUtilityLibrary.get_selected_assets() if isinstance(x, unreal.AnimSequence)]
if len(chosen) != 1:
    raise RuntimeError("select one animation sequence of the face in the content browser")
animation = chosen[0]
for name, keys in KEYS.items():
    if library.does_curve_exist(animation, name, floats):
        library.remove_curve(animation, name)
    library.add_curve(animation, name, floats)
    library.add_float_curve_keys(animation, name, [x for x, _ in keys], [y for _, y in keys])
unreal.EditorAssetLibrary.save_loaded_asset(animation)

sequencer = unreal.LevelSequenceEditorBlueprintLibrary
if sequencer.get_current_level_sequence():
    for binding in sequencer.get_selected_bindings():
        section = binding.add_track(unreal.MovieSceneSkeletalAnimationTrack).add_section()
        parameters = section.get_editor_property("params")
        parameters.set_editor_property("animation", animation)
        section.set_editor_property("params", parameters)
        section.set_range_seconds(0.0, {seconds:.6f})
'''


class MetaHumanCsv:
    """``curve_name,frame_number,value`` rows of ``CTRL_expressions_…`` curves, straight lines between them."""

    name = "metahuman-csv"
    title = "MetaHuman curves, CSV"
    suffix = ".csv"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "read back with csv; written after Epic's description of the Rig Mapper, not opened in Unreal"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self, default_recipe=_RECIPE)
        rows = [
            f"{curve.name},{frame + channels.first_frame},{value:.4f}\n"
            for curve in channels.curves(options.max_error)
            for frame, value in curve
        ]
        return "".join(["curve_name,frame_number,value\n", *rows]).encode()


class MetaHumanScript:
    """Python for Unreal: curves into the chosen animation sequence, and that into the open level sequence."""

    name = "metahuman-script"
    title = "MetaHuman, script for Unreal's Sequencer"
    suffix = ".py"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "run against a stand-in for Unreal's Python module; not run in Unreal"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self, default_recipe=_RECIPE)
        rows = {
            curve.name: [[round(channels.seconds(f + channels.first_frame), 6), round(v, N_DECIMALS)] for f, v in curve]
            for curve in channels.curves(options.max_error)
        }
        text = _SCRIPT.format(
            name=json.dumps(utterance.name),
            recipe=json.dumps(channels.recipe),
            seconds=utterance.duration,
            keys="{" + ",\n".join(f"{json.dumps(name)}: {json.dumps(keys)}" for name, keys in rows.items()) + "}",
        )
        return text.encode()
