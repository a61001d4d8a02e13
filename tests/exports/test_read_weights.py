"""Weight curves read back: linear interpolation between a file's keys gives the channels within the stated error."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import sys
import types
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from rendering import ERROR, ROUNDING, channels_of, render

from visalign.errors import ConfigError, ParseError
from visalign.exports.channels import Channels
from visalign.exports.livelink_csv import ARKIT_CHANNELS

Keys = list[tuple[float, float]]


def assert_follows(
    channels: Channels, curves: dict[str, Keys], *, first: float, step: float, scale: float = 1.0
) -> None:
    """`curves` (time, value) follow the channels; frame f stands at ``first + f · step``."""
    assert set(curves) == set(channels.names)
    times = first + step * np.arange(len(channels))
    for name, column in zip(channels.names, channels.values.T, strict=True):
        keys = np.asarray(curves[name])
        assert np.all(np.diff(keys[:, 0]) > 0)
        found = np.interp(times, keys[:, 0], keys[:, 1]) / scale
        assert np.max(np.abs(found - column)) <= ERROR + ROUNDING


def test_livelink_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(render("livelink-csv").decode())))
    channels = channels_of("livelink-csv")
    assert len(rows) == len(channels) == 150
    assert len(rows[0]) == 2 + 61
    assert {x["BlendShapeCount"] for x in rows} == {"61"}
    assert rows[61]["Timecode"] == "00:00:01:01.000"
    for name in ARKIT_CHANNELS:
        written = [float(x[name[0].upper() + name[1:]]) for x in rows]
        if name in channels.names:
            assert written == channels.values[:, channels.names.index(name)].tolist()
        else:
            assert set(written) == {0.0}


def test_audio2face() -> None:
    data = json.loads(render("audio2face", rate=Fraction(25)))
    channels = channels_of("audio2face", rate=Fraction(25))
    assert (data["exportFps"], data["numFrames"], data["numPoses"]) == (25, len(channels), len(channels.names))
    assert data["facsNames"] == list(channels.names)
    assert data["weightMat"] == channels.values.tolist()


def test_unreal_csv() -> None:
    head, *rows = csv.reader(io.StringIO(render("unreal-csv").decode()))
    assert head[0] == "Name"
    times = [float(x) for x in head[1:]]
    curves = {row[0]: list(zip(times, map(float, row[1:]), strict=True)) for row in rows}
    assert_follows(channels_of("unreal-csv"), curves, first=0.0, step=1 / 30)


def test_unity_anim() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML reads the clip back")

    class Loader(yaml.SafeLoader):  # type: ignore[misc, name-defined]
        pass

    Loader.add_multi_constructor(
        "tag:unity3d.com,2011:", lambda loader, _, node: loader.construct_mapping(node, deep=True)
    )
    clip = yaml.load(render("unity-anim", target="Body/Head"), Loader=Loader)["AnimationClip"]
    assert clip["m_SampleRate"] == 60
    curves = {}
    for row in clip["m_FloatCurves"]:
        assert (row["path"], row["classID"]) == ("Body/Head", 137)
        keys = [(x["time"], x["value"]) for x in row["curve"]["m_Curve"]]
        curves[row["attribute"].removeprefix("blendShape.")] = keys
    assert_follows(channels_of("unity-anim"), curves, first=0.0, step=1 / 60, scale=100)


def test_godot() -> None:
    text = render("godot").decode()
    assert text.startswith('[gd_resource type="Animation" format=3]\n')
    names = re.findall(r'NodePath\("Head:blend_shapes/(\w+)"\)', text)
    times = [json.loads(f"[{x}]") for x in re.findall(r'"times": PackedFloat32Array\((.*?)\)', text)]
    values = [json.loads(x) for x in re.findall(r'"values": (\[.*?\])', text)]
    curves = {n: list(zip(t, v, strict=True)) for n, t, v in zip(names, times, values, strict=True)}
    assert_follows(channels_of("godot"), curves, first=0.0, step=1 / 30)


def test_live2d() -> None:
    data = json.loads(render("live2d"))
    curves, n_segments, n_points = {}, 0, 0
    for curve in data["Curves"]:
        rest, keys = curve["Segments"][2:], [tuple(curve["Segments"][:2])]
        while rest:  # as Cubism's loader walks: a type, then its points
            assert rest[0] == 0
            keys.append((rest[1], rest[2]))
            rest, n_segments = rest[3:], n_segments + 1
        n_points += len(keys)
        curves[curve["Id"]] = keys
    meta = data["Meta"]
    assert (meta["CurveCount"], meta["TotalSegmentCount"], meta["TotalPointCount"]) == (2, n_segments, n_points)
    assert_follows(channels_of("live2d", "live2d"), curves, first=0.0, step=1 / 30)


def test_vmd() -> None:
    data = render("vmd", target="初音ミク")
    assert data[:30] == b"Vocaloid Motion Data 0002".ljust(30, b"\0")
    assert data[30:50].rstrip(b"\0").decode("shift_jis") == "初音ミク"
    n_bones, n_morphs = struct.unpack_from("<II", data, 50)
    assert n_bones == 0
    curves: dict[str, Keys] = {}
    for i in range(n_morphs):
        name, frame, value = struct.unpack_from("<15sIf", data, 58 + 23 * i)
        curves.setdefault(name.rstrip(b"\0").decode("shift_jis"), []).append((frame, value))
    assert data[58 + 23 * n_morphs :] == bytes(16)
    assert_follows(channels_of("vmd", "mmd"), curves, first=0, step=1)


def test_vmd_has_one_rate_and_short_names() -> None:
    with pytest.raises(ConfigError, match="30"):
        render("vmd", rate=Fraction(24))
    with pytest.raises(ConfigError, match="20 bytes"):
        render("vmd", target="x" * 21)


def test_maya_anim() -> None:
    text = render("maya-anim", target="face").decode()
    assert "timeUnit film;" in text
    curves = {}
    for name, node, keys in re.findall(
        r"anim (\w+) \w+ (\w+) 0 0 \d+;\nanimData \{.*?keys \{\n(.*?)  \}", text, re.DOTALL
    ):
        assert node == "face"
        curves[name] = [(float(x.split()[0]), float(x.split()[1])) for x in keys.splitlines()]
    assert_follows(channels_of("maya-anim"), curves, first=1, step=1)


@pytest.mark.parametrize(
    ("rate", "unit"), [(Fraction(24000, 1001), "23.976fps"), (Fraction(25), "pal"), (Fraction(12), "12fps")]
)
def test_maya_names_its_rates(rate: Fraction, unit: str) -> None:
    assert f"timeUnit {unit};" in render("maya-anim", rate=rate).decode()


class FakeMaya(types.ModuleType):
    """As much of ``maya.cmds`` as the script uses."""

    def __init__(self) -> None:
        super().__init__("maya")
        self.curves: dict[str, Keys] = {}
        self.cmds = self

    def attributeQuery(self, name: str, *, node: str, exists: bool) -> bool:  # noqa: N802
        return node == "blendShape1" and exists

    def setKeyframe(self, node: str, *, attribute: str, time: int, value: float, **_: str) -> None:  # noqa: N802
        self.curves.setdefault(attribute, []).append((time, value))


def test_maya_script(monkeypatch: pytest.MonkeyPatch) -> None:
    maya = FakeMaya()
    monkeypatch.setitem(sys.modules, "maya", maya)
    exec(compile(render("maya-script"), "script.py", "exec"), {})
    assert_follows(channels_of("maya-script"), maya.curves, first=1, step=1)


class FakeBlock:
    """A shape key of Blender."""

    def __init__(self, name: str) -> None:
        self.name, self.value, self.keys = name, 0.0, list[tuple[float, float]]()

    def path_from_id(self, _: str) -> str:
        return f'key_blocks["{self.name}"].value'

    def keyframe_insert(self, _: str, *, frame: int) -> None:
        self.keys.append((frame, self.value))


def fake_blender(names: list[str]) -> tuple[types.ModuleType, dict[str, FakeBlock]]:
    """As much of ``bpy`` as the script uses."""
    blocks = {name: FakeBlock(name) for name in names}
    keys = types.SimpleNamespace(
        key_blocks=blocks, animation_data=types.SimpleNamespace(action=types.SimpleNamespace(layers=[]))
    )
    head = types.SimpleNamespace(data=types.SimpleNamespace(shape_keys=keys))
    bpy: Any = types.ModuleType("bpy")
    bpy.data = types.SimpleNamespace(objects={"Head": head})
    bpy.context = types.SimpleNamespace(active_object=head, scene=types.SimpleNamespace(render=types.SimpleNamespace()))
    return bpy, blocks


def test_blender(monkeypatch: pytest.MonkeyPatch) -> None:
    channels = channels_of("blender", rate=Fraction(30000, 1001))
    bpy, blocks = fake_blender(list(channels.names))
    monkeypatch.setitem(sys.modules, "bpy", bpy)
    exec(compile(render("blender", rate=Fraction(30000, 1001), target="Head"), "script.py", "exec"), {})
    assert_follows(channels, {x.name: x.keys for x in blocks.values()}, first=1, step=1)
    render_settings = bpy.context.scene.render
    assert render_settings.fps / render_settings.fps_base == pytest.approx(30000 / 1001, abs=1e-9)


def test_blender_names_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    bpy, _ = fake_blender(["jawOpen"])
    monkeypatch.setitem(sys.modules, "bpy", bpy)
    exec(compile(render("blender", target="Head"), "script.py", "exec"), {})
    assert "mouthPucker" in capsys.readouterr().out


def test_usd() -> None:
    usd = pytest.importorskip("pxr.Usd", reason="usd-core reads the stage back")
    from pxr import UsdSkel  # type: ignore[import-not-found, unused-ignore]

    stage = usd.Stage.CreateInMemory()
    stage.GetRootLayer().ImportFromString(render("usd", first_frame=1001).decode())
    animation = UsdSkel.Animation(stage.GetPrimAtPath("/Face/Skeleton/Mouth"))
    channels = channels_of("usd")
    assert list(animation.GetBlendShapesAttr().Get()) == list(channels.names)
    assert stage.GetTimeCodesPerSecond() == 24
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (1001, 1000 + len(channels))
    weights = animation.GetBlendShapeWeightsAttr()
    found = np.asarray([list(weights.Get(1001 + f)) for f in range(len(channels))])
    assert np.max(np.abs(found - channels.values)) <= ERROR + ROUNDING


# --- glTF -------------------------------------------------------------------------------------------------------


def floats(gltf: Any, accessor: int) -> npt.NDArray[np.float32]:
    row = gltf.accessors[accessor]
    view = gltf.bufferViews[row.bufferView]
    size = {"SCALAR": 1, "VEC3": 3}[row.type]
    data = gltf.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    return np.frombuffer(data, dtype="<f4", count=row.count * size).reshape(row.count, size)


def load_glb(content: bytes, path: Path) -> Any:
    pygltflib = pytest.importorskip("pygltflib", reason="pygltflib reads the file back")
    path.write_bytes(content)
    return pygltflib.GLTF2().load(str(path))


def weights_of(gltf: Any, mesh: int, animation: int = -1) -> tuple[list[str], npt.NDArray[Any], npt.NDArray[Any]]:
    channel = next(x for x in gltf.animations[animation].channels if gltf.nodes[x.target.node].mesh == mesh)
    assert channel.target.path == "weights"
    sampler = gltf.animations[animation].samplers[channel.sampler]
    names = gltf.meshes[mesh].extras["targetNames"]
    times = floats(gltf, sampler.input)[:, 0]
    row = gltf.accessors[sampler.input]
    assert (row.min, row.max) == ([times[0]], [times[-1]])
    return names, times, floats(gltf, sampler.output).reshape(len(times), len(names))


def test_gltf(tmp_path: Path) -> None:
    gltf = load_glb(render("gltf"), tmp_path / "a.glb")
    names, times, weights = weights_of(gltf, 0)
    curves = {name: list(zip(times, weights[:, i], strict=True)) for i, name in enumerate(names)}
    assert_follows(channels_of("gltf"), curves, first=0.0, step=1 / 30)


def users_model(path: Path) -> Path:
    """A model with a head and a hat, made with pygltflib, with an animation of its own."""
    pygltflib = pytest.importorskip("pygltflib", reason="pygltflib makes the model")
    points = np.arange(9, dtype="<f4").tobytes()
    gltf = pygltflib.GLTF2(
        buffers=[pygltflib.Buffer(byteLength=len(points))],
        bufferViews=[pygltflib.BufferView(buffer=0, byteOffset=0, byteLength=len(points))],
        accessors=[
            pygltflib.Accessor(bufferView=0, componentType=5126, count=3, type="VEC3", min=[0, 1, 2], max=[6, 7, 8])
        ],
        nodes=[pygltflib.Node(name="Hat node", mesh=1), pygltflib.Node(name="Head node", mesh=0)],
        scenes=[pygltflib.Scene(nodes=[0, 1])],
    )
    head = pygltflib.Primitive(attributes=pygltflib.Attributes(POSITION=0), targets=[{"POSITION": 0}] * 3)
    hat = pygltflib.Primitive(attributes=pygltflib.Attributes(POSITION=0), targets=[{"POSITION": 0}])
    extras = {"targetNames": ["Smile", "JAWOPEN", "mouthPucker"]}
    gltf.meshes = [
        pygltflib.Mesh(name="Head", primitives=[head], weights=[0.25, 0.0, 0.0], extras=extras),
        pygltflib.Mesh(name="Hat", primitives=[hat], extras={"targetNames": ["feather"]}),
    ]
    gltf.set_binary_blob(points)
    gltf.save_binary(str(path))
    return path


def test_gltf_goes_into_the_users_model(tmp_path: Path) -> None:
    model = users_model(tmp_path / "model.glb")
    before = load_glb(model.read_bytes(), tmp_path / "copy.glb")
    after = load_glb(render("gltf", model=model), tmp_path / "b.glb")
    assert [x.name for x in after.meshes] == ["Head", "Hat"]
    assert after.binary_blob()[:36] == before.binary_blob()[:36]
    assert len(after.animations) == 1
    assert [after.nodes[x.target.node].name for x in after.animations[0].channels] == ["Head node"]
    names, times, weights = weights_of(after, 0)
    assert names == ["Smile", "JAWOPEN", "mouthPucker"]
    assert set(weights[:, 0]) == {0.25}
    channels = channels_of("gltf")
    jaw = channels.values[:, channels.names.index("jawOpen")]
    frames = np.arange(len(channels)) / 30
    assert np.max(np.abs(np.interp(frames, times, weights[:, 1]) - jaw)) <= ERROR + ROUNDING


@pytest.mark.parametrize("target", ["Head", "Head node"])
def test_gltf_finds_mesh_or_node_by_name(target: str, tmp_path: Path) -> None:
    model = users_model(tmp_path / "model.glb")
    after = load_glb(render("gltf", model=model, target=target), tmp_path / "b.glb")
    assert len(after.animations[0].channels) == 1


def test_gltf_names_the_targets_where_none_fits(tmp_path: Path) -> None:
    model = users_model(tmp_path / "model.glb")
    with pytest.raises(ConfigError, match=r"'Hat' has feather"):
        render("gltf", model=model, target="Hat")
    with pytest.raises(ConfigError, match=r"Smile, JAWOPEN"):
        render("gltf", model=model, recipe="cc4")


@pytest.mark.parametrize("content", [b"", b"not a model", b"glTF" + bytes(8), b"glTF\x02\0\0\0\x0c\0\0\0"])
def test_gltf_refuses_what_is_no_model(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.glb"
    path.write_bytes(content)
    with pytest.raises(ParseError, match=r"glTF"):
        render("gltf", model=path)


def test_vrma(tmp_path: Path) -> None:
    gltf = load_glb(render("vrma"), tmp_path / "a.glb")
    extension = gltf.extensions["VRMC_vrm_animation"]
    assert extension["specVersion"] == "1.0"
    curves = {}
    for name, where in extension["expressions"]["preset"].items():
        channel = next(x for x in gltf.animations[0].channels if x.target.node == where["node"])
        assert channel.target.path == "translation"
        sampler = gltf.animations[0].samplers[channel.sampler]
        moves = floats(gltf, sampler.output)
        assert not moves[:, 1:].any()
        curves[name] = list(zip(floats(gltf, sampler.input)[:, 0], moves[:, 0], strict=True))
    assert_follows(channels_of("vrma", "vrm1"), curves, first=0.0, step=1 / 30)


def test_vrma_takes_its_presets_only() -> None:
    with pytest.raises(ConfigError, match="aa, ih"):
        render("vrma", recipe="cc4")
