"""A page as one file: markup with everything escaped, scripts and styles allowed by their hashes, nothing from outside.

Templates are Jinja's [1]_, with autoescaping: what a clip's name, transcript or tiers say is never markup, whoever
writes the template. What may be markup has the type that says so (:class:`markupsafe.Markup`), and only this module
makes it. Data stand in ``<script type="application/json">`` with every ``<``, ``>`` and ``&`` written as an escape of
JSON. The content-security policy lets only the page's own scripts and styles run, by their SHA-256, and forbids every
connection, so that even markup that slipped through could neither run nor call home.

References
----------
.. [1] https://jinja.palletsprojects.com
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

__all__ = ["as_data_script", "data_script", "data_uri", "format_document", "packed", "text"]

_PACKAGE = "visalign.reports.html_report"
_JSON_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}


def text(value: object) -> Markup:
    """Text as markup that shows it, quotes included, without characters that no page may hold."""
    return escape(_printable(str(value)))


def _printable(words: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in words)


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


def as_data_script(name: str, data: object) -> Markup:
    """Data for the page's scripts, under an id."""
    written = json.dumps(data, allow_nan=False, separators=(",", ":")).translate(_JSON_ESCAPES)
    return data_script(name, written, "application/json")


def data_script(name: str, written: str, kind: str = "text/plain") -> Markup:
    """Data that are written without ``<``, base64 for one, under an id; a browser does not run them."""
    return Markup(f'<script type="{kind}" id="{name}">{written}</script>')


def format_document(
    template: str,
    styles: Sequence[str],
    scripts: Sequence[str],
    values: Mapping[str, Any],
    *,
    package: str = _PACKAGE,
    sources: Mapping[str, str] | None = None,
    filters: Mapping[str, Callable[..., object]] = MappingProxyType({}),
) -> str:
    """Fill a template of the package.

    Parameters
    ----------
    template : str
        Name of the asset; it may extend ``base.html``.
    styles, scripts : sequence of str
        Names of assets, in their order; of those that the package has not, the shared ones. Scripts run one after the
        other in one scope.
    values : mapping of str
        What the template asks for. Whatever is no :class:`markupsafe.Markup` is escaped.
    package : str
        The package whose folder ``assets`` holds these files.
    sources : mapping of str to str, optional
        What this page's policy allows in place of the usual: ``{"media-src": "'self'"}``.
    filters : mapping of callables
        By the names that the template uses.
    """
    css = "\n".join(_asset(name, package) for name in styles)
    js = "\n".join(_asset(name, package) for name in scripts)
    own = {
        "policy": _policy(css, js, sources or {}),
        "style": Markup(f"<style>{css}</style>"),
        "script": Markup(f"<script>{js}</script>" if js else ""),
    }
    environment = _environment(package).overlay()
    environment.filters = {**environment.filters, **filters}
    return environment.get_template(template).render({**values, **own})


@functools.cache
def _environment(package: str) -> Environment:
    """Escapes by default, and says so where a template asks for what nobody gave."""
    return Environment(
        loader=FunctionLoader(lambda name: _asset(name, package)),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: object) -> object:
    return value if isinstance(value, Markup) else _printable(str(value))


def _asset(name: str, package: str) -> str:
    own = files(package) / "assets" / name
    return (own if own.is_file() else files(_PACKAGE) / "assets" / name).read_text(encoding="utf-8")


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
    return "; ".join(f"{key} {value}" for key, value in (parts | dict(sources)).items())


def _digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii")
