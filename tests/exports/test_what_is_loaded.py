"""An export of what is aligned already loads what it needs, and nothing that hears or sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sample_utterance import UTTERANCE

from visalign.exports import write_export

HEARS_OR_SEES = {"av", "pocketsphinx", "dlib", "soundfile", "hmmlearn", "sklearn", "scipy", "pandas", "sqlite3"}

EXPORT = """
from visalign.exports import read_utterance, write_export
write_export({target!r}, read_utterance({source!r}), "json")
"""


def loaded(program: str) -> set[str]:
    """Modules that are loaded after `program`, in a process of its own."""
    command = [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "extra"),
    [
        ("exports", {"numpy", "praatio"}),
        ("exports.reading", {"praatio"}),
        ("forced_alignment.alignment", {"praatio"}),
        ("corpora.clip_list", {"praatio", "visalign.batch", "visalign.reports"}),
        ("files.text_files", {"praatio"}),
        ("signals", {"praatio"}),
    ],
)
def test_values_load_no_library(module: str, extra: set[str]) -> None:
    assert not loaded(f"import visalign.{module}") & (HEARS_OR_SEES | extra)


@pytest.mark.parametrize(
    ("format_name", "suffix", "needed"), [("textgrid", ".TextGrid", {"praatio"}), ("json", ".json", set())]
)
def test_an_export_of_what_is_aligned_hears_nothing(
    format_name: str, suffix: str, needed: set[str], tmp_path: Path
) -> None:
    source = write_export(tmp_path / f"said{suffix}", UTTERANCE, format_name)
    found = loaded(EXPORT.format(target=str(tmp_path / "out.json"), source=str(source)))
    assert (tmp_path / "out.json").exists()
    assert not found & ((HEARS_OR_SEES | {"praatio"}) - needed)
