"""The desk's page as a document: allowed by its own hashes, speaking to its server alone, holding no data."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from visalign.desk.page import format_desk_page

ASSETS = files("visalign.desk") / "assets"
OWN_SCRIPTS = sorted(x.name for x in ASSETS.iterdir() if x.name.endswith(".js"))


def digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii")


def test_only_its_own_script_and_style_may_run() -> None:
    page = format_desk_page("<b>clip</b>")
    [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    [script] = re.findall(r"<script>(.*?)</script>", page, re.S)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.S)
    rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
    assert rules["script-src"] == f"'sha256-{digest(script)}'"
    assert rules["style-src"] == f"'sha256-{digest(style)}'"
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert "http" not in policy
    assert "<b>clip</b>" not in page
    assert "<title>&lt;b&gt;clip&lt;/b&gt;</title>" in page


def test_it_asks_nobody_else() -> None:
    page = format_desk_page()
    assert not re.findall(r"""(?:src|href)=["']?(?!#|api/)[^"'\s>]+""", page)
    assert not re.findall(r"https?://", page)


def test_every_script_is_in_the_page() -> None:
    page = format_desk_page()
    missing = [name for name in OWN_SCRIPTS if (ASSETS / name).read_text(encoding="utf-8").strip() not in page]
    assert OWN_SCRIPTS
    assert not missing


@pytest.mark.parametrize("name", OWN_SCRIPTS)
def test_data_become_text_and_never_markup(name: str) -> None:
    source = (ASSETS / name).read_text(encoding="utf-8")
    for means in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", ".srcdoc"):
        assert means not in source, means


def test_every_id_that_a_script_asks_for_is_there() -> None:
    page = format_desk_page()
    known = set(re.findall(r'\bid="([\w-]+)"', page))
    source = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in OWN_SCRIPTS)
    asked = set(re.findall(r'element\("([\w-]+)"\)', source))
    assert len(asked) > 50
    assert not asked - known


def test_the_scripts_are_one_that_a_machine_can_read(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    [script] = re.findall(r"<script>(.*?)</script>", format_desk_page(), re.S)
    (tmp_path / "desk.js").write_text(script, encoding="utf-8")
    assert subprocess.run([node, "--check", tmp_path / "desk.js"], check=False).returncode == 0
