"""Previews: what is drawn is what the timeline says, at the time it says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from sample_utterance import UTTERANCE

from visalign.animation.lip_trajectory import LipShape, lip_trajectory
from visalign.animation.mouth_cues import mouth_cues
from visalign.animation.mouth_rules import load_mouth_rules
from visalign.errors import ConfigError, ParseError, UnknownSymbol
from visalign.exports import ExportOptions
from visalign.exports.hand_edits import Edit
from visalign.face.avatar import FaceLook, FacePainter
from visalign.face.preview import LENS_BLUR, PreviewOptions, english_phones, preview_frames, read_mouths, write_preview
from visalign.media.clips import probe, read_audio, read_frames
from visalign.media.images import write_png
from visalign.signals import Audio
from visalign.timeline import Tier

RATE = Fraction(25)
SOUND = Audio((0.1 * np.sin(np.arange(40000) / 5)).astype(np.float32), 16000)
SMALL = PreviewOptions(size_px=96)


def pictures(look: PreviewOptions = SMALL, audio: Audio | None = None, **options: object) -> list[np.ndarray]:
    return list(preview_frames(UTTERANCE, audio, ExportOptions(**options), look))  # type: ignore[arg-type]


def same(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> bool:
    return len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_smooth_frames_show_the_lips_at_their_middle() -> None:
    found = pictures()
    assert len(found) == 63  # 2.5 s at 25, and a part
    painter = FacePainter(FaceLook(), 96, blur_px=LENS_BLUR * 96)
    shapes = lip_trajectory(UTTERANCE.phones, (np.arange(len(found)) + 0.5) / 25)
    assert same(found, [painter.draw(LipShape(*row)) for row in shapes.tolist()])


def test_cues_show_the_mouth_of_each_shape() -> None:
    found = pictures(replace(SMALL, style="cues"))
    painter, mouths = FacePainter(FaceLook(), 96, blur_px=LENS_BLUR * 96), read_mouths()
    cues = mouth_cues(UTTERANCE.phones, load_mouth_rules())
    agree = [
        np.array_equal(picture, painter.draw(mouths[cues.label_at((i + 0.5) / 25) or "X"]))
        for i, picture in enumerate(found)
    ]
    assert np.mean(agree) > 0.85  # the rest is moved by a frame, or held


def test_the_lead_shows_the_mouth_earlier() -> None:
    plain, early = pictures(), pictures(lead_frames=3)
    assert same(plain[3:], early[:-3])


def test_edits_are_shown() -> None:
    plain = pictures(replace(SMALL, style="cues"))
    edited = pictures(replace(SMALL, style="cues"), edits=(Edit(0.08, 0.2, "D"),))
    assert [i for i in range(len(plain)) if not np.array_equal(plain[i], edited[i])] == [2, 3, 4]
    assert not same(pictures(), pictures(edits=(Edit(0.1, 0.3, "aa"),)))


def test_motion_is_off_by_default_and_repeats_with_its_seed() -> None:
    lively = replace(SMALL, blinks=True, brows=True, head=True)
    assert same(pictures(audio=SOUND), pictures())
    assert same(pictures(lively, SOUND), pictures(lively, SOUND))
    assert not same(pictures(lively, SOUND), pictures(replace(lively, seed=1), SOUND))
    assert same(pictures(lively, None), pictures())


def test_own_pictures(tmp_path: Path) -> None:
    colours = {}
    for i, shape in enumerate("ABCDEFGHX"):
        colours[shape] = np.full((10, 12, 3), 25 * i, dtype=np.uint8)
        write_png(tmp_path / f"{shape}.png", colours[shape])
    found = pictures(replace(SMALL, style="images", images=tmp_path))
    shown = [next(k for k, x in colours.items() if np.array_equal(x, picture)) for picture in found]
    assert shown[0] == "X"
    assert {"A", "G"} <= set(shown)


def test_own_pictures_that_do_not_suffice(tmp_path: Path) -> None:
    write_png(tmp_path / "A.png", np.zeros((4, 4, 3), dtype=np.uint8))
    with pytest.raises(ConfigError, match=r"B\.png is missing"):
        pictures(replace(SMALL, style="images", images=tmp_path))
    write_png(tmp_path / "B.png", np.zeros((4, 6, 3), dtype=np.uint8))
    with pytest.raises(ConfigError, match="one size"):
        pictures(replace(SMALL, style="images", images=tmp_path), shapes=("A", "B"))


@pytest.mark.parametrize(
    "wrong", [{"style": "oil"}, {"size_px": 1}, {"style": "images"}, {"style": "cues", "images": "x"}]
)
def test_impossible_looks(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        PreviewOptions(**wrong)  # type: ignore[arg-type]


def test_own_mouths(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text("[A]\nopening = -0.1\n", encoding="utf-8")
    assert read_mouths(path)["A"].opening == -0.1
    path.write_text("[A]\nopening = 'wide'\n", encoding="utf-8")
    with pytest.raises(ParseError, match="opening"):
        read_mouths(path)
    path.write_text("[A]\nsmile = 1\n", encoding="utf-8")
    with pytest.raises(ParseError, match="smile"):
        read_mouths(path)


def test_shipped_mouths_are_those_of_rhubarb() -> None:
    assert set(read_mouths()) == set(load_mouth_rules().shapes)


def test_phones_that_english_has_not() -> None:
    tier = Tier("phones", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5), ("", "y", "ɲ", "b", "øː"))
    assert english_phones(tier, "ipa").labels == ("SIL", "UW", "N", "B", "UH")
    with pytest.raises(UnknownSymbol):
        english_phones(tier, "arpabet")


def test_the_clip_has_picture_and_sound(tmp_path: Path) -> None:
    path = write_preview(tmp_path / "a.mp4", UTTERANCE, SOUND, ExportOptions(rate=RATE), SMALL)
    info = probe(path)
    assert info.video[0].rate == RATE
    assert (info.video[0].width_px, info.video[0].height_px) == (96, 96)
    assert read_audio(path).duration == pytest.approx(2.5, abs=0.1)
    assert sum(1 for _ in read_frames(path)) == 63


def test_cues_of_a_map_show_the_mouths_of_that_map() -> None:
    """Lips that are closed at M, on the teeth at V and F, and open in between: not at rest throughout."""
    look = PreviewOptions(style="cues", size_px=64)
    pictures = list(preview_frames(UTTERANCE, None, ExportOptions(rate=RATE, mouths="oculus_15"), look))
    shown = {x.tobytes() for x in pictures}
    assert len(shown) >= 4
