"""The folder that MFA works in: new for each run, with the user's models and settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.files.data_files import parse_yaml
from visalign.forced_alignment.mfa_home import acoustic_model_file, private_home, users_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's."""
    path = tmp_path / "MFA"
    (path / "pretrained_models/acoustic").mkdir(parents=True)
    (path / "pretrained_models/acoustic/german_mfa.zip").write_bytes(b"model")
    monkeypatch.setenv("MFA_ROOT_DIR", str(path))
    return path


def test_it_is_where_mfa_has_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert users_home() == home
    monkeypatch.delenv("MFA_ROOT_DIR")
    monkeypatch.setenv("HOME", "/home/anna")
    assert users_home() == Path("/home/anna/Documents/MFA")


def test_each_run_has_its_own_with_the_models_of_the_user(home: Path) -> None:
    with private_home() as one, private_home() as other:
        assert len({home, one, other}) == 3
        assert (one / "pretrained_models/acoustic/german_mfa.zip").read_bytes() == b"model"
        (one / "extracted_models").mkdir()
    assert not one.exists()
    assert not other.exists()
    assert (home / "pretrained_models/acoustic/german_mfa.zip").read_bytes() == b"model"
    assert [x.name for x in home.iterdir()] == ["pretrained_models"]


def test_models_are_copied_where_links_can_not_be_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with private_home() as own:
        (own / "pretrained_models/acoustic/german_mfa.zip").unlink()
    assert (home / "pretrained_models/acoustic/german_mfa.zip").exists()


def test_settings_are_the_users_but_for_what_belongs_to_the_folder(home: Path) -> None:
    said = "clean: false\nsingle_speaker: true\ntemporary_directory: /home/anna/MFA\nuse_postgres: true\n"
    profile = "profiles:\n  slow:\n    num_jobs: 1\n    temporary_directory: /elsewhere\n    github_token: secret\n"
    (home / "global_config.yaml").write_text(said + profile)
    with private_home() as own:
        settings = parse_yaml("global_config.yaml", (own / "global_config.yaml").read_text())
    assert settings == {"clean": False, "single_speaker": True, "profiles": {"slow": {"num_jobs": 1}}}
    assert (home / "global_config.yaml").read_text() == said + profile


@pytest.mark.parametrize("content", ["a: b: c", "- 1", ""])
def test_settings_that_can_not_be_read_are_left_to_mfa(home: Path, content: str) -> None:
    (home / "global_config.yaml").write_text(content)
    with private_home() as own:
        assert not (own / "global_config.yaml").exists()


def test_no_home_of_the_users_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MFA_ROOT_DIR", str(tmp_path / "none"))
    with private_home() as own:
        assert list(own.iterdir()) == []
    assert not (tmp_path / "none").exists()


def test_a_model_is_found_by_name_or_path(home: Path, tmp_path: Path) -> None:
    assert acoustic_model_file("german_mfa") == home / "pretrained_models/acoustic/german_mfa.zip"
    (tmp_path / "mine.zip").touch()
    assert acoustic_model_file(str(tmp_path / "mine.zip")) == tmp_path / "mine.zip"
    assert acoustic_model_file("nobody") is None
