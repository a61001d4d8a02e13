"""Maps that several tests look at."""

from pathlib import Path

import pytest

from visalign.visemes.viseme_map import VisemeMap


@pytest.fixture
def write(tmp_path):
    def write_file(text: str) -> Path:
        path = tmp_path / "tiny.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def jeffers():
    return VisemeMap.load("jeffers_1971")


# Loading
