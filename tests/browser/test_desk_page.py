"""The desk's page in a real browser, before a server that is made up.

Keys, pointer and fingers, servers that are lost, other windows, hostile labels, ten minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hostile_texts import HOSTILE_TEXTS
from stand_in_desk import LEAD, MadeUpClip, StandInDesk, restarted, tier

from visalign.face.generated_clip import GeneratedClip

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

WAIT_MS = 30_000
WORDS = ("", "bin", "blue", "at", "f", "two", "now", "")
STEP = 0.3
# What these tests do not give: an icon, and the picture of most clips.
NOT_GIVEN = ("favicon", "/media")
# What a browser says of a server that is gone; that it is gone is what these tests are about.
OF_LOST_SERVERS = ("Failed to load resource", "net::ERR")


def made_up(words: Sequence[str] = WORDS, *, id: str = "clip", media: Path | None = None, **rest: Any) -> MadeUpClip:
    n = len(words)
    tiers = {
        "words": tier(words, STEP, first_id=1),
        "phones": tier(["" if not x else "ə" for x in words for _ in range(2)], STEP / 2, first_id=1000),
        "cues": tier(["ABCDE"[k % 5] for k in range(n)], STEP, first_id=3000),
        "closures": tier(["closed"], 0.1, first_id=5000, start=0.72),
        "lines": tier(["first line", "second line"], n * STEP / 2, first_id=6000),
    }
    return MadeUpClip(**({"id": id, "name": f"{id}.mp4", "duration": n * STEP, "tiers": tiers, "media": media} | rest))


@contextmanager
def window(context: BrowserContext, allowed: Sequence[str] = ()) -> Iterator[Page]:
    page, complaints = context.new_page(), list[str]()
    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", lambda said: complaints.append(f"{said.text} {said.location}"))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    yield page
    assert not [x for x in complaints if not any(words in x for words in (*NOT_GIVEN, *allowed))], complaints
    page.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme="light", reduced_motion="reduce")
    yield made
    made.close()


def opened(page: Page, desk: StandInDesk) -> None:
    page.goto(desk.url)
    page.locator("html[data-clip]").wait_for(state="attached")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def done(page: Page, n: int) -> None:
    """So many changes have been answered, and none is under way."""
    page.locator(f'html[data-edits="{n}"][data-unsent="0"]').wait_for(state="attached")


def edits(desk: StandInDesk) -> list[dict[str, Any]]:
    return [body["edit"] for path, body in desk.posted if path.endswith("/edits")]


def spot(page: Page, lane: str, time: float, *, of: float, start: float = 0.0) -> tuple[float, float]:
    """Where a time stands on a lane that shows `of` seconds."""
    box = page.locator(f".track.{lane} canvas").bounding_box()
    assert box is not None
    return box["x"] + (time - start) / of * box["width"], box["y"] + box["height"] / 2


# --- by the keyboard


def test_a_session_without_a_mouse(context: BrowserContext) -> None:
    with StandInDesk([made_up()]) as desk, window(context) as page:
        opened(page, desk)
        assert page.evaluate("document.activeElement.id") == "tracks"
        press(page, "Shift+ArrowRight")
        assert page.locator("#label").input_value() == "blue"
        press(page, ".", ".", "Shift+.")  # 21 ms later, told once it is let go
        done(page, 1)
        told = page.locator("#change-list").inner_text()
        assert "“blue” starts at 0.621 s" in told
        assert f"“blue” judged anew: {1000 * LEAD:.0f} ms early → in sync" in told
        press(page, "Enter")
        page.keyboard.type("blew")
        press(page, "Enter")
        done(page, 2)
        press(page, "z", "Shift+Z")
        done(page, 4)
        assert page.locator("#words-grid .chosen .label").inner_text() == "blew"
        press(page, "e", "f")
        done(page, 5)
        press(page, "ArrowDown")
        assert page.locator("#which").inner_text() == "Phones · start"
        press(page, "ArrowUp", "x", "j")
        done(page, 7)
        press(page, "Delete")
        done(page, 8)
        press(page, "k")
        page.keyboard.type("heard twice")
        press(page, "Escape", "3")
        page.locator('html[data-decided="needs fix"]').wait_for(state="attached")
        assert "heard twice" in page.locator("#decided").inner_text()
        press(page, "d", "1")
        page.locator('html[data-decided="accept"]').wait_for(state="attached")
    kinds = [(x["kind"], x.get("side"), x.get("time"), x.get("label")) for x in edits(desk)]
    assert kinds == [
        ("move", "start", 0.621, None),
        ("relabel", None, None, "blew"),
        ("pin", "end", None, None),
        ("split", None, 0.7605, None),
        ("merge", None, None, None),
        ("delete", None, None, None),
    ]
    assert [path.rsplit("/", 1)[1] for path, _ in desk.posted].count("undo") == 1
    assert [body for path, body in desk.posted if path.endswith("/decide")] == [
        {"line": None, "decision": "needs fix", "comment": "heard twice"},
        {"line": 6000, "decision": "accept", "comment": ""},
    ]


def test_every_key_of_the_sheet_does_something(context: BrowserContext) -> None:
    """The sheet is made from the list that the keyboard goes by; here it is read and each key is an action."""
    with StandInDesk([made_up()]) as desk, window(context) as page:
        opened(page, desk)
        press(page, "?")
        assert page.locator("#help").is_visible()
        keys = page.locator("#keys kbd").all_inner_texts()
        assert len(keys) > 40
        known = page.evaluate("[...ACTIONS.values()].map(name => [name, typeof desk.actions[name]])")
        assert known
        assert {kind for _, kind in known} == {"function"}
        press(page, "Escape")
        assert not page.locator("#help").is_visible()
        assert page.locator("html").get_attribute("data-clip") == "clip"


def test_symbols_of_the_ipa_are_put_in_by_keys(context: BrowserContext) -> None:
    with StandInDesk([made_up()]) as desk, window(context) as page:
        opened(page, desk)
        press(page, "ArrowDown", "Enter", "F2")
        assert page.locator("#ipa").is_visible()
        press(page, "a", "a", "a", "Enter")  # a, ɑ, ɐ
        assert not page.locator("#ipa").is_visible()
        assert page.evaluate("document.activeElement.id") == "label"
        press(page, "F2", "o", "o", "ArrowLeft", "Enter", "Enter")
        done(page, 1)
        press(page, "ArrowUp", "u")
        page.keyboard.type("b ")
        press(page, "F2", "e", "e", "Enter", "Enter")
        done(page, 2)
    relabelled, pronounced = edits(desk)
    assert relabelled == {"kind": "relabel", "tier": "phones", "id": 1002, "label": "ɐʌ"}
    assert pronounced == {"kind": "pronounce", "id": 2, "phones": "b ə"}


def test_times_and_transcript_are_typed(context: BrowserContext) -> None:
    with StandInDesk([made_up()]) as desk, window(context) as page:
        opened(page, desk)
        page.fill("#to", "0,65")
        press(page, "Enter")
        done(page, 1)
        page.fill("#from", "soon")
        press(page, "Enter")
        assert "“soon” is no time" in page.locator("#notice").inner_text()
        page.fill("#transcript", "bin blew at f two now")
        assert page.locator("#transcript-note").inner_text() == "not aligned yet"
        press(page, "Control+Enter")
        done(page, 2)
    assert edits(desk) == [
        {"kind": "move", "tier": "words", "id": 2, "side": "end", "time": 0.65},
        {"kind": "transcript", "text": "bin blew at f two now"},
    ]


def test_something_is_put_in_where_there_is_room(context: BrowserContext) -> None:
    with StandInDesk([made_up()]) as desk, window(context) as page:
        opened(page, desk)
        press(page, "a")  # in the midst of nothing: the playhead is in the pause before the first word
        page.keyboard.type("so")
        press(page, "Enter")
        done(page, 1)
        press(page, "Shift+ArrowRight", "a")
        assert "There is no room for one at the playhead in Words" in page.locator("#status").inner_text()
        press(page, "ArrowDown", "ArrowDown", "ArrowDown", "Home", "a", "Enter")
        done(page, 2)
        page.mouse.dblclick(*spot(page, "closures", 2.2, of=8 * STEP))
        page.locator("#ask[open]").wait_for()
        press(page, "Escape")
        assert page.locator("#which").inner_text() == "Closures · pause"
    first, second = edits(desk)
    assert first == {"kind": "insert", "tier": "words", "start": 0, "end": 0.3, "label": "so"}
    assert second == {"kind": "insert", "tier": "closures", "start": 0, "end": 0.1, "label": "closed"}


# --- by the pointer


def test_a_boundary_is_dragged_and_snaps(context: BrowserContext) -> None:
    clip = made_up()
    with StandInDesk([clip]) as desk, window(context) as page:
        opened(page, desk)

        def drag(lane: str, time: float, to: float, *, drop: bool = True) -> None:
            page.mouse.move(*spot(page, lane, time, of=clip.duration))
            page.mouse.down()
            page.mouse.move(*spot(page, lane, (time + to) / 2, of=clip.duration))
            page.mouse.move(*spot(page, lane, to, of=clip.duration))
            if drop:
                page.mouse.up()

        drag("words", 0.6, 0.7215)  # the closure begins at 0.72
        done(page, 1)
        page.uncheck("#snap")
        drag("phones", 0.9, 0.8812)
        done(page, 2)
        drag("words", 1.2, 1.3, drop=False)
        press(page, "Escape")
        page.mouse.up()
        page.wait_for_timeout(200)
        drag("words", 1.5, 5.0)  # no further than the next boundary
        done(page, 3)
        page.click("#zoom-in")
        page.click("#fit")
        assert page.evaluate("document.activeElement.id") == "tracks", "a clicked button does not keep the keyboard"
        page.mouse.click(*spot(page, "words", 1.0, of=clip.duration))
        assert page.locator("#label").input_value() == "at"
    first, second, third = edits(desk)
    assert (first["tier"], first["time"]) == ("words", 0.72)
    assert second["tier"] == "phones"
    assert second["time"] == pytest.approx(0.8812, abs=0.002)
    assert third["time"] == pytest.approx(1.8 - 0.001, abs=1e-6)


def test_fingers_drag_and_nothing_scrolls_sideways_at_390(browser: Browser, generated_clip: GeneratedClip) -> None:
    clip = made_up(media=generated_clip.path)
    small = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    try:
        with StandInDesk([clip]) as desk, window(small) as page:
            opened(page, desk)
            assert page.evaluate("document.documentElement.scrollWidth") == 390
            page.locator(".track.words canvas").scroll_into_view_if_needed()
            touch = small.new_cdp_session(page)
            (x, y), (to, _) = (spot(page, "words", t, of=clip.duration) for t in (0.9, 1.05))
            for kind, at in (
                ("touchStart", x + 8),
                ("touchMove", (x + to) / 2),
                ("touchMove", to + 8),
                ("touchEnd", None),
            ):
                points = [] if at is None else [{"x": at, "y": y}]
                touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            done(page, 1)
            for button in page.locator("#clip button:visible").all():
                box = button.bounding_box()
                assert box is not None
                assert box["height"] >= 34, button.inner_text()
                assert box["x"] + box["width"] <= 390
        [moved] = edits(desk)
        assert moved["time"] == pytest.approx(1.05, abs=0.03)
    finally:
        small.close()


# --- a server that is lost


def test_a_change_survives_a_server_that_is_killed_before_it_answers(context: BrowserContext) -> None:
    """It was kept and its answer lost: it is not made twice. Then one is made while nobody is there: it is not lost."""
    clip = made_up()
    allowed = OF_LOST_SERVERS
    with window(context, allowed) as page:
        desk = StandInDesk([clip])
        opened(page, desk)
        desk.dies_before_answering = True
        press(page, ".")
        page.locator('html[data-server="lost"]').wait_for(state="attached")
        desk.close()
        assert "does not answer" in page.locator("#lost").inner_text()
        assert clip.revision == 1
        page.fill("#comment", "typed while it was away")
        press(page, "Escape", "Shift+ArrowRight", "Enter")
        page.keyboard.type("blew")
        press(page, "Enter")
        assert page.locator("#saved").inner_text() == "2 not saved yet"
        with restarted(desk) as again:
            page.evaluate("document.getElementById('try-again').click()")  # it may have tried by itself just now
            page.locator('html[data-server="there"][data-unsent="0"]').wait_for(state="attached")
            page.locator('html[data-revision="2"]').wait_for(state="attached")
            assert [x["kind"] for x in edits(again)] == ["move", "relabel"]
            assert [x["label"] for x in clip.tiers["words"]] == ["", "bin", "blew", "at", "f", "two", "now", ""]
            assert clip.tiers["words"][1]["start"] == 0.31
            assert page.locator("#comment").input_value() == "typed while it was away"
            assert page.locator("#notice").is_hidden()
            press(page, "1")
            page.locator('html[data-decided="accept"]').wait_for(state="attached")
        assert clip.decisions[-1]["comment"] == "typed while it was away"


def test_what_had_not_reached_the_desk_is_offered_by_the_next_window(context: BrowserContext) -> None:
    clip = made_up()
    desk = StandInDesk([clip])
    with window(context, OF_LOST_SERVERS) as page:
        opened(page, desk)
        desk.close()
        press(page, "Enter")
        page.keyboard.type("been")
        press(page, "Enter", "t", "End")
        page.keyboard.type(" please")
        page.locator('html[data-server="lost"]').wait_for(state="attached")
    with restarted(desk) as again, window(context) as page:
        opened(page, again)
        assert "had not reached the desk" in page.locator("#notice").inner_text()
        assert page.locator("#transcript").input_value() == "bin blue at f two now please"
        page.click("#notice-again")
        done(page, 1)
        assert clip.tiers["words"][1]["label"] == "been"


def test_a_refusal_is_told_and_nothing_is_shown_that_is_not_so(context: BrowserContext) -> None:
    clip = made_up()
    with StandInDesk([clip]) as desk, window(context, ("400",)) as page:
        opened(page, desk)
        desk.refuse = "the boundary is pinned: unpin it first"
        press(page, ".")
        page.locator("#notice").wait_for(state="visible")
        assert page.locator("#notice-words").inner_text().endswith("the boundary is pinned: unpin it first")
        assert page.locator("#from").input_value() == "0.300"
        assert page.locator("html").get_attribute("data-unsent") == "0"


# --- other windows


def test_two_windows_see_each_other(context: BrowserContext, browser: Browser) -> None:
    clip = made_up()
    elsewhere = browser.new_context()
    try:
        with StandInDesk([clip]) as desk, window(context) as one, window(elsewhere, ("409",)) as other:
            for page in (one, other):
                opened(page, desk)
                page.locator('html[data-events="open"]').wait_for(state="attached")
            press(one, "Enter")
            one.keyboard.type("been")
            press(one, "Enter")
            other.locator('html[data-revision="1"]').wait_for(state="attached")
            assert other.locator("#label").input_value() == "been"
            other.locator("#status", has_text="Changed in another window").wait_for()
            press(one, "2")
            other.locator("#decided", has_text="reject").wait_for()
            # another window was quicker, and this one has not heard of it yet
            clip.revision += 1
            press(other, "Shift+ArrowRight", "Enter")
            other.keyboard.type("blew")
            press(other, "Enter")
            other.locator("#notice", has_text="Another window was quicker").wait_for()
            assert other.locator("#label").input_value() == "blue"
            other.click("#notice-again")
            done(other, 1)
            assert clip.tiers["words"][2]["label"] == "blew"
    finally:
        elsewhere.close()


# --- the queue


def test_the_queue_from_the_first_clip_to_the_last(context: BrowserContext) -> None:
    clips = [made_up(id=f"c{k}", doubt=1 - k / 10, verdict=("audio-early", "in-sync")[k % 2]) for k in range(6)]
    clips[5].error = "no face was found"
    with StandInDesk(clips, mode="queue") as desk, window(context) as page:
        page.goto(desk.url)
        page.locator('html[data-queue="6"]').wait_for(state="attached")
        names = page.locator("#queue-body .name bdi").all_inner_texts()
        assert names == [f"c{k}.mp4" for k in range(6)]
        assert "no face was found" in page.locator("#queue-body").inner_text()
        assert page.locator("#agreement").inner_text() == "ann and <b>bob</b>: 12 clips both, agreement κ = 0.71"
        page.keyboard.press("/")
        page.keyboard.type("c3")
        page.locator('html[data-queue="1"]').wait_for(state="attached")
        page.fill("#filter", "")
        page.locator('html[data-queue="6"]').wait_for(state="attached")
        page.click('#states button[data-state="error"]')
        page.locator('html[data-queue="1"]').wait_for(state="attached")
        page.click('#states button[data-state=""]')
        page.locator('html[data-queue="6"]').wait_for(state="attached")
        page.locator("#queue-rows").focus()
        press(page, "Home", "ArrowDown", "Enter")
        page.locator('html[data-clip="c1"]').wait_for(state="attached")
        press(page, "1")
        page.locator("#place-in-queue", has_text="2 of 6 · 1 decided").wait_for()
        press(page, "PageDown")
        page.locator('html[data-clip="c2"]').wait_for(state="attached")
        assert page.locator("#comment").input_value() == ""
        press(page, "Escape")
        page.locator('html[data-place="queue"]').wait_for(state="attached")
        page.locator("#progress-words", has_text="1 of 6 decided").wait_for()
        page.go_back()
        page.locator('html[data-clip="c2"]').wait_for(state="attached")


def test_a_queue_of_ten_thousand_keeps_few_rows(context: BrowserContext) -> None:
    clips = [made_up(WORDS[:2], id=f"c{k:05d}", doubt=1 - k / 10_000) for k in range(10_000)]
    with StandInDesk(clips, mode="queue") as desk, window(context) as page:
        page.goto(desk.url)
        page.locator('html[data-queue="10000"]').wait_for(state="attached")
        page.locator("#queue-rows").focus()
        press(page, "End")
        page.locator("#queue-body .chosen", has_text="c09999.mp4").wait_for()
        assert page.locator("#queue-body .queue-row").count() < 60


# --- sound, hostile texts, long clips, and who can't see the canvas


def until(page: Page, expression: str) -> None:
    """Wait until something holds; what waits inside of the page would be code that the page's policy refuses."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {expression}")


