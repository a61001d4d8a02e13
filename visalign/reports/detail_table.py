"""The table of a report's parts: words, phones, phrases and windows with all their measures.

Conventions
-----------
Times are those of the sound, seconds on the clip's clock; the lips of a part are looked for the clip's lead later.
``lead_seconds > 0`` means that the audio leads. Columns, one row a part (:data:`DETAIL_COLUMNS`):

===================  ===================================================================================================
kind                 word, phone, phrase (words between pauses of 0.25 s) or window (of 1 s)
label                the word, the phone, the words of the phrase, the words that touch the window
start, end           seconds
phones               ARPABET (IPA in other languages), separated by spaces
expected             what the lips should show, visemes separated by spaces
observed             what they show
viseme_accuracy      part of the visible frames (0..1) whose observed viseme is acceptable
lead_seconds         lead of the part
score                0..1, high = in sync
verdict              in-sync, audio-early, audio-late, mismatched or uncertain; of a word out-of-step too
confidence           probability (0..1) that `lead_seconds` is right to within a frame (40 ms)
dtw_cost             mean cost a moment along the warping path: 0 where the lips show what they should, at most 6.9
closures_expected    P, B and M in it
closures_seen        those of them for which the lips close
dead_air_seconds     how long the mouth moves as in speech while nobody speaks
overrun_seconds      how long there is speech while the mouth is still
in_step              of a word: probability (0..1) that it is what the lips say, at the lead of its clip
own_lead_seconds     of a word: the lead at which its own frames fit best
own_lead_low         lower end of its 95 % interval, seconds
own_lead_high        upper end
===================  ===================================================================================================

NaN where the lips can't be seen, or nothing can be told. How they are measured: :mod:`visalign.sync.segments`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visalign.errors import AnyPath, ConfigError
from visalign.files.text_files import format_table, rounded, write_text
from visalign.sync.scoring import STEP_COLUMNS, PartJudgement
from visalign.sync.segments import PartDetails
from visalign.visemes.naming import series

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DETAIL_COLUMNS", "detail_frame", "detail_items", "parse_details", "write_details"]

DETAIL_COLUMNS = (
    "kind",
    "label",
    "start",
    "end",
    "phones",
    "expected",
    "observed",
    "viseme_accuracy",
    "lead_seconds",
    "score",
    "verdict",
    "confidence",
    "dtw_cost",
    "closures_expected",
    "closures_seen",
    "dead_air_seconds",
    "overrun_seconds",
    *STEP_COLUMNS,
)
"""Columns of :attr:`ClipReport.details <visalign.reports.clip_report.ClipReport.details>`."""

_TEXTS = ("kind", "label", "phones", "expected", "observed", "verdict")
_SECONDS = ("start", "end", "own_lead_low", "own_lead_high")
_IN_WORDS = ("expected_in_words", "observed_in_words")
_OWN = ("kind", "dtw_cost", "closures_expected", "closures_seen", "dead_air_seconds", "overrun_seconds")
_NUMBERS = tuple(key for key in DETAIL_COLUMNS if key not in _TEXTS)


def detail_frame(parts: Sequence[PartDetails]) -> pd.DataFrame:
    """One row a part; columns are :data:`DETAIL_COLUMNS`."""
    # A third of a second, which whoever looks at no table does not wait for.
    import pandas as pd

    # As objects, since text of pandas' own kind holds no half of a surrogate pair, which a file may spell.
    table = pd.DataFrame([_row(part) for part in parts], columns=list(DETAIL_COLUMNS), dtype=object)
    return table.astype(dict.fromkeys(_NUMBERS, float))


def detail_items(parts: Sequence[PartDetails]) -> list[dict[str, Any]]:
    """Plain data for JSON, a dict a part."""
    return [
        {key: rounded(value) if isinstance(value, float) else value for key, value in _row(part).items()}
        for part in parts
    ]


def _row(part: PartDetails) -> dict[str, Any]:
    values = asdict(part.judged) | {name: getattr(part, name) for name in _OWN}
    return {key: values[key] for key in DETAIL_COLUMNS}


def parse_details(items: Sequence[Mapping[str, Any]] | None) -> tuple[PartDetails, ...] | None:
    """The inverse of :func:`detail_items`; None of None."""
    return None if items is None else tuple(_parse(item) for item in items)


def _parse(item: Mapping[str, Any]) -> PartDetails:
    values: dict[str, Any] = {
        key: item[key] if key in _TEXTS or item.get(key) is not None else math.nan for key in DETAIL_COLUMNS
    }
    own = {name: values.pop(name) for name in _OWN}
    return PartDetails(judged=PartJudgement(**values), **own)


def write_details(parts: Sequence[PartDetails], clip: str, path: AnyPath, names: Mapping[str, str]) -> Path:
    """Write a CSV table, one row a part, whose first column names the clip.

    Its last columns are the visemes, expected and observed, in words (`names`: :attr:`ClipInfo.names
    <visalign.reports.clip_info.ClipInfo.names>`).

    Raises
    ------
    ConfigError
        If the name does not end in .csv.
    OutputError
        If the file can't be written there.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise ConfigError("file of segments", path.name, "a name that ends in .csv")
    header = ("clip", *(f"{key}_seconds" if key in _SECONDS else key for key in DETAIL_COLUMNS), *_IN_WORDS)
    rows = ((clip, *_row(part).values(), *(series(x, names) for x in _visemes(part))) for part in parts)
    return write_text(path, format_table(header, rows))


def _visemes(part: PartDetails) -> tuple[str, str]:
    return part.judged.expected, part.judged.observed
