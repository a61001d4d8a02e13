"""What a batch would cost: looked up, measured, reckoned."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from visalign.batch import BatchSettings
from visalign.batch.costing import Estimate, Measured, _chosen, estimate_cost
from visalign.commands.batch import cost_in_words
from visalign.corpora.clip_list import BatchClip, read_manifest

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip

# Ten hours of material; 90 s of it took 30 s of processor time and 36 s by the clock.
TEN_HOURS = Estimate(
    *(1000, 1000, 36_000.0, 120.0, 8),
    measured=(Measured("a", 30.0, 10.0, 12.0), Measured("b", 60.0, 20.0, 24.0)),
)


def test_hours_and_dollars() -> None:
    assert TEN_HOURS.cpu_hours == pytest.approx(10 / 3)
    assert TEN_HOURS.wall_hours == pytest.approx(10 * 0.4 / 8)
    assert TEN_HOURS.price(0.06) == pytest.approx(0.2)
    words = list(cost_in_words(TEN_HOURS, 0.06))
    assert words[0] == "Material: 10.0 hours in 1000 clips."
    assert words[-2] == "All of it: 3.3 hours of processor time; with 8 workers about 30.0 minutes."
    assert words[-1] == "At $0.06 a vCPU hour: $0.20."


def test_no_number_of_workers_is_faster_than_the_longest_clip() -> None:
    few = Estimate(2, 2, 7200.0, 5400.0, 64, measured=TEN_HOURS.measured)
    assert few.wall_hours == pytest.approx(1.5 * 0.4)


def test_what_was_not_measured_has_no_price() -> None:
    unknown = Estimate(3, 3, 60.0, 20.0, 2, problem="a.mp4: no sound")
    assert (unknown.cpu_hours, unknown.wall_hours, unknown.price(1.0)) == (None, None, None)
    assert list(cost_in_words(unknown, 1.0))[-1] == "What it costs can't be told: a.mp4: no sound"


def test_two_clips_are_measured_and_no_two_films() -> None:
    opened = [(BatchClip(f"{n}.mp4", str(n)), float(n)) for n in (1, 2, 3, 4, 5)]
    assert [clip.id for clip, _ in _chosen(opened)] == ["2", "4"]
    assert [clip.id for clip, _ in _chosen(opened[:1])] == ["1"]
    films = [(BatchClip("a.mp4", "a"), 60.0), (BatchClip("b.mp4", "b"), 90.0), (BatchClip("c.mp4", "c"), 5400.0)]
    assert [clip.id for clip, _ in _chosen(films)] == ["a", "b"]


def test_clips_of_a_batch_are_measured(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    """Those that can be opened, in a place of their own."""
    for name in ("a", "b"):
        shutil.copy(generated_clip.path, tmp_path / f"{name}.mp4")
    (tmp_path / "broken.mp4").write_text("no clip")
    (tmp_path / "clips.csv").write_text("clip,text\na.mp4,bin\nb.mp4,bin\nbroken.mp4,bin\n")
    before = sorted(tmp_path.iterdir())
    manifest = read_manifest(tmp_path / "clips.csv")
    found = estimate_cost(manifest, ["a", "b", "broken"], BatchSettings(jobs=1))
    assert (found.n_clips, found.n_opened, found.workers, found.problem) == (3, 2, 1, "")
    assert [x.id for x in found.measured] == ["a", "b"]
    assert found.material_seconds == pytest.approx(1.5 * sum(x.duration_seconds for x in found.measured))
    assert found.cpu_hours is not None
    assert found.cpu_hours * 3600 == pytest.approx(1.5 * sum(x.cpu_seconds for x in found.measured), rel=0.01)
    assert all(0.05 < x.cpu_seconds < 60 for x in found.measured)
    assert sorted(tmp_path.iterdir()) == before