def test_the_sound_as_corrected_is_asked_for_and_told(context: BrowserContext, generated_clip: GeneratedClip) -> None:
    with StandInDesk([made_up(media=generated_clip.path)]) as desk, window(context, ("404",)) as page:
        opened(page, desk)
        until(page, "document.getElementById('video').readyState > 1")
        press(page, "ArrowRight", "ArrowRight")
        page.locator('html[data-frame="2"]').wait_for(state="attached")
        assert page.locator("#clock").inner_text() == "0.100 s · 01:00:00:02"
        press(page, "r")
        assert page.evaluate("document.getElementById('video').playbackRate") == 0.5
        press(page, "l")
        page.locator('html[data-playing="true"]').wait_for(state="attached")
        page.wait_for_timeout(1500)  # the word lasts 0.3 s, at half the speed
        assert page.locator("html").get_attribute("data-playing") == "true"
        press(page, "l")
        page.locator('html[data-playing="false"]').wait_for(state="attached")
        press(page, "m")
        page.locator("#status", has_text="sound can't be had").wait_for()


def test_hostile_labels_and_names_are_shown_and_never_run(context: BrowserContext) -> None:
    clip = made_up(HOSTILE_TEXTS, id="h", verdict="".join(HOSTILE_TEXTS[:3]))
    clip.name = "".join(HOSTILE_TEXTS).encode("utf-8", "replace").decode()
    for rows in clip.tiers.values():
        for item in rows:
            item["label"] = item["label"].encode("utf-8", "replace").decode()
    clip.decisions.append(
        {
            "line": None,
            "decision": HOSTILE_TEXTS[2],
            "comment": HOSTILE_TEXTS[0],
            "who": HOSTILE_TEXTS[1],
            "when": "<i>",
        }
    )
    counted = "document.querySelectorAll('script, style, img, iframe, svg, link, math, base').length"
    with StandInDesk([clip], mode="queue", who=HOSTILE_TEXTS[3]) as desk, window(context) as page:
        page.goto(desk.url)
        page.locator('html[data-queue="1"]').wait_for(state="attached")
        before = page.evaluate(counted)
        press(page, "Enter")
        page.locator("html[data-clip]").wait_for(state="attached")
        shown = page.locator("#words-grid .label").all_text_contents()
        assert len(shown) == len(HOSTILE_TEXTS)
        assert shown[0] == HOSTILE_TEXTS[0]
        assert not any("\u202e" in x or "\x1b" in x for x in shown)
        press(page, "Shift+ArrowRight", "Shift+ArrowRight", "ArrowDown", ".")
        done(page, 1)
        press(page, "2")
        page.locator("html[data-decided]").wait_for(state="attached")
        assert page.evaluate(counted) == before
        assert page.evaluate("({}).polluted") is None
        assert page.locator("#decided").inner_text().count(HOSTILE_TEXTS[0]) == 1


