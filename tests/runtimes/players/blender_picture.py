"""Run by Blender: import a GLB, go to a time of its animation, render it to a small picture."""

import json
import math
import os
import sys

import bpy

question = json.loads(os.environ["VISALIGN_QUESTION"])
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.gltf(filepath=question["file"])
scene = bpy.context.scene
keys = next(x for x in bpy.data.shape_keys if len(x.key_blocks) > 1)
for track in keys.animation_data.nla_tracks if keys.animation_data.action is None else ():
    track.mute = False
camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
camera.location, camera.rotation_euler = (0.6, -4.6, -0.1), (math.pi / 2, 0, math.atan2(0.6, 4.6))
light = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
light.rotation_euler = (1.0, 0.2, 0.3)
light.data.energy = 3
scene.collection.objects.link(camera)
scene.collection.objects.link(light)
scene.camera = camera
scene.world = bpy.data.worlds.new("world")
scene.world.color = (0.5, 0.5, 0.5)
scene.render.engine = "CYCLES"
scene.cycles.device, scene.cycles.samples = "CPU", 8
scene.cycles.use_denoising = False
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 240, 200, 100
frame = question["time"] * scene.render.fps / scene.render.fps_base
scene.frame_set(int(frame), subframe=frame - int(frame))
scene.render.filepath = question["picture"]
bpy.ops.render.render(write_still=True)
sys.stdout.write("\n" + json.dumps({"picture": question["picture"]}) + "\n")
