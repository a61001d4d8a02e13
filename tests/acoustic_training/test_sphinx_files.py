"""Models of PocketSphinx with other means: the format to the byte, and folders whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pocketsphinx import Decoder, get_model_path

from visalign.acoustic_training.sphinx_files import format_means, write_sphinx_folder
from visalign.errors import KeptFile, OutputError
from visalign.forced_alignment.sphinx_model import embedded_model, read_sphinx_model

HOME = Path(get_model_path("en-us/en-us"))


def test_means_as_pocketsphinx_has_them() -> None:
    assert format_means(embedded_model().means) == (HOME / "means").read_bytes()


def test_a_folder_is_read_by_both(tmp_path: Path) -> None:
    means = embedded_model().means + np.float32(0.5)
    found = write_sphinx_folder(tmp_path / "mine", HOME, means, {"note.json": b"{}"})
    assert read_sphinx_model(found).means.tolist() == means.tolist()
    Decoder(hmm=str(found), lm=None, dict=None, loglevel="FATAL")
    assert sorted(x.name for x in found.iterdir()) == sorted(
        [*(x.name for x in HOME.iterdir() if x.name != "README"), "note.json"]
    )


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    means = embedded_model().means
    write_sphinx_folder(tmp_path / "mine", HOME, means)
    write_sphinx_folder(tmp_path / "mine", HOME, means)  # the same again
    with pytest.raises(KeptFile):
        write_sphinx_folder(tmp_path / "mine", HOME, means + np.float32(1.0))
    write_sphinx_folder(tmp_path / "mine", HOME, means + np.float32(1.0), overwrite=True)
    assert read_sphinx_model(tmp_path / "mine").means[0, 0, 0, 0] == means[0, 0, 0, 0] + np.float32(1.0)
    assert [x.name for x in tmp_path.iterdir()] == ["mine"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/diary.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(KeptFile):
        write_sphinx_folder(tmp_path / "mine", HOME, embedded_model().means, overwrite=True)
    assert (tmp_path / "mine/diary.txt").read_text(encoding="utf-8") == "dear"
    with pytest.raises(OutputError, match="the model itself"):
        write_sphinx_folder(HOME, HOME, embedded_model().means, overwrite=True)
    with pytest.raises(OutputError, match="can't be written"):
        write_sphinx_folder(tmp_path / "no" / "mine", HOME, embedded_model().means)
