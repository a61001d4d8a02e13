"""What a worker is told, and the key under which its result is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_architecture import reached

from visalign.batch import job
from visalign.batch.job import Job, JobMaker, report_name
from visalign.batch.ledger import Ledger
from visalign.config import Config
from visalign.corpora.clip_list import BatchClip


@pytest.fixture
def maker(tmp_path: Path) -> JobMaker:
    (tmp_path / "a.mp4").write_bytes(b"picture")
    (tmp_path / "a.txt").write_text("bin blue", encoding="utf-8")
    return JobMaker(tmp_path, tmp_path / "out", Config(), pages=True, seconds=7.5)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


CLIP = BatchClip(id="s1/a", clip="a.mp4", transcript="a.txt")


def test_a_job_says_all_that_a_worker_needs(maker: JobMaker, ledger: Ledger, tmp_path: Path) -> None:
    made = maker.prepare(CLIP, ledger).job
    assert (made.id, made.clip, made.transcript) == ("s1/a", str(tmp_path / "a.mp4"), str(tmp_path / "a.txt"))
    assert (made.audio, made.text, made.viseme_map, made.model) == (None, None, None, None)
    assert made.report == str(tmp_path / "out/reports/s1/a.json")
    assert made.page == str(tmp_path / "out/pages/s1/a.html")
    assert made.files[made.clip][0] == len(b"picture")
    assert (made.seconds, made.memory_bytes) == (7.5, 3 << 30)


def test_a_job_goes_to_the_worker_as_one_line(maker: JobMaker, ledger: Ledger) -> None:
    made = maker.prepare(CLIP, ledger).job
    assert "\n" not in made.to_json()
    assert Job.from_json(made.to_json()) == made


def test_a_job_of_another_version_is_not_taken_for_one_of_this(maker: JobMaker, ledger: Ledger) -> None:
    line = maker.prepare(CLIP, ledger).job.to_json()
    with pytest.raises(TypeError, match="colour"):
        Job.from_json(line[:-1] + ', "colour": "green"}')


def test_the_key_goes_by_what_the_files_hold(maker: JobMaker, ledger: Ledger, tmp_path: Path) -> None:
    key = maker.prepare(CLIP, ledger).key
    assert maker.prepare(CLIP, ledger).key == key
    (tmp_path / "a.txt").write_text("set red", encoding="utf-8")
    assert maker.prepare(CLIP, ledger).key != key


def test_the_digest_of_the_code_holds_all_that_makes_results() -> None:
    package = Path(job.__file__).parents[1]
    held = {path.relative_to(package).with_suffix("").as_posix() for path in job._code()}
    makers = {"pipeline", "corpora/training_data", "batch/worker"}
    # the worker also rehearses and writes pages; neither is a result
    behind = makers | reached("pipeline") | reached("corpora/training_data")
    assert behind <= held, sorted(behind - held)
    assert not {"cli", "commands/batch", "reports/html_report/clip_page", "batch/run", "plots/clip"} & held


def test_names_that_had_to_be_changed_stay_apart() -> None:
    assert report_name("s1/bbaf2n") == "reports/s1/bbaf2n.json"
    assert report_name("a b") != report_name("a_b") == "reports/a_b.json"
