"""Lists for Kaldi, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_trees import lrs, make_clip, put

from visalign.cli import main
from visalign.corpora.kaldi import write_kaldi
from visalign.corpora.survey import survey
from visalign.errors import ParseError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return int(ended.value.code or 0)


def test_kaldi_and_back(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path / "l r's", clip)  # a name that a shell would break
    found = survey(tmp_path / "l r's", "lrs")
    (tmp_path / "out").mkdir()
    written = write_kaldi(tmp_path / "out", found.clips)
    assert [path.name for path in written] == ["wav.scp", "text", "utt2spk", "spk2utt"]
    back = survey(tmp_path / "out", "kaldi")
    assert [(x.clip.path, x.clip.transcript, x.clip.speaker) for x in back.clips] == [
        (x.clip.path.resolve(), x.clip.transcript, x.clip.speaker) for x in found.clips
    ]
    for path in written:
        lines = path.read_bytes().splitlines()
        assert lines == sorted(lines), f"{path.name} is sorted by bytes, as Kaldi demands"
    speakers = dict(line.split() for line in (tmp_path / "out/utt2spk").read_text().splitlines())
    assert all(utterance.startswith(f"{speaker}-") for utterance, speaker in speakers.items())


def test_kaldi_commands_are_not_run(tmp_path: Path) -> None:
    put(tmp_path, "wav.scp", f"a touch {tmp_path / 'ran'} |\n")
    with pytest.raises(ParseError, match="does not run"):
        survey(tmp_path, "kaldi")
    assert not (tmp_path / "ran").exists()
