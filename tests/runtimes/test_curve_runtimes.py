"""Weight curves played by the runtimes that they are for; values at three times against the curves that were meant."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from drawn_face import drawn_face
from opened import opens
from players import TIMES, ask_blender, ask_node, assert_plays
from rendering import ERROR, ROUNDING, channels_of, render


def written(name: str, folder: Path, suffix: str, **options: object) -> str:
    path = folder / f"out{suffix}"
    path.write_bytes(render(name, **options))
    return str(path)


@opens("gltf", "three", "morph weights of GLTFLoader's mesh under an AnimationMixer")
def test_three_plays_a_glb(tmp_path: Path) -> None:
    found = ask_node(tmp_path, "three_gltf", file=written("gltf", tmp_path, ".glb"), times=TIMES)
    assert_plays(channels_of("gltf"), found["rows"])
    assert found["duration"] == pytest.approx((len(channels_of("gltf")) - 1) / 30, abs=1e-6)


@opens("gltf", "gltf-validator", "no error, no warning")
@opens("vrma", "gltf-validator", "no error, no warning")
@pytest.mark.parametrize("name", ["gltf", "vrma"])
def test_the_validator_of_khronos_has_no_complaint(name: str, tmp_path: Path) -> None:
    found = ask_node(tmp_path, "gltf_validator", file=written(name, tmp_path, ".glb"))
    assert (found["numErrors"], found["numWarnings"]) == (0, 0), found["messages"]


@opens("gltf", "Blender (bpy 5.0)", "shape keys' values after import")
@pytest.mark.slow
def test_blender_plays_a_glb(tmp_path: Path) -> None:
    found = ask_blender("blender_gltf", tmp_path, file=written("gltf", tmp_path, ".glb"), times=TIMES)
    assert found["start"] == 0
    # Blender has 24 frames a second here: keys of 30 lie between its frames, and it keeps them there.
    assert_plays(channels_of("gltf"), found["rows"], error=ERROR + ROUNDING + 1e-4)


@opens("gltf", "Blender (bpy 5.0)", "what Cycles draws of a user's model: how far the mouth is open at three times")
@pytest.mark.slow
def test_blender_draws_the_users_face(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="pillow reads the picture")
    model = drawn_face(tmp_path / "face.glb")
    talking = written("gltf", tmp_path, ".glb", model=model)
    home = Path(os.environ.get("VISALIGN_PICTURES") or tmp_path)
    dark = []
    for time, name in zip(TIMES, ("m", "ay", "ow"), strict=True):
        picture = home / f"blender-{name}.png"
        ask_blender("blender_picture", tmp_path, file=talking, time=time, picture=str(picture))
        seen = np.asarray(image.open(picture).convert("RGB")).sum(axis=2, dtype=int)
        dark.append(np.count_nonzero(seen < 260))
    closed, wide, round_ = dark
    assert wide > 3 * closed
    assert closed < round_ < wide


@opens("blender", "Blender (bpy 5.0)", "shape keys' values between the frames of the script's keys; the scene's rate")
@pytest.mark.slow
@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001)])
def test_blender_runs_the_script(rate: Fraction, tmp_path: Path) -> None:
    channels = channels_of("blender", rate=rate)
    script = written("blender", tmp_path, ".py", rate=rate, target="Head")
    found = ask_blender("blender_shape_keys", tmp_path, file=script, names=channels.names, first=1, times=TIMES)
    assert found["rate"] == pytest.approx(float(rate), rel=1e-6)
    # Straight lines: between two keys a curve of Blender's own would be off by up to a tenth.
    assert_plays(channels, found["rows"], error=ERROR + ROUNDING + 1e-4)


@opens("vrma", "@pixiv/three-vrm-animation", "expressions of a VRM 1.0 avatar and the morph weights that they bind")
def test_an_avatar_speaks_a_vrm_animation(tmp_path: Path) -> None:
    from avatars import LIP_MORPHS, vrm_avatar

    avatar = vrm_avatar(tmp_path / "avatar.vrm")
    found = ask_node(tmp_path, "three_vrma", file=written("vrma", tmp_path, ".vrma"), avatar=str(avatar), times=TIMES)
    channels = channels_of("vrma", "vrm1")
    assert_plays(channels, [x["expressions"] for x in found["rows"]])
    assert_plays(channels, [dict(zip(LIP_MORPHS, x["morphs"], strict=True)) for x in found["rows"]])


@opens("usd", "usd-core 26.11", "no complaint of its validators; the weights that an animation's query computes")
def test_usd_evaluates_the_stage(tmp_path: Path) -> None:
    pytest.importorskip("pxr", reason="usd-core is not installed")
    from pxr import Usd, UsdSkel, UsdValidation  # type: ignore[import-not-found, unused-ignore]

    stage = Usd.Stage.Open(written("usd", tmp_path, ".usda"))
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    complaints = UsdValidation.ValidationContext(validators).Validate(stage)
    assert not [x.GetMessage() for x in complaints]
    cache = UsdSkel.Cache()
    query = cache.GetAnimQuery(UsdSkel.Animation(stage.GetPrimAtPath("/Face/Skeleton/Mouth")))
    rate = stage.GetTimeCodesPerSecond()
    rows = [dict(zip(query.GetBlendShapeOrder(), query.ComputeBlendShapeWeights(t * rate), strict=True)) for t in TIMES]
    assert_plays(channels_of("usd"), rows)


@opens("vmd", "three-stdlib", "morphs of MMDLoader's clip under three.js's AnimationMixer")
def test_three_plays_a_vmd(tmp_path: Path) -> None:
    found = ask_node(tmp_path, "three_mmd", file=written("vmd", tmp_path, ".vmd", target="初音ミク"), times=TIMES)
    assert found["model"].rstrip("\0") == "初音ミク"
    assert_plays(channels_of("vmd", "mmd"), found["rows"])


@opens("live2d", "pixi-live2d-display", "parameters that Cubism's own CubismMotion sets")
def test_cubism_plays_a_motion(tmp_path: Path) -> None:
    found = ask_node(tmp_path, "cubism", file=written("live2d", tmp_path, ".motion3.json"), times=TIMES)
    assert found["duration"] == 2.5
    assert_plays(channels_of("live2d", "live2d"), found["rows"])
