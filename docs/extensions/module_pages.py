"""Sphinx extension: each module once and each name once in the reference of the Python modules.

A page of several modules gets a heading for each, or its contents would list "Conventions" and "Method" time and again.
A name that a module only passes on (a package's face, say) is told where it is at home; here stands a line that leads
there, and so does every reference that goes by the face.
"""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
FOLDER = "reference"
_MODULE = re.compile(r"^\.\. automodule:: (?P<name>\S+)\n(?P<options>(?:   :.*\n)*)", re.MULTILINE)


def _tree(module: str) -> ast.Module:
    path = ROOT.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(source.read_text(encoding="utf-8") if source.exists() else "")


@functools.cache
def exported(module: str) -> frozenset[str]:
    """What `__all__` of a module lists; nothing where there is no such module."""
    for node in _tree(module).body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "__all__" for target in node.targets):
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


@functools.cache
def passed_on(module: str) -> dict[str, str]:
    """The exported names of a module that are at home in another one: name -> that module."""
    found = {}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("visalign."):
            source = str(node.module)
            for name in (alias.name for alias in node.names):
                if name in exported(module) & exported(source):
                    found[name] = passed_on(source).get(name, source)
    return found


def documented(folder: Path) -> set[str]:
    """The modules that have a place in the reference."""
    return {found["name"] for page in folder.glob("*.rst") for found in _MODULE.finditer(page.read_text("utf-8"))}


def with_headings(text: str, told: set[str]) -> str:
    """The text of a page of the reference with a heading a module, and its names told once."""
    several = len(_MODULE.findall(text)) > 1

    def written(found: re.Match[str]) -> str:
        module = found["name"]
        elsewhere = {name: home for name, home in passed_on(module).items() if home in told}
        options, excluded = [], sorted(elsewhere)
        for option in found["options"].splitlines():
            if option.strip().startswith(":exclude-members:"):
                excluded += option.split(":", 2)[2].replace(",", " ").split()
            else:
                options.append(option)
        if excluded:
            options.append(f"   :exclude-members: {', '.join(excluded)}")
        title = f"``{module}``"
        parts = [title, "-" * len(title), ""] if several else []
        parts += [f".. automodule:: {module}", *options, ""]
        if elsewhere:
            links = ", ".join(f":py:obj:`{name} <{home}.{name}>`" for name, home in sorted(elsewhere.items()))
            parts += [f"From other modules: {links}.", ""]
        return "\n".join(parts) + "\n"

    return _MODULE.sub(written, text)


def _read(sphinx: Sphinx, page: str, source: list[str]) -> None:
    if page.startswith(f"{FOLDER}/"):
        source[0] = with_headings(source[0], documented(Path(sphinx.srcdir, FOLDER)))


def _led_home(_sphinx: Sphinx, env: Any, node: Any, inner: Any) -> Any:
    """What goes by a module that only passes a name on."""
    if node.get("refdomain") != "py":
        return None
    module, _, name = str(node.get("reftarget", "")).rpartition(".")
    home = passed_on(module).get(name) if module.startswith("visalign") else None
    if home is None:
        return None
    domain = env.get_domain("py")
    builder, kind, page = env._app.builder, node.get("reftype"), node.get("refdoc")
    return domain.resolve_xref(env, page, builder, kind, f"{home}.{name}", node, inner)


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Take part in the build."""
    sphinx.connect("source-read", _read)
    sphinx.connect("missing-reference", _led_home)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
