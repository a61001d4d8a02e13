"""A short run of every fuzzer, and all that the long ones found; ``make fuzz`` runs them for as long as you like."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from findings import FINDINGS, Finding
from mutations import mutant
from targets import TARGETS, Target, refuses_or_reads

from visalign.errors import VisalignError

N_MUTANTS = 60
MEDIA_SECONDS = 6


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_readers_read_or_refuse(target: Target) -> None:
    seeds = target.seeds()
    rng = np.random.default_rng(len(target.name))
    refuses_or_reads(target, b"")
    for seed in seeds:
        refuses_or_reads(target, seed)
    for _ in range(N_MUTANTS):
        refuses_or_reads(target, mutant(seeds[int(rng.integers(0, len(seeds)))], rng, target.words, seeds))


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_a_seed_can_be_read(target: Target) -> None:
    """A reader that refuses its own seeds would be fuzzed at its door only."""
    n_read = 0
    for seed in target.seeds():
        try:
            target.read(seed)
            n_read += 1
        except VisalignError:
            pass
    assert n_read


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: f"{finding.target}: {finding.did}")
def test_findings_do_no_harm(finding: Finding) -> None:
    refuses_or_reads(TARGETS[finding.target], finding.data())


@pytest.mark.slow
def test_damaged_clips_read_or_refuse(tmp_path: Path) -> None:
    program = Path(__file__).with_name("fuzz_media.py")
    command = [sys.executable, program, "--seconds", str(MEDIA_SECONDS), "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stdout
    assert "0 findings" in done.stdout


def test_a_finding_is_kept(tmp_path: Path) -> None:
    """The fuzzer itself: a target that falls over is noticed, once, with its input."""
    from fuzz_readers import Findings

    def read(data: bytes) -> None:
        if data.startswith(b"bad"):
            raise ZeroDivisionError

    findings = Findings(Target("x", read, lambda: (b"",)), tmp_path)
    for data in (b"good", b"bad1", b"bad2"):
        findings.feed(data)
    assert list(findings.places) == ["ZeroDivisionError in ?"]
    assert (tmp_path / "x-1.input").read_bytes() == b"bad1"
