"""A stand-in for the Montreal Forced Aligner."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mfa_stand_in import StandIn


@pytest.fixture
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    if os.name != "posix":
        pytest.skip("the stand-in is a shell script")
    made = StandIn(tmp_path)
    monkeypatch.setenv("FAKE_MFA_RECORDED", str(made.folder))
    monkeypatch.setenv("FAKE_MFA_LOG", str(made.log))
    monkeypatch.setenv("MFA_ROOT_DIR", str(made.home))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return made
