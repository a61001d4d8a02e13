"""Praat TextGrids: long or short text, UTF-8 or UTF-16, of one or several speakers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from visalign.errors import AnyPath, ParseError
from visalign.language.annotations.annotation import Annotation, collect_tracks, intervals_of, speaker_and_kind
from visalign.timeline import Interval

if TYPE_CHECKING:
    from praatio.data_classes.textgrid import Textgrid

__all__ = ["read_textgrid_file"]


# What praatio lets through, beside errors of its own, on files that are no TextGrids; it takes some for JSON.
_DAMAGE = (ValueError, IndexError, KeyError, TypeError, AttributeError, AssertionError, RecursionError)


def read_textgrid_file(path: AnyPath, _recording: str | None = None) -> Annotation:
    """Interval tiers by their names; tiers of points are left out.

    Raises
    ------
    ParseError
        If it is no TextGrid that makes sense.
    """
    # Captions and tables are read without it.
    from praatio import textgrid
    from praatio.utilities.errors import PraatioException

    try:
        # Silent: what praatio mends on its way it would tell on stdout, in the midst of a report.
        grid = textgrid.openTextgrid(str(path), False, reportingMode="silence", duplicateNamesMode="rename")
    except OSError as error:
        raise ParseError(path, None, f"can't be read ({error.strerror}); check its name") from error
    except (*_DAMAGE, PraatioException) as error:
        reason = f"can't be read as a TextGrid ({error}); save it from Praat as text"
        raise ParseError(path, None, reason) from error
    tracks = collect_tracks(_tiers(path, grid))
    if not tracks:
        names = ", ".join(grid.tierNames) or "none"
        raise ParseError(path, None, f"no tier of words, phones or utterances among its tiers ({names})")
    return Annotation(str(path), "Praat TextGrid", tracks, float(grid.maxTimestamp))


def _tiers(path: AnyPath, grid: Textgrid) -> Iterator[tuple[str, str, list[Interval]]]:
    for name in grid.tierNames:
        entries = getattr(grid.getTier(name), "entries", ())
        rows = [(float(x[0]), float(x[1]), str(x[2])) for x in entries if len(x) == 3]
        yield *speaker_and_kind(name), intervals_of(path, rows)