def test_ten_minutes_scroll_smoothly(context: BrowserContext) -> None:
    """A frame in its time: of 100 steps through ten minutes, at three zooms, 95 draw in under 16 ms."""
    clip = made_up([f"word{k}" if k % 7 else "" for k in range(2000)])
    with StandInDesk([clip]) as desk, window(context) as page:
        opened(page, desk)
        page.locator("html[data-draw-ms]").wait_for(state="attached")
        slow = list[float]()
        while len(slow) < 3 and not (slow and slow[-1] < 16):  # another program may have the processor for a while
            if slow:
                press(page, "0", *["+"] * 7)
            for zooms in (0, 3, 4):
                press(page, *["-"] * zooms)
                press(page, *["]"] * 4)
                page.wait_for_timeout(400)
                for _ in range(70):
                    page.mouse.move(700, 500)
                    page.evaluate("desk.view.scroll(0.02); new Promise(requestAnimationFrame)")
                page.wait_for_timeout(400)
            slow.append(float(page.locator("html").get_attribute("data-draw-ms") or "inf"))
        assert min(slow) < 16, slow
        assert int(page.locator("html").get_attribute("data-drawn") or 0) == 200
        assert page.evaluate("desk.waves.kept.size + desk.spectra.kept.size") < 330


def test_what_the_canvas_shows_is_said_in_words_too(context: BrowserContext) -> None:
    with StandInDesk([made_up()]) as desk, window(context) as page:
        opened(page, desk)
        rows = page.locator("#words-grid [role=row][data-id]")
        assert rows.count() == 6
        assert page.locator("#words-grid [aria-selected=true] .label").inner_text() == "bin"
        rows.nth(0).focus()
        press(page, "ArrowDown", "ArrowDown")
        assert page.evaluate("document.activeElement.dataset.id") == "4"
        assert page.locator("#which").inner_text() == "Words · start"
        nameless = page.evaluate(
            """[...document.querySelectorAll("button, input, select, textarea, canvas, [role=grid], [role=toolbar]")]
            .filter(e => e.getClientRects().length && !e.ariaLabel && !e.textContent.trim() && !e.labels?.length
              && !e.getAttribute("aria-labelledby")).map(e => e.outerHTML)"""
        )
        assert nameless == []
        press(page, "Shift+ArrowRight")
        status = page.locator("#status")
        assert status.get_attribute("aria-live") == "polite"
        assert status.inner_text() == f"f, 1.200 to 1.500 s, {1000 * LEAD:.0f} ms early"
        for _ in range(40):  # nothing that Tab reaches is without a ring
            press(page, "Tab")
            style = "getComputedStyle(document.activeElement)"
            if page.evaluate("document.activeElement !== document.body"):
                assert page.evaluate(f"{style}.outlineStyle") != "none", page.evaluate(
                    "document.activeElement.outerHTML"
                )


@pytest.mark.parametrize("width", [390, 820, 1400, 2560])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_scrolls_sideways_in_either_theme(browser: Browser, width: int, scheme: Any) -> None:
    sized = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    try:
        clips = [made_up(id=f"{'long' * 20}{k}") for k in range(2)]
        with StandInDesk(clips, mode="queue") as desk, window(sized) as page:
            page.goto(desk.url)
            page.locator("html[data-queue]").wait_for(state="attached")
            assert page.evaluate("document.documentElement.scrollWidth") == width
            press(page, "Enter")
            page.locator("html[data-clip]").wait_for(state="attached")
            assert page.evaluate("document.documentElement.scrollWidth") == width
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert ground == ("rgb(247, 247, 245)" if scheme == "light" else "rgb(18, 21, 23)")
    finally:
        sized.close()
