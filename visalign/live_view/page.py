"""The live page."""

from __future__ import annotations

from visalign.reports.html_report.document import format_document, text

__all__ = ["format_live_page"]


def format_live_page(title: str) -> str:
    """The page; `title` is what is being watched."""
    sources = {"connect-src": "'self'", "img-src": "data:"}
    values = {"title": text(title)}
    package = "visalign.live_view"
    return format_document("live.html", ("live.css",), ("live.js",), values, package=package, sources=sources)
