"""Names, transcripts and tiers that try to break out of a page, in a real browser."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hostile_texts import HOSTILE_TEXTS
from sample_report import judged

import visalign
from visalign import Audio, ClipReport, LipFeatures, Tier
from visalign.face.generated_clip import GeneratedClip
from visalign.reports.html_report import write_clip_page

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def hostile(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> ClipReport:
    """A report in which everything that a user can write is hostile."""
    report = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, evidence=True)
    evidence = report.evidence
    assert evidence is not None
    edges = np.linspace(0.1, 2.9, len(HOSTILE_TEXTS) + 1).tolist()
    rows = [
        (label, start, end, label, label, label, 0.5, 0.1, 0.01 * k, "audio-early")
        for k, (label, start, end) in enumerate(zip(HOSTILE_TEXTS, edges[:-1], edges[1:], strict=True))
    ]
    texts = cycle(HOSTILE_TEXTS)
    names = tuple(f"{next(texts)} {k}" for k in range(len(evidence.visemes)))
    whole = "".join(HOSTILE_TEXTS)
    clip = replace(
        report.clip, name=whole, transcript=whole, audio=whole, viseme_map=whole, silence_viseme=whole, aligner=whole
    )
    return replace(
        report,
        clip=clip,
        sync=replace(report.sync, reason=whole),
        judged_words=judged(*rows),
        words=Tier("words", tuple(edges), HOSTILE_TEXTS),
        phones=report.phones.relabel(lambda _: next(texts)),
        expected_visemes=report.expected_visemes.relabel(lambda _: next(texts)),
        observed_visemes=report.observed_visemes.relabel(lambda _: next(texts)),
        warnings=HOSTILE_TEXTS,
        evidence=replace(evidence, visemes=names),
    )


def test_hostile_texts_are_shown_and_never_run(
    page: Page, hostile: ClipReport, generated_clip: GeneratedClip, tmp_path: Path
) -> None:
    """The fixture fails the test on any dialog, error, message of the policy, or request."""
    written = write_clip_page(tmp_path / "page.html", hostile, generated_clip.path)
    page.goto(written.as_uri())
    page.locator("html[data-frame]").wait_for(state="attached")
    shown = page.locator("td.label").all_text_contents()
    assert len(shown) == len(HOSTILE_TEXTS)
    for told, label in zip(shown, HOSTILE_TEXTS, strict=True):
        assert "".join(c for c in label if c.isprintable()) == told.replace("\N{REPLACEMENT CHARACTER}", "")
    assert page.locator("script").count() == 4
    assert page.locator("img").count() == 3
    assert page.locator("iframe, svg[onload], link, base, math, style + style").count() == 0
    for key in ("n", "ArrowRight", "s", "m", "+", "0"):
        page.keyboard.press(key)
        page.wait_for_timeout(50)
    assert page.locator(".brand").is_visible()
    page.wait_for_timeout(300)
