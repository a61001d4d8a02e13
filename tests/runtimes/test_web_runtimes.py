"""Exports for web pages played in a real browser by the runtimes that pages use; what is shown at three times."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from opened import opens
from players import TIMES, assert_plays
from rendering import channels_of, render
from sample_utterance import CHECKED

from visalign.exports.captions import caption_lines
from visalign.exports.lottie import FULL_SIZE, REST_SIZE

if TYPE_CHECKING:
    from playwright.sync_api import Page

STROKE_PX = 10  # around the drawn mouth, of which half lies outside

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
