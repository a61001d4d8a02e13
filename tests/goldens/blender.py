"""Keys the mouth of clip. Run it in Blender's text editor, or: blender head.blend --python THIS_FILE

Made by visalign with the recipe arkit_openfacefx. Frames count from 1 at 24 a second.
"""

import json

import bpy

OBJECT = ""  # name of the mesh object; empty: the active object
FPS = (24, 1)
KEYS = json.loads(r"""
{"mouthPressLeft": [[1, 0.0], [9, 0.0], [10, 0.0937], [11, 0.45], [12, 0.5], [14, 0.0], [26, 0.0104], [27, 0.2708], [28, 0.5], [29, 0.4583], [30, 0.1979], [31, 0.0], [60, 0.0]],
"mouthPressRight": [[1, 0.0], [9, 0.0], [10, 0.0937], [11, 0.45], [12, 0.5], [14, 0.0], [26, 0.0104], [27, 0.2708], [28, 0.5], [29, 0.4583], [30, 0.1979], [31, 0.0], [60, 0.0]],
"mouthRollLower": [[1, 0.0], [9, 0.0], [10, 0.0412], [11, 0.198], [12, 0.22], [14, 0.0], [15, 0.0], [16, 0.0562], [17, 0.2125], [18, 0.3], [19, 0.3], [20, 0.2562], [21, 0.1], [22, 0.0], [24, 0.0], [26, 0.2983], [28, 0.22], [29, 0.2017], [30, 0.0871], [31, 0.0], [60, 0.0]],
"mouthRollUpper": [[1, 0.0], [9, 0.0], [10, 0.0412], [11, 0.198], [12, 0.22], [14, 0.0], [26, 0.0046], [28, 0.22], [29, 0.2017], [30, 0.0871], [31, 0.0], [60, 0.0]],
"mouthShrugLower": [[1, 0.0], [15, 0.0], [16, 0.0975], [17, 0.3683], [18, 0.52], [19, 0.52], [20, 0.4442], [21, 0.1733], [22, 0.0], [24, 0.0], [26, 0.5092], [27, 0.2383], [28, 0.0], [60, 0.0]],
"mouthUpperUpLeft": [[1, 0.0], [15, 0.0], [16, 0.0562], [17, 0.2125], [18, 0.3], [19, 0.3], [20, 0.2562], [21, 0.1], [22, 0.0], [24, 0.0], [26, 0.2937], [28, 0.0], [29, 0.0167], [30, 0.1208], [31, 0.2], [33, 0.2133], [35, 0.28], [36, 0.28], [38, 0.0], [60, 0.0]],
"mouthUpperUpRight": [[1, 0.0], [15, 0.0], [16, 0.0562], [17, 0.2125], [18, 0.3], [19, 0.3], [20, 0.2562], [21, 0.1], [22, 0.0], [24, 0.0], [26, 0.2937], [28, 0.0], [29, 0.0167], [30, 0.1208], [31, 0.2], [33, 0.2133], [35, 0.28], [36, 0.28], [38, 0.0], [60, 0.0]],
"jawOpen": [[1, 0.0], [12, 0.0], [14, 0.12], [16, 0.1106], [18, 0.07], [19, 0.07], [20, 0.1473], [21, 0.4233], [22, 0.6], [24, 0.6], [26, 0.0685], [28, 0.0], [29, 0.0133], [30, 0.0967], [31, 0.16], [33, 0.1483], [35, 0.09], [36, 0.09], [38, 0.0], [46, 0.0], [47, 0.035], [48, 0.2537], [49, 0.42], [54, 0.42], [56, 0.0], [60, 0.0]],
"tongueOut": [[1, 0.0], [60, 0.0]],
"mouthLowerDownLeft": [[1, 0.0], [19, 0.0], [20, 0.0146], [22, 0.1], [24, 0.1], [26, 0.0], [32, 0.0], [33, 0.0467], [34, 0.1925], [35, 0.28], [36, 0.28], [38, 0.0], [60, 0.0]],
"mouthLowerDownRight": [[1, 0.0], [19, 0.0], [20, 0.0146], [22, 0.1], [24, 0.1], [26, 0.0], [32, 0.0], [33, 0.0467], [34, 0.1925], [35, 0.28], [36, 0.28], [38, 0.0], [60, 0.0]],
"mouthFunnel": [[1, 0.0], [12, 0.0], [14, 0.5], [15, 0.5], [16, 0.4063], [17, 0.1458], [18, 0.0], [46, 0.0], [47, 0.0583], [48, 0.4229], [49, 0.7], [54, 0.7], [56, 0.0], [60, 0.0]],
"mouthPucker": [[1, 0.0], [12, 0.0], [14, 0.85], [15, 0.85], [16, 0.6906], [17, 0.2479], [18, 0.0], [46, 0.0], [47, 0.035], [48, 0.2537], [49, 0.42], [54, 0.42], [56, 0.0], [60, 0.0]],
"mouthStretchLeft": [[1, 0.0], [28, 0.0], [29, 0.0417], [30, 0.3021], [31, 0.5], [32, 0.5], [33, 0.4667], [34, 0.3625], [35, 0.3], [36, 0.3], [38, 0.0], [60, 0.0]],
"mouthStretchRight": [[1, 0.0], [28, 0.0], [29, 0.0417], [30, 0.3021], [31, 0.5], [32, 0.5], [33, 0.4667], [34, 0.3625], [35, 0.3], [36, 0.3], [38, 0.0], [60, 0.0]],
"mouthDimpleLeft": [[1, 0.0], [60, 0.0]],
"mouthDimpleRight": [[1, 0.0], [60, 0.0]],
"mouthSmileLeft": [[1, 0.0], [28, 0.0], [29, 0.0267], [30, 0.1933], [31, 0.32], [32, 0.32], [33, 0.2667], [34, 0.1], [35, 0.0], [60, 0.0]],
"mouthSmileRight": [[1, 0.0], [28, 0.0], [29, 0.0267], [30, 0.1933], [31, 0.32], [32, 0.32], [33, 0.2667], [34, 0.1], [35, 0.0], [60, 0.0]]}
""")  # shape key -> [[frame, value], ...]


def curves_of(action):
    """All curves of an action: since Blender 5 they lie in its layers alone."""
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    strips = [strip for layer in action.layers for strip in layer.strips]
    return [curve for strip in strips for bag in strip.channelbags for curve in bag.fcurves]


def run():
    head = bpy.data.objects[OBJECT] if OBJECT else bpy.context.active_object
    blocks = head.data.shape_keys.key_blocks
    render = bpy.context.scene.render
    render.fps, render.fps_base = round(FPS[0] / FPS[1]), round(FPS[0] / FPS[1]) * FPS[1] / FPS[0]
    missing = []
    for name, keys in KEYS.items():
        if name not in blocks:
            missing.append(name)
            continue
        block = blocks[name]
        path = block.path_from_id("value")
        for frame, value in keys:
            block.value = value
            block.keyframe_insert("value", frame=frame)
        for curve in curves_of(head.data.shape_keys.animation_data.action):
            if curve.data_path == path:
                for key in curve.keyframe_points:
                    key.interpolation = "LINEAR"
    if missing:
        print("no shape keys of these names:", ", ".join(missing))


run()
