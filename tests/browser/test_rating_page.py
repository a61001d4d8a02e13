"""A whole rating session in a real browser: checks, practice, trials, an interruption, saving; then its analysis."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clips_with_clicks import make_clip

from visalign.ratings import RatingDesign, analyse, make_design, read_sessions, write_rating_kit

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What the rater of these tests thinks of each condition: (sync, quality).
OPINIONS = {"real": (5, 4), "dub": (3, 4), "anchor +400 ms": (1, 3)}


def clips_in(folder: Path) -> Path:
    made = make_clip(folder / "made.mp4")
    for condition in ("real", "dub"):
        (folder / "clips" / condition).mkdir(parents=True)
        for name in ("one", "two"):
            shutil.copy(made, folder / "clips" / condition / f"{name}.mp4")
    return folder / "clips"


def kit(folder: Path, **settings: Any) -> tuple[RatingDesign, Path]:
    clips = clips_in(folder)
    design = make_design(clips, ("real", "dub"), reference="real", anchors=(0.4,), **settings)
    [page, _], _ = write_rating_kit(folder / "kit", design, clips)
    return design, page


def step(page: Page, name: str) -> None:
    page.locator(f'html[data-step="{name}"]').wait_for(state="attached")


def begin(page: Page, kit_page: Path, code: str) -> None:
    page.goto(kit_page.as_uri())
    page.fill("#code", code)
    page.click("#start button")


def pass_checks(page: Page, data: dict[str, Any], *, n_wrong: int) -> None:
    step(page, "screen")
    page.fill("#seen", " ".join(str(number) for _, number in data["screen"]))
    page.click("#screen-form button")
    step(page, "sound")
    for k, tones in enumerate(data["tones"]):
        page.get_by_text(f"{k + 1} of {len(data['tones'])}").wait_for()
        page.click("#play-tones")
        quietest = tones.index("quiet")
        page.click(f'#tones button[value="{(quietest + (k < n_wrong)) % 3}"]:enabled')


def answer(page: Page, design: RatingDesign, number: int) -> None:
    """Play, and answer by the rater's opinion of the condition, which only the design tells."""
    page.locator(f'html[data-trial="{number}"]').wait_for(state="attached")
    assert page.locator("fieldset:disabled").count() == len(design.questions), "nothing can be answered unseen"
    clips = [Path(x.get_attribute("src") or "").stem for x in page.locator("video").all()]
    for play in page.locator(".play").all():
        play.click()
        page.wait_for_function("button => button.textContent === 'Play again'", arg=play.element_handle())
    for k, question in enumerate(design.questions):
        opinions = {clip: OPINIONS[design.by_id[clip].condition][k] for clip in clips}
        value = str(opinions[clips[0]]) if len(clips) == 1 else max(clips, key=lambda clip: opinions[clip])
        page.check(f'input[name="{question}"][value="{value}"]')
    page.click("#answers button")


def saved(page: Page, folder: Path) -> Path:
    step(page, "done")
    with page.expect_download() as download:
        page.click("#save")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def data_of(kit_page: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', kit_page.read_text(encoding="utf-8"))
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_a_session_from_first_click_to_scores(page: Page, tmp_path: Path) -> None:
    design, kit_page = kit(tmp_path)
    begin(page, kit_page, "r01")
    pass_checks(page, data_of(kit_page), n_wrong=1)
    n_trials = len(design.practice) + len(design.trials)
    for number in range(4):
        answer(page, design, number)
    # the window is closed and opened again: the same code goes on where it was
    page.locator('html[data-trial="4"]').wait_for(state="attached")
    begin(page, kit_page, "r01")
    for number in range(4, n_trials):
        answer(page, design, number)
    path = saved(page, tmp_path)
    assert path.name == f"ratings-{design.id}-r01.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert (data["resumed"], data["checks"]["headphones"]) == (1, {"right": 5, "of": 6})
    sources = [design.by_id[x["clips"][0]].source for x in data["answers"] if not x["practice"]]
    assert sum(a == b for a, b in itertools.pairwise(sources)) <= 1
    [session] = read_sessions(design, [path])
    assert session.complete
    for k, question in enumerate(design.questions):
        found = analyse(design, [session], question)
        assert {name: mean.value for name, mean in found.conditions.items()} == {
            name: float(grades[k]) for name, grades in OPINIONS.items()
        }


def test_pairs_and_orders_of_their_own(page: Page, tmp_path: Path) -> None:
    design, kit_page = kit(tmp_path, method="pairs", questions=("sync",))
    paths, orders = [], []
    for code in ("r01", "r02"):
        begin(page, kit_page, code)
        pass_checks(page, data_of(kit_page), n_wrong=0)
        for number in range(len(design.practice) + len(design.trials)):
            answer(page, design, number)
        paths.append(saved(page, tmp_path))
        orders.append([x["clips"] for x in json.loads(paths[-1].read_text(encoding="utf-8"))["answers"]])
    assert orders[0] != orders[1], "each rater has an order of their own"
    found = analyse(design, read_sessions(design, paths), "sync")
    assert [(x.n_first, x.n) for x in found.pairs] == [(4, 4)] * 3
    assert sorted(found.strengths, key=lambda name: -found.strengths[name]) == ["real", "dub", "anchor +400 ms"]


@pytest.mark.parametrize("code", ["", "two words", "<b>x</b>"])
def test_a_code_holds_letters_and_digits_alone(page: Page, tmp_path: Path, code: str) -> None:
    _, kit_page = kit(tmp_path)
    begin(page, kit_page, code)
    step(page, "welcome")
