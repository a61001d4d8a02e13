"""What the worker says of a clip: facts for the summary, and how long it waits. What happens to its children is told by
test_batch.py, which runs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sample_report import CLIP, EARLY, make_report

from visalign.batch import children, worker
from visalign.batch.job import Job
from visalign.batch.worker import facts_of
from visalign.language.annotations import Cue

JOB = Job(
    id="a",
    clip="/clips/a.mp4",
    audio=None,
    transcript=None,
    text="bin blue",
    viseme_map=None,
    files={},
    objects={},
    report="/out/reports/a.json",
    page=None,
    config={},
    model=None,
    enhancement=None,
    lip_cache=None,
    seconds=None,
    memory_bytes=1 << 30,
    limits={},
)


def test_facts_are_those_of_the_report() -> None:
    facts = facts_of(make_report())
    assert (facts["verdict"], facts["lead_seconds"], facts["lead_low_seconds"]) == ("audio-early", 0.083, 0.061)
    assert (facts["n_frames"], facts["n_words"], facts["n_words_in_sync"]) == (20, 2, 1)
    assert (facts["snr_db"], facts["n_warnings"], facts["viseme_map"]) == (31.415927, 1, "jeffers_1971")
    assert "n_lip_words" not in facts
    assert json.loads(json.dumps(facts)) == facts


def test_facts_that_are_not_known_are_missing() -> None:
    unsure = replace(EARLY, lead_seconds=None, lead_interval=None, verdict="uncertain")
    facts: Mapping[str, Any] = facts_of(make_report(sync=unsure, clip=replace(CLIP, sound=None)))
    assert [facts[x] for x in ("lead_seconds", "lead_low_seconds", "lead_high_seconds", "snr_db")] == [None] * 4


@pytest.mark.parametrize(
    ("seconds", "duration", "patience"),
    [
        (7.5, None, 7.5),
        (7.5, 1000.0, 7.5),
        (None, None, 120.0),
        (None, 3.0, 120 + 30 * 3.0),
        (None, 1e9, 120 + 30 * 43200),
    ],
)
def test_patience_is_what_was_asked_for_or_goes_by_the_duration(
    seconds: float | None, duration: float | None, patience: float
) -> None:
    """A duration is what the file claims: no more than twelve hours of it are believed."""
    assert children._deadline(replace(JOB, seconds=seconds), 1000.0, duration) == 1000.0 + patience


def test_want_of_memory_is_told_with_the_limit() -> None:
    told = children.memory_message(JOB)
    assert told.startswith("/clips/a.mp4: needs more than the limit of 1024 MiB")
    assert "--memory-limit" in told


def test_a_batch_takes_subtitles_as_cues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nANNA: bin blue\n", encoding="utf-8")

    class Asked(Exception):
        pass

    def check(_clip: str, said: object, **_: object) -> None:
        raise Asked(said)

    monkeypatch.setattr(worker, "check", check)
    with pytest.raises(Asked) as asked:
        worker.analyse(replace(JOB, transcript=str(path)))
    assert asked.value.args == ((Cue(1.0, 2.0, "bin blue", "ANNA"),),)
