"""The live page."""

from __future__ import annotations

from collections.abc import Mapping

from visalign.reports.html_report.document import as_data_script, format_document

__all__ = ["format_live_page"]


def format_live_page(title: str, names: Mapping[str, str]) -> str:
    """The page.

    Parameters
    ----------
    title : str
        What is being watched.
    names : mapping of str to str
        The visemes of the map in words (:func:`visalign.visemes.naming.names_of`).
    """
    sources = {"connect-src": "'self'", "img-src": "data:"}
    values = {"title": title, "data": as_data_script("live-data", {"names": dict(names)})}
    styles, scripts, package = ("page.css", "live.css"), ("theme.js", "live.js"), "visalign.live_view"
    return format_document("live.html", styles, scripts, values, package=package, sources=sources)
