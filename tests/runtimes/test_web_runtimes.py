"""Exports for web pages played in a real browser by the runtimes that pages use; what is shown at three times."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drawn_face import drawn_face
from opened import opens
from players import TIMES, assert_plays
from rendering import channels_of, render
from rive_files import rive_file
from sample_utterance import CHECKED

from visalign.animation.mouth_rules import load_mouth_rules
from visalign.exports import ExportOptions, load_exporter
from visalign.exports.captions import caption_lines
from visalign.exports.cue_track import cue_tier
from visalign.exports.livelink_csv import ARKIT_CHANNELS
from visalign.exports.lottie import FULL_SIZE, REST_SIZE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow  # they drive a browser

HOME = "http://runtimes.test/"


def start_player(page: Page, player: str, *, three: str) -> None:
    """Load ``players/<player>.mjs`` with the three.js of that folder."""
    imports = {
        "three": f"{HOME}{three}build/three.module.js",
        "three/addons/": f"{HOME}{three}examples/jsm/",
        "@met4citizen/talkinghead": f"{HOME}node_modules/@met4citizen/talkinghead/modules/talkinghead.mjs",
    }
    page.set_content(f'<script type="importmap">{json.dumps({"imports": imports})}</script><body style="margin:0">')
    page.add_script_tag(url=f"{HOME}{player}.mjs", type="module")
    page.wait_for_function("window.ready")


LOTTIE = """async ([document_, times]) => {
    const place = document.body.appendChild(document.createElement("div"));
    place.style = "width:400px;height:300px";
    const player = lottie.loadAnimation({
        container: place, renderer: "svg", loop: false, autoplay: false, animationData: document_,
    });
    const rows = times.map((time) => {
        player.goToAndStop(time * player.frameRate, true);
        const box = place.querySelector("path").getBBox();
        return [box.width, box.height];
    });
    return { rows, duration: player.getDuration(), words: player.markers.map((x) => x.payload.name ?? x.payload) };
}"""


@opens("lottie", "lottie-web", "width and height of the mouth that is drawn at three times; markers")
def test_lottie_draws_the_mouth(web_page: Page) -> None:
    web_page.add_script_tag(url="http://runtimes.test/node_modules/lottie-web/build/player/lottie_svg.js")
    found = web_page.evaluate(LOTTIE, [json.loads(render("lottie")), TIMES])
    (wide, high), (full_wide, full_high) = REST_SIZE, FULL_SIZE
    rows = [
        {"ParamMouthForm": (w - wide) / (full_wide - wide), "ParamMouthOpenY": (h - high) / (full_high - high)}
        for w, h in found["rows"]
    ]
    assert_plays(channels_of("lottie", "live2d"), rows, error=0.0125)
    assert found["duration"] == pytest.approx(2.5, abs=1e-6)
    assert [x.strip() for x in found["words"]] == ["move", "five", "bees", "oh"]


TRACK = """async ([text, times]) => {
    const video = document.body.appendChild(document.createElement("video"));
    const track = video.appendChild(document.createElement("track"));
    track.default = true;
    track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
    await new Promise((done, failed) => { track.onload = done; track.onerror = failed; track.track.mode = "hidden"; });
    return times.map((time) => [...track.track.cues]
        .filter((x) => x.startTime <= time && time < x.endTime).map((x) => x.getCueAsHTML().textContent).join("|"));
}"""


@opens("webvtt", "Chromium", "the text of the cues that its track shows at three times, and none before and after")
def test_chromium_shows_the_captions(web_page: Page) -> None:
    times = [0.1, *TIMES, 2.4]
    lines = [(x[0].start, x[-1].end, " ".join(word.label for word in x)) for x in caption_lines(CHECKED)]
    wanted = [next((text for a, b, text in lines if a <= t < b), "") for t in times]
    assert web_page.evaluate(TRACK, [render("webvtt").decode(), times]) == wanted


@opens("talkinghead", "@met4citizen/talkinghead", "the viseme that moves the avatar's face most, in the middle of six")
def test_talkinghead_speaks_the_visemes(web_page: Page) -> None:
    start_player(web_page, "talkinghead", three="node_modules/@met4citizen/talkinghead/node_modules/three/")
    file = json.loads(render("talkinghead"))
    spoken = [i for i, x in enumerate(file["visemes"]) if x != "sil"]
    chosen = [i for i in spoken if file["vdurations"][i] >= 100][:6]
    times = [(file["vtimes"][i] + file["vdurations"][i] / 2) / 1000 for i in chosen]
    found = web_page.evaluate("(given) => window.speak(...given)", [file, times, ARKIT_CHANNELS])
    assert [max(row, key=row.get) for row in found["rows"]] == [file["visemes"][i] for i in chosen]
    assert len({file["visemes"][i] for i in chosen}) >= 4


RIVE = """async ([file, data, times]) => {
    rive.RuntimeLoader.setWasmUrl("http://runtimes.test/node_modules/@rive-app/canvas/rive.wasm");
    const canvas = document.body.appendChild(document.createElement("canvas"));
    const player = await new Promise((done, failed) => {
        const made = new rive.Rive({
            buffer: new Uint8Array(file).buffer, canvas, stateMachines: "Talk", autoplay: true,
            onLoad: () => done(made), onLoadError: (problem) => failed(new Error(String(problem?.data ?? problem))),
        });
    });
    const input = player.stateMachineInputs("Talk").find((x) => x.name === data.input);
    return times.map((time) => {
        input.value = data.keys.filter(([at]) => at <= time).at(-1)[1];
        return [input.type === rive.StateMachineInputType.Number, input.value];
    });
}"""


@opens("rive", "@rive-app/canvas", "the state machine's number input of that name, its value at three times")
def test_rive_takes_the_inputs(web_page: Page) -> None:
    web_page.add_script_tag(url="http://runtimes.test/node_modules/@rive-app/canvas/rive.js")
    data = json.loads(render("rive", target="mouth"))
    found = web_page.evaluate(RIVE, [list(rive_file("Talk", "mouth")), data, TIMES])
    assert [is_number for is_number, _ in found] == [True] * 3
    cues = cue_tier(CHECKED, ExportOptions(), load_exporter("rive"), load_mouth_rules("oculus_15"))
    shown = [data["visemes"][int(x)] for _, x in found]
    assert shown == [cues.label_at(t) for t in TIMES]
    assert len(set(shown)) == 3


@opens("gltf", "three", "what WebGL draws of a user's model: how far the mouth is open at three times")
def test_three_draws_the_users_face(web_page: Page, tmp_path: Path) -> None:
    start_player(web_page, "draw_gltf", three="node_modules/three/")
    model = drawn_face(tmp_path / "face.glb")
    web_page.evaluate("(bytes) => window.load(bytes)", list(render("gltf", model=model)))
    dark = [web_page.evaluate("(time) => window.draw(time)", t) for t in TIMES]
    pictures = os.environ.get("VISALIGN_PICTURES")
    for time, name in zip(TIMES, ("m", "ay", "ow"), strict=True) if pictures else ():
        web_page.evaluate("(time) => window.draw(time)", time)
        web_page.locator("canvas").screenshot(path=Path(str(pictures)) / f"three-{name}.png")
    closed, wide, round_ = dark
    assert wide > 4 * closed
    assert closed < round_ < wide
