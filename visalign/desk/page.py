"""The desk's page: one document that asks its server for all that it shows."""

from __future__ import annotations

from visalign.reports.html_report.document import format_document

__all__ = ["format_desk_page"]

_STYLES = ("page.css", "verdict.css", "desk.css")
# In the order in which they need one another; those that are not the desk's are the pages' of reports.
_SCRIPTS = (
    *("theme.js", "numbers.js", "words.js", "tracks.js", "sound.js"),
    *("desk_document.js", "desk_server.js", "desk_tiles.js", "desk_lanes.js", "desk_pointer.js", "desk_player.js"),
    *("desk_words.js", "desk_queue.js", "desk_keys.js", "desk_editing.js", "desk_results.js", "desk_actions.js"),
    "desk.js",
)
_SOURCES = {"connect-src": "'self'", "img-src": "'self' data:", "media-src": "'self' blob:"}


def format_desk_page(title: str = "") -> str:
    """The page of the desk.

    It holds no data: names, labels and results come from the server, beside whose address the page stands
    (``api/desk``), and are put into it as text. Its policy lets its own scripts and styles run, by their SHA-256, and
    lets it speak to that server alone.

    Parameters
    ----------
    title : str
        What is being looked at, until the page has asked.

    Returns
    -------
    str
    """
    values = {"title": title or "visalign desk"}
    return format_document("desk.html", _STYLES, _SCRIPTS, values, package="visalign.desk", sources=_SOURCES)
