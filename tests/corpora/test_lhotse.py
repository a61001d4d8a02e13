"""Lists for Lhotse, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpus_trees import lrs, make_clip, put

from visalign.corpora.lhotse import write_lhotse
from visalign.corpora.survey import survey
from visalign.errors import InputError, ParseError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def test_lhotse_and_back(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path / "lrs", clip)
    found = survey(tmp_path / "lrs", "lrs")
    (tmp_path / "out").mkdir()
    write_lhotse(tmp_path / "out", found.clips)
    back = survey(tmp_path / "out", "lhotse")
    assert [(x.clip.path, x.clip.transcript, x.clip.speaker, x.clip.split) for x in back.clips] == [
        (x.clip.path.resolve(), x.clip.transcript, x.clip.speaker, x.clip.split) for x in found.clips
    ]
    assert [x.labels and [w.label for w in x.labels.words] for x in back.clips] == [None, None, ["AND", "THEN"]]
    [row] = [json.loads(x) for x in (tmp_path / "out/recordings.jsonl").read_text().splitlines() if "00009" in x]
    [spoken] = [json.loads(x) for x in (tmp_path / "out/supervisions.jsonl").read_text().splitlines() if "00009" in x]
    assert spoken["duration"] == row["duration"], "Lhotse refuses what is spoken beyond its recording"
    assert row["num_samples"] == round(row["duration"] * row["sampling_rate"])
    assert row["sources"][0]["video"] == {"fps": 25.0, "num_frames": 25, "height": 48, "width": 64}


def test_lhotse_needs_lengths(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path, clip)
    with pytest.raises(InputError, match="--no-check"):
        write_lhotse(tmp_path, survey(tmp_path, "lrs", check="none").clips)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[1]\n", ":1: not a JSON object"),
        ('{"id": "a"}\n', ":1: no sources in this line"),
        ('{"id": "a", "sources": [{"type": "url", "source": "http://x"}]}\n', "its source is no file"),
        ("{\n", "not a manifest of Lhotse"),
    ],
)
def test_bad_lhotse_manifests(tmp_path: Path, text: str, complaint: str) -> None:
    put(tmp_path, "recordings.jsonl", text)
    with pytest.raises(ParseError, match=complaint):
        survey(tmp_path, "lhotse")
