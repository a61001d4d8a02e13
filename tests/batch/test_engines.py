"""How many workers a machine takes."""

from __future__ import annotations

from pathlib import Path

from visalign.batch.engines import _cgroup_quota, available_cpus


def test_processors_of_a_container(tmp_path: Path) -> None:
    path = tmp_path / "cpu.max"
    path.write_text("150000 100000\n")
    assert _cgroup_quota(str(path)) == 1.5
    path.write_text("max 100000\n")
    assert _cgroup_quota(str(path)) is None
    assert _cgroup_quota(str(tmp_path / "none")) is None
    assert available_cpus() >= 1
