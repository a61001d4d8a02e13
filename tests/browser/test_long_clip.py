"""The page of ten minutes opens in under a second, and stays quick."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from long_clip import FRAME_SECONDS, tiled_copy, tiled_report, tiled_sound

import visalign
from visalign import Audio, LipFeatures, read_audio
from visalign.face.generated_clip import GeneratedClip
from visalign.media.viewing_copy import make_viewing_copy
from visalign.reports.html_report.clip_page import format_clip_page

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

SECONDS = 600
OPENS_IN = 1.0  # seconds
N_TRIES = 3  # the quickest counts: other work on the machine only ever adds


@pytest.fixture(scope="module")
def ten_minutes(
    generated_clip: GeneratedClip,
    generated_lips: LipFeatures,
    generated_audio: Audio,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    report = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, evidence=True)
    assert report.evidence is not None
    sound, period = read_audio(generated_clip.path, 32000), report.clip.n_frames * FRAME_SECONDS
    n = round(SECONDS / period)
    copy = make_viewing_copy(
        generated_clip.path, report.evidence.times, report.evidence.mouth, sound, stills=range(report.clip.n_frames)
    )
    page = format_clip_page(tiled_report(report, n), tiled_copy(copy, period, n), tiled_sound(sound, period, n))
    path = tmp_path_factory.mktemp("long") / "long.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.mark.slow
def test_ten_minutes_open_in_under_a_second(page: Page, ten_minutes: Path) -> None:
    """Until verdict, table and all tracks stand on the screen.

    Counted is the processor time of the page's thread, the part of the wait that the page itself is to blame for: the
    tests may run on a busy machine. Times by the clock, on a quiet one, are in docs/benchmarks.md.
    """
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    took = []
    for _ in range(N_TRIES):
        page.goto("about:blank")
        before = busy_seconds(devtools)
        page.goto(ten_minutes.as_uri(), wait_until="commit")
        page.locator(".track.overview canvas").wait_for()
        took.append(busy_seconds(devtools) - before)
        page.locator("html[data-frame]").wait_for(state="attached")
    assert 0.02 < min(took) < OPENS_IN


def busy_seconds(devtools: CDPSession) -> float:
    """Processor time of the page's thread so far."""
    metrics = {x["name"]: x["value"] for x in devtools.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


@pytest.mark.slow
def test_far_inside_ten_minutes_a_step_shows_the_next_frame(page: Page, ten_minutes: Path) -> None:
    page.goto(ten_minutes.as_uri())
    page.locator("html[data-frame]").wait_for(state="attached")
    page.keyboard.press("End")
    last = round(SECONDS / FRAME_SECONDS) - 1
    page.locator(f'html[data-frame="{last}"]').wait_for(state="attached")
    page.keyboard.press("ArrowLeft")
    page.locator(f'html[data-frame="{last - 1}"]').wait_for(state="attached")
