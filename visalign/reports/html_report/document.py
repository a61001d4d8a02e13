"""A page as one file: markup with everything escaped, scripts and styles allowed by their hashes, nothing from outside.

What a clip's name, transcript or tiers say is never markup: texts pass through :func:`html.escape`, data stand in
``<script type="application/json">`` with every ``<``, ``>`` and ``&`` written as an escape of JSON. The
content-security policy lets only the page's own scripts and styles run, by their SHA-256, and forbids every connection,
so that even markup that slipped through could neither run nor call home.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["as_data_script", "data_uri", "format_document", "packed", "text"]

_HOLE = re.compile(r"\{\{([a-z_]+)\}\}")
_JSON_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}


def text(value: object) -> str:
    """Text as markup that shows it, quotes included, without characters that no page may hold."""
    return escape("".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in str(value)))


def data_uri(data: bytes, kind: str) -> str:
    """Bytes as an address that holds them."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def packed(values: npt.NDArray[Any], kind: str) -> str:
    """Numbers as base64 of little-endian ones of NumPy's `kind`, rounded and kept within its range.

    Examples
    --------
    >>> import numpy as np
    >>> packed(np.array([1.4, 300.0]), "u1")
    'Af8='
    """
    target = np.dtype(kind).newbyteorder("<")
    if target.kind in "iu":
        limits = np.iinfo(target)
        values = np.clip(np.round(values), limits.min, limits.max)
    return base64.b64encode(np.ascontiguousarray(values, dtype=target).tobytes()).decode("ascii")


def as_data_script(name: str, data: object) -> str:
    """Data for the page's scripts, under an id."""
    written = json.dumps(data, allow_nan=False, separators=(",", ":")).translate(_JSON_ESCAPES)
    return f'<script type="application/json" id="{name}">{written}</script>'


def format_document(
    template: str,
    styles: Sequence[str],
    scripts: Sequence[str],
    values: Mapping[str, str],
    *,
    package: str = "visalign.reports.html_report",
    sources: Mapping[str, str] | None = None,
) -> str:
    """Fill a template of the package.

    Parameters
    ----------
    template : str
        Name of the asset; ``{{name}}`` in it stands for the value of that name. Values are not searched again.
    styles, scripts : sequence of str
        Names of assets, in their order. Scripts run one after the other in one scope.
    values : mapping of str to str
        Markup, escaped already.
    package : str
        The package whose folder ``assets`` holds these files.
    sources : mapping of str to str, optional
        What this page's policy allows in place of the usual: ``{"media-src": "'self'"}``.
    """
    css = "\n".join(_asset(name, package) for name in styles)
    js = "\n".join(_asset(name, package) for name in scripts)
    known = {
        **values,
        "policy": _policy(css, js, sources or {}),
        "style": f"<style>{css}</style>",
        "script": f"<script>{js}</script>",
    }
    return _HOLE.sub(lambda hole: known[hole[1]], _asset(template, package))


def _asset(name: str, package: str) -> str:
    return (files(package) / "assets" / name).read_text(encoding="utf-8")


def _policy(css: str, js: str, sources: Mapping[str, str]) -> str:
    parts = {
        "default-src": "'none'",
        "script-src": f"'sha256-{_digest(js)}'",
        "style-src": f"'sha256-{_digest(css)}'",
        "img-src": "data:",
        "media-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return escape("; ".join(f"{key} {value}" for key, value in (parts | dict(sources)).items()))


def _digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii")
