"""Acoustic models in a folder, as PocketSphinx reads them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pocketsphinx import get_model_path

from visalign.errors import InputError, ParseError
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment import chosen_aligner, force_align
from visalign.forced_alignment.user_models import FolderAcoustics, read_user_model
from visalign.language.lexicon import parse_lexicon
from visalign.language.phones import SILENCE

TEXT = "set red by m"
DICTIONARY = parse_lexicon("set S EH1 T\nred r eh d\nby B AY\nm EH M")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The English model as if it were of another language."""
    copy = tmp_path / "xx-model"
    shutil.copytree(get_model_path("en-us/en-us"), copy)
    return copy


def test_a_folder_is_a_model_with_its_own_dictionary(folder: Path) -> None:
    audio = synthesise_speech(TEXT, seed=0).audio
    found = force_align(audio, TEXT, aligner=chosen_aligner(None, folder), dictionary=DICTIONARY)
    assert [x for x in found.phones.labels if x != SILENCE] == ["S", "EH", "T", "R", "EH", "D", "B", "AY", "EH", "M"]
    assert "xx-model" in found.engine
    english = force_align(audio, TEXT)
    for mine, theirs in zip(found.words, english.words, strict=True):
        assert mine.start == pytest.approx(theirs.start, abs=0.05)


def test_phones_that_the_model_has_not_are_named(folder: Path) -> None:
    audio = synthesise_speech(TEXT, seed=0).audio
    with pytest.raises(InputError, match=r"phones of xx-model: set \(d:1\).*--dictionary"):
        force_align(audio, "set", aligner=chosen_aligner(None, folder), dictionary=parse_lexicon("set s ø t", name="d"))


@pytest.mark.parametrize(
    ("line", "named"),
    [("-nfilt 25", "-nfilt is missing"), ("-lifter 22", "-lifter is missing"), ("-feat 1s_c_d_dd", "-feat is missing")],
)
def test_a_model_that_hears_otherwise_is_refused(folder: Path, line: str, named: str) -> None:
    path = folder / "feat.params"
    path.write_text(path.read_text(encoding="utf-8").replace(line, ""), encoding="utf-8")
    with pytest.raises(ParseError, match=named):
        read_user_model(folder)


@pytest.mark.parametrize(
    ("old", "new"), [("-nfilt 25", "-nfilt 40"), ("-model ptm", "-model cont"), ("-agc none", "-agc max")]
)
def test_the_line_that_says_so_is_named(folder: Path, old: str, new: str) -> None:
    path = folder / "feat.params"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ParseError) as caught:
        read_user_model(folder)
    assert caught.value.line == text.splitlines().index(old) + 1
    assert f"{new.split()[0]} is {new.split()[1]}" in str(caught.value)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"no folder of an acoustic model.*feat\.params"):
        read_user_model(tmp_path)


def test_a_damaged_model_is_refused(folder: Path) -> None:
    (folder / "means").write_bytes(b"s3\nendhdr\n")
    with pytest.raises(ParseError, match="means"):
        read_user_model(folder)
    assert FolderAcoustics.judges_words is False
