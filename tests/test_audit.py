"""The audit of dependencies finds what it is there to find (it runs as a step of .ci/run)."""

from __future__ import annotations

import runpy
from pathlib import Path

AUDIT = runpy.run_path(str(Path(__file__).parents[1] / ".ci" / "audit.py"))


def test_a_known_weakness_is_named(tmp_path: Path) -> None:
    found = list(AUDIT["known_bad"]({"pyyaml": "5.3.1", "pyarrow": "15.0", "diskcache": "9.9"}))
    assert [x.split()[:2] for x in found] == [["diskcache", "9.9:"], ["pyyaml", "5.3.1:"]]
    assert all("CVE-" in x for x in found)


def test_requirements_that_are_not_met() -> None:
    requirements = [
        "numpy>=1.26",
        "av>=18",
        'optuna>=4; extra == "tune"',
        'pip<1; extra == "x"',
        'a; python_version<"3"',
    ]
    found = list(AUDIT["unmet"](requirements, {"numpy": "1.20", "pip": "24.0"}))
    assert found == [
        "numpy 1.20 is installed; wanted: >=1.26",
        "av is not installed",
        "pip 24.0 is installed; wanted: <1",
    ]


def test_what_visalign_needs_has_a_licence_that_fits() -> None:
    known = AUDIT["installed"]()
    if "visalign" not in known:
        return
    names = AUDIT["needed"]("visalign", known)
    assert {"numpy", "av", "rich"} <= names
    assert not list(AUDIT["bad_licences"](known, names))
    assert not AUDIT["GOOD_LICENCES"].search("Proprietary; all rights reserved")
