"""Run by Blender: a cube with shape keys, keyed by the exported script; their values at some times."""

import json
import os
import sys
from pathlib import Path

import bpy

question = json.loads(os.environ["VISALIGN_QUESTION"])
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_cube_add()
head = bpy.context.active_object
head.name = "Head"
head.shape_key_add(name="Basis")
for name in question["names"]:
    head.shape_key_add(name=name)
exec(compile(Path(question["file"]).read_text(encoding="utf-8"), question["file"], "exec"), {})
scene = bpy.context.scene
rate = scene.render.fps / scene.render.fps_base
rows = []
for time in question["times"]:
    frame = question["first"] + time * rate
    scene.frame_set(int(frame), subframe=frame - int(frame))
    rows.append({key.name: key.value for key in head.data.shape_keys.key_blocks})
sys.stdout.write("\n" + json.dumps({"version": bpy.app.version_string, "rate": rate, "rows": rows}) + "\n")
