"""ELAN's tab-delimited text: a row an annotation, its tier and speaker first, then its times, then what it says.

Begin, end and duration stand there in each of the forms that were asked for when it was exported (clock, seconds,
milliseconds, and a time code), so that one annotation may have three, six or nine columns of times.
"""

from __future__ import annotations

import re

from visalign.errors import ParseError
from visalign.language.annotations.annotation import Annotation, speaker_and_kind
from visalign.language.annotations.content import Content
from visalign.language.annotations.rows import Row, RowReader

__all__ = ["TITLE", "is_elan_text", "read_elan_text"]

TITLE = "ELAN, tab-delimited"

ROUNDING_SECONDS = 0.0015
"""ELAN writes milliseconds, and each of the three times is rounded by itself."""

_CLOCK = re.compile(r"(\d{1,4}):(\d{2}):(\d{2}\.\d{3})")
_SECONDS, _MILLISECONDS = re.compile(r"-?\d{1,9}\.\d{1,6}"), re.compile(r"-?\d{1,12}")
_TIME_CODE = re.compile(r"\d{1,4}:\d{2}:\d{2}[:;]\d{2,3}")
_FIRST = 2  # tier and participant


def is_elan_text(content: Content) -> bool:
    """Whether a file is such a table: in every row the third time is the second one less the first."""
    lines = [line for line in content.beginning[:20_000].split("\n") if line.strip()][:5]
    return bool(lines) and all(_row(line) is not None for line in lines[:-1] or lines)


def read_elan_text(content: Content, _recording: str | None = None) -> Annotation:
    """Tiers by their names; the participant, where there is one, is the speaker.

    Raises
    ------
    ParseError
        If a line is something else.
    """
    reader, tiers = RowReader(content.path), dict[tuple[str, str], list[Row]]()
    for number, line in enumerate(content.text.split("\n"), start=1):
        if not line.strip():
            continue
        found = _row(line)
        if found is None:
            reason = (
                f"{line.strip()[:40]!r} is no row of ELAN; wanted: tier, speaker, begin, end, duration, text, in tabs"
            )
            raise ParseError(content.path, number, reason)
        tier, participant, start, end, label = found
        speaker, kind = speaker_and_kind(tier)
        tiers.setdefault((participant or speaker, kind), []).append(Row(start, end, label, number))
    tracks = reader.tracks((speaker, kind, rows) for (speaker, kind), rows in tiers.items())
    if not tracks:
        raise ParseError(content.path, None, "no tier of it holds an annotation of words, phones or utterances")
    return Annotation(str(content.path), TITLE, tracks, warnings=content.warnings + reader.all_warnings())


def _row(line: str) -> tuple[str, str, float, float, str] | None:
    """Tier, participant, start, end and text of a row; None where it is none."""
    cells = line.rstrip("\r").split("\t")
    times = list[float | None]()
    for cell in cells[_FIRST:]:
        if (time := _seconds(cell.strip())) is None and not _TIME_CODE.fullmatch(cell.strip()):
            break
        times.append(time)
    if not times or len(times) % 3:  # a text that is a number is no time
        times = times[: len(times) - len(times) % 3]
    if not times or len(cells) <= _FIRST + len(times):
        return None
    each = len(times) // 3
    known = [n for n in range(each) if None not in (times[n], times[each + n], times[2 * each + n])]
    for n in known:
        start, end, length = times[n], times[each + n], times[2 * each + n]
        if start is not None and end is not None and length is not None:
            if abs(end - start - length) > ROUNDING_SECONDS:
                return None
            return cells[0].strip(), cells[1].strip(), start, end, cells[_FIRST + len(times)].strip()
    return None


def _seconds(cell: str) -> float | None:
    if found := _CLOCK.fullmatch(cell):
        return 3600.0 * int(found[1]) + 60.0 * int(found[2]) + float(found[3])
    if _SECONDS.fullmatch(cell):
        return float(cell)
    return int(cell) / 1000 if _MILLISECONDS.fullmatch(cell) else None
