"""The doctor: finds what is there, says how to get what is not, and survives what is broken."""

import importlib.metadata
import sys
from pathlib import Path

import pytest

from visalign import __version__, doctor
from visalign.doctor import Finding, diagnose


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in diagnose()}


def test_everything_that_can_matter_is_looked_at(findings: dict[str, Finding]) -> None:
    needed = {"visalign", "Python", "numpy", "PyAV", "dlib", "landmark model", "PocketSphinx", "default lip model"}
    assert needed <= findings.keys()
    assert {"espeak-ng", "Matplotlib", "optuna", "Montreal Forced Aligner", "processor cores"} <= findings.keys()


def test_what_is_installed_here_is_found_with_its_version(findings: dict[str, Finding]) -> None:
    assert findings["visalign"].version == __version__
    for name, package in (("numpy", "numpy"), ("PyAV", "av"), ("PocketSphinx", "pocketsphinx")):
        assert (findings[name].status, findings[name].version) == ("ok", importlib.metadata.version(package))
    assert "FFmpeg" in findings["PyAV"].detail
    assert "AVX" in findings["dlib"].detail


def test_licences_that_bind_the_user_are_said(findings: dict[str, Finding]) -> None:
    assert "commercial use is allowed" in findings["landmark model"].detail
    assert "no commercial use" in findings["68 landmarks of dlib"].detail
    assert "BSD" in findings["PocketSphinx"].detail


def test_whatever_is_not_ok_comes_with_a_remedy(findings: dict[str, Finding]) -> None:
    assert all(finding.remedy for finding in findings.values() if finding.status != "ok")


def test_a_missing_package_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = doctor._package("scipy")
    assert (found.status, found.is_fault) == ("missing", True)
    assert "pip install" in found.remedy
    assert not doctor._espeak().is_fault  # only the demo needs it


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "code -4"),
        ("raise ImportError('libx.so: cannot open')", "libx.so"),
        ("import no_such_module_at_all", "ModuleNotFoundError"),
    ],
)
def test_a_library_that_dies_while_loading_does_not_take_the_doctor_along(program: str, says: str) -> None:
    found = doctor._loaded("it", program, lambda facts: Finding("it", "ok"))
    assert found.is_fault
    assert says in found.detail
    assert found.status == ("missing" if "no_such" in program else "broken")


def test_a_library_that_hangs_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_LOAD_SECONDS", 0.2)
    assert (
        "did not load" in doctor._loaded("it", "import time; time.sleep(20)", lambda facts: Finding("it", "ok")).detail
    )


def test_a_face_model_of_the_users_own_is_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "own.dat"
    monkeypatch.setenv("VISALIGN_LANDMARK_MODEL", str(own))
    found = doctor._landmark_model()
    assert (found.status, bool(found.remedy)) == ("missing", True)
    assert "no such file" in found.detail
    own.write_bytes(b"other content")
    found = doctor._landmark_model()
    assert found.is_fault
    assert "own.dat" in found.detail
    monkeypatch.setenv("VISALIGN_LANDMARK_MODEL", "dlib68")
    found = doctor._landmark_model()
    assert found.status == "ok"
    assert "excludes commercial use" in found.detail
    assert "by VISALIGN_LANDMARK_MODEL" in found.detail


def test_a_damaged_face_model_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISALIGN_LANDMARK_MODEL", raising=False)
    monkeypatch.setattr(doctor, "_probe", lambda program: (True, '{"path": "68.dat", "known": ""}'))
    found = doctor._landmarks_of_68()
    assert found.status == "broken"
    assert "reinstall" in found.remedy


def test_landmarks_that_only_an_extra_brings_are_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_probe", lambda program: (False, "visalign.errors.BackendUnavailable: not there"))
    found = doctor._landmarks_of_68()
    assert (found.status, found.detail) == ("optional", "not there")
    assert "visalign[dlib68]" in found.remedy


def test_an_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert doctor._python().is_fault


def test_mfa_is_found_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor._aligner_mfa().status == "optional"
    assert "conda" in doctor._aligner_mfa().remedy
    (tmp_path / "mfa").write_text("#!/bin/sh\n")
    (tmp_path / "mfa").chmod(0o755)
    assert doctor._aligner_mfa().status == "ok"
