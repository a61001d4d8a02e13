"""Run by Blender: import a GLB, play its animation, and tell the shape keys' values at some times."""

import json
import os
import sys

import bpy

question = json.loads(os.environ["VISALIGN_QUESTION"])
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.gltf(filepath=question["file"])
scene = bpy.context.scene
rate = scene.render.fps / scene.render.fps_base
keys = next(x for x in bpy.data.shape_keys if len(x.key_blocks) > 1)
animation = keys.animation_data
if animation.action is None:  # newer importers leave it on a muted track of the NLA
    strip = animation.nla_tracks[0].strips[0]
    animation.nla_tracks[0].mute = False
    start = strip.frame_start
else:
    start = animation.action.frame_range[0]
rows = []
for time in question["times"]:
    frame = start + time * rate
    scene.frame_set(int(frame), subframe=frame - int(frame))
    rows.append({key.name: key.value for key in keys.key_blocks})
sys.stdout.write(
    "\n" + json.dumps({"version": bpy.app.version_string, "start": start, "rate": rate, "rows": rows}) + "\n"
)
