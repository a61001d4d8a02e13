"""Plans of rating tests, the kit that is written, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from clips_with_clicks import make_clip, sound_delay

from visalign.cli import main
from visalign.errors import ConfigError, InputError, MissingStream, OutputError, ParseError
from visalign.media.clips import probe, read_audio, write_wav
from visalign.ratings import RatingDesign, make_design, write_rating_kit
from visalign.signals import Audio

CONDITIONS = ("real", "dub")


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture
def clips(tmp_path: Path, clip: Path) -> Path:
    for condition in CONDITIONS:
        (tmp_path / "clips" / condition).mkdir(parents=True)
        for name in ("one", "two"):
            shutil.copy(clip, tmp_path / "clips" / condition / f"{name}.mp4")
    return tmp_path / "clips"


def test_absolute_ratings(clips: Path) -> None:
    design = make_design(clips, CONDITIONS, reference="real", anchors=(-0.24, 0.16), repeats=2)
    assert len(design.stimuli) == 2 * (2 + 2)
    assert len(design.trials) == 8 + 2
    assert {x.role for x in design.stimuli} == {"reference", "test", "anchor"}
    assert [x.lead_seconds for x in design.stimuli[:4]] == [0, 0, -0.24, 0.16]
    assert len(set(design.trials)) == 8
    assert all(len(trial) == 1 for trial in design.trials)


def test_pairs_are_of_one_source(clips: Path) -> None:
    design = make_design(clips, CONDITIONS, reference="real", anchors=(0.2,), method="pairs")
    assert len(design.trials) == 2 * 3
    for trial in design.trials:
        assert len({design.by_id[x].source for x in trial}) == 1
        assert len({design.by_id[x].condition for x in trial}) == 2


def test_same_plan_each_time_and_another_with_another_seed(clips: Path) -> None:
    plans = [make_design(clips, CONDITIONS, repeats=1, seed=seed) for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0].id != plans[2].id
    assert RatingDesign.from_dict(json.loads(json.dumps(plans[0].to_dict()))) == plans[0]


@pytest.mark.parametrize(
    "change",
    [
        {"conditions": ()},
        {"conditions": ("real", "real")},
        {"reference": "other"},
        {"anchors": (0.2,)},
        {"reference": "real", "anchors": (0.0,)},
        {"reference": "real", "anchors": (3.0,)},
        {"method": "guess"},
        {"questions": ("taste",)},
        {"repeats": -1},
        {"conditions": ("real",), "method": "pairs"},
    ],
)
def test_impossible_settings(clips: Path, change: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        make_design(clips, **({"conditions": CONDITIONS} | change))  # type: ignore[arg-type]


def test_every_clip_needs_every_condition(clips: Path) -> None:
    (clips / "dub/two.mp4").unlink()
    with pytest.raises(InputError, match="two is not there under all conditions"):
        make_design(clips, CONDITIONS)
    with pytest.raises(InputError, match="no such folder"):
        make_design(clips, ("real", "missing"))


def test_kit(clips: Path, tmp_path: Path) -> None:
    design = make_design(clips, CONDITIONS, reference="real", anchors=(0.2, -0.2), title="<script>alert(1)</script>")
    written, encoded = write_rating_kit(tmp_path / "kit", design, clips)
    assert not encoded
    page = written[0].read_text(encoding="utf-8")
    # raters can't learn which clip is under which condition
    assert not re.search(r"dub|anchor|real\b", page.replace("hidden reference", ""))
    assert "<script>alert(1)" not in page
    files = {x.id: next((tmp_path / "kit/clips").glob(f"{x.id}.*")) for x in design.stimuli}
    for stimulus in design.stimuli:
        file = files[stimulus.id]
        assert sound_delay(file) == pytest.approx(-stimulus.lead_seconds, abs=0.002)
        if stimulus.role != "anchor":
            assert file.read_bytes() == (clips / stimulus.path).read_bytes()
    with pytest.raises(OutputError, match="exists"):
        write_rating_kit(tmp_path / "kit", design, clips)
    with pytest.raises(InputError, match="among the clips"):
        write_rating_kit(clips / "kit", design, clips)


def test_all_are_encoded_where_one_does_not_play(clips: Path, tmp_path: Path) -> None:
    (clips / "dub/two.mp4").unlink()
    make_clip(clips / "dub/two.avi", "pcm_s16le", video_codec="mpeg4")
    design = make_design(clips, CONDITIONS)
    _, encoded = write_rating_kit(tmp_path / "kit", design, clips)
    assert encoded
    for file in (tmp_path / "kit/clips").iterdir():
        info = probe(file)
        assert (info.video[0].codec, info.audio[0].codec) == ("h264", "aac")
        assert sound_delay(file) == pytest.approx(0, abs=0.002)


def test_clips_without_sound_are_refused(clips: Path, tmp_path: Path) -> None:
    shutil.rmtree(clips / "dub")
    (clips / "dub").mkdir()
    for name in ("one", "two"):
        write_wav(clips / "dub" / f"{name}.wav", Audio(np.zeros(8000, np.float32), 8000))
        (clips / "dub" / f"{name}.wav").rename(clips / "dub" / f"{name}.mp4")
    with pytest.raises(MissingStream, match="no video"):
        write_rating_kit(tmp_path / "kit", make_design(clips, CONDITIONS), clips)
    assert read_audio(clips / "dub/one.mp4").duration == 1.0


def test_designs_that_are_none() -> None:
    for data in (None, {}, {"schema_version": 9}, {"schema_version": 1, "stimuli": [{}]}):
        with pytest.raises(ParseError):
            RatingDesign.from_dict(data)


def test_command(clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("ratings", "make", clips, "--conditions", "real,dub", "--reference", "real")
    assert run(*arguments, "--anchors", "-240,160", "--out", tmp_path / "kit") == 0
    assert "8 clips, 8 trials and 2 for practice" in capsys.readouterr().out
    assert (tmp_path / "kit/rate.html").is_file()
    assert run(*arguments, "--anchors", "soon", "--out", tmp_path / "kit2") == 2
    assert run(*arguments, "--out", tmp_path / "kit") == 3
