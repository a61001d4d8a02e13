"""The report of one clip: plain data, its words for people, its forms for programs.

Conventions
-----------
Times are seconds on the clip's clock. ``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips
make it. Every text that shows it says so in words and adds the remedy.

The JSON form (:meth:`ClipReport.to_dict`, described by ``docs/report.schema.json``) holds no date, no folder and no
machine's name, and its numbers are rounded to a microsecond: same inputs, configuration and version give the same
bytes. Missing measures are ``null``. Its ``words`` are all words of the transcript, without the silences between them;
one that was not judged (because it lies outside the analysed frames) has the verdict ``null``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from visalign.dubbing.programme import Dubbing
from visalign.errors import BAD_DATA, AnyPath, ConfigError, ParseError, TimelineError, quoted
from visalign.files.text_files import rounded
from visalign.forced_alignment.alignment import CueTimes
from visalign.lip_reading.score import LipReadingScore
from visalign.registry import find_class
from visalign.reports.clip_info import ClipInfo, ModelInfo, SoundInfo
from visalign.reports.detail_table import detail_frame, detail_items, parse_details, write_details
from visalign.reports.line_table import dubbing_data, gate_in_words, parse_dubbing, write_lines
from visalign.reports.wording import (
    course_in_words,
    fits_nowhere,
    interval_in_words,
    is_open_by,
    lead_in_words,
    lip_reading_in_words,
    own_bias_in_words,
    remedy,
    statement,
    tells_offset,
)
from visalign.sync.drift import OffsetCourse, course_of_words
from visalign.sync.evidence import ClipEvidence
from visalign.sync.scoring import STEP_COLUMNS, PartJudgement, SyncScore
from visalign.sync.segments import PartDetails
from visalign.sync.verdict import Cause, SyncEstimate
from visalign.timeline import Interval, Tier

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEMA_VERSION", "SEGMENT_COLUMNS", "ClipInfo", "ClipReport", "ModelInfo", "SoundInfo"]

SCHEMA_VERSION = 1
"""Version of the JSON form; it grows with every change that could break a reader."""

SEGMENT_COLUMNS = (
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
    *STEP_COLUMNS,
)
"""Columns of :attr:`ClipReport.segments`."""

_TIMES = ("start", "end", "lead_seconds")
_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
_TEXTS = ("phones", "expected", "observed")
_MEASURES = ("viseme_accuracy", "lead_seconds", "score", *STEP_COLUMNS)


# Below this confidence the offset of a clip may be none at all, and so may be how it goes on.
_LEAST_SURE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class ClipReport:
    """All that was found out about one clip.

    Parameters
    ----------
    clip : ClipInfo
    sync : SyncEstimate
        The audio/video offset.
    score : SyncScore
        Counts of what agrees.
    judged_words : tuple of PartJudgement
        The words that were judged; as a table: :attr:`segments`.
    words, phones : Tier
        What is heard. Silence is ``""`` in words and ``"SIL"`` in phones.
    expected_visemes : Tier
        What the lips should show, from the phones.
    observed_visemes : Tier
        What they show, from the picture alone.
    warnings : tuple of str
        What the reader should know before trusting the numbers.
    evidence : ClipEvidence or None
        What it rests on; None in a report that was read from a file, or made without. Not part of the JSON form.
    judged_parts : tuple of PartDetails or None
        Words, phones, phrases and windows with all their measures, where asked for; as a table: :attr:`details`.
    lip_reading : LipReadingScore or None
        How well the words can be read off the lips, where a grammar was given.
    cues : tuple of CueTimes
        The cues of a transcript with times, and where their words were found.
    dubbing : Dubbing or None
        Its lines and what the release gate says of them, where asked for.

    Raises
    ------
    TimelineError
        If a judged word is not a word of `words`.
    """

    clip: ClipInfo
    sync: SyncEstimate
    score: SyncScore
    judged_words: tuple[PartJudgement, ...]
    words: Tier
    phones: Tier
    expected_visemes: Tier
    observed_visemes: Tier
    warnings: tuple[str, ...] = ()
    evidence: ClipEvidence | None = None
    judged_parts: tuple[PartDetails, ...] | None = None
    lip_reading: LipReadingScore | None = None
    cues: tuple[CueTimes, ...] = ()
    dubbing: Dubbing | None = None

    def __post_init__(self) -> None:
        words = {(x.start, x.end, x.label) for x in self.words}
        for one in self.judged_words:
            if (one.start, one.end, one.label) not in words:
                raise TimelineError(f"segment {quoted(one.label)} at {one.start} s is no interval of the words tier")

    def __repr__(self) -> str:
        lead = self.sync.lead_seconds
        told = (
            lead_in_words(lead, self.clip.frame_rate) if lead is not None and tells_offset(self.sync) else "no offset"
        )
        kept = ", with its evidence" * (self.evidence is not None)
        return f"<ClipReport {self.clip.name!r}: {self.sync.verdict}, {told}, {len(self.judged_words)} words{kept}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the verdict, the lead on its scale, and the words."""
        # By its name: what draws reports stands above them.
        draw = find_class({"report": "visalign.reports.html_report.notebook:format_notebook"}, "report", "drawer")
        return str(draw(self))

    def to_frame(self) -> pd.DataFrame:
        """The words, as :attr:`segments`."""
        return self.segments

    @property
    def segments(self) -> pd.DataFrame:
        """A table of the judged words, a row each, made anew at each call; columns are :data:`SEGMENT_COLUMNS`.

        `phones`, `expected` and `observed` are joined by spaces; `viseme_accuracy`, `lead_seconds`, `score`, `in_step`
        and the own lead with its interval may be NaN (:class:`~visalign.sync.scoring.PartJudgement`).
        """
        # A third of a second, which whoever looks at no table does not wait for.
        import pandas as pd

        # As objects, since text of pandas' own kind holds no half of a surrogate pair, which a file may spell.
        rows = [asdict(one) for one in self.judged_words]
        table = pd.DataFrame(rows, columns=list(SEGMENT_COLUMNS), dtype=object)
        return table.astype(dict.fromkeys(("start", "end", *_MEASURES), float))

    @property
    def details(self) -> pd.DataFrame | None:
        """A table of `judged_parts`; columns are :data:`~visalign.reports.detail_table.DETAIL_COLUMNS`."""
        return None if self.judged_parts is None else detail_frame(self.judged_parts)

    def summary(self) -> str:
        """The result in words, a line each: release gate where there is one, headline with remedy, interval and
        confidence, drift or jumps, visemes and words, what can be read off the lips, sound.
        """
        course = self.course()
        lines = [] if self.dubbing is None else [gate_in_words(self.dubbing, self.clip.profile)]
        is_mended = self.passed or self.sync.verdict != "in-sync"  # else the lines hold what there is to fix
        lines += [
            _headline(self.sync, course, self.clip.frame_rate) if is_mended else f"On the whole: {_whole(self.sync)}"
        ]
        lines += [_evidence(self.sync)]
        lines += [] if self.clip.reference is None else [own_bias_in_words(self.clip.reference)]
        is_worth_telling = round(self.sync.confidence, 6) >= _LEAST_SURE and not is_open_by(self.sync)
        is_worth_telling = is_worth_telling and tells_offset(self.sync)
        lines += [course_in_words(course)] if is_worth_telling else []
        read = "" if self.lip_reading is None else lip_reading_in_words(self.lip_reading)
        lines += [_agreement(self.sync, self.score, self.clip), read, _sound(self.clip.sound)]
        return "\n".join(line for line in lines if line)

    def course(self) -> OffsetCourse | None:
        """How the offset goes on along the clip, from its words; None where they are too few, or within 20 s."""
        return course_of_words(*([getattr(x, name) for x in self.judged_words] for name in _TIMES))

    @property
    def passed(self) -> bool:
        """Whether it may go out: by the release gate where there is one, else where its verdict is "in-sync"."""
        if self.dubbing is not None and self.dubbing.gate is not None:
            return self.dubbing.gate.passed
        return self.sync.verdict == "in-sync"

    def worst_segment(self) -> int | None:
        """Row of the word that is least likely well (the first of equals); None where no word has a score."""
        known = [(one.wellness, row) for row, one in enumerate(self.judged_words) if not math.isnan(one.score)]
        return min(known)[1] if known else None

    def lag_percentiles(self) -> dict[str, float] | None:
        """How far the words are from sync, whichever way: p50, p90 and p99 of their absolute leads, seconds.

        None where no word has a lead.
        """
        known = [abs(round(one.lead_seconds, 6)) for one in self.judged_words if not math.isnan(one.lead_seconds)]
        if not known:
            return None
        return {name: float(np.quantile(known, share)) for name, share in _PERCENTILES.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, as ``docs/report.schema.json`` describes it."""
        interval = self.sync.lead_interval
        lines = {} if self.dubbing is None else {"dubbing": dubbing_data(self.dubbing)}
        return lines | {
            "schema_version": SCHEMA_VERSION,
            "clip": self.clip.to_dict(),
            "sync": {
                "lead_seconds": rounded(self.sync.lead_seconds),
                "lead_interval_seconds": None if interval is None else [rounded(x) for x in interval],
                "confidence": rounded(self.sync.confidence),
                "verdict": self.sync.verdict,
                "cause": self.sync.cause,
                "reason": self.sync.reason,
                "lags_seconds": [rounded(x) for x in self.sync.lags],
                "log_likelihoods": [rounded(x) for x in self.sync.log_likelihoods],
            },
            "course": None if (course := self.course()) is None else course.to_dict(),
            "score": {
                "viseme_accuracy": rounded(self.score.viseme_accuracy),
                "proportion_in_sync": rounded(self.score.proportion_in_sync),
                "lag_percentiles_seconds": _rounded_values(self.lag_percentiles()),
                "counts": asdict(self.score),
            },
            "lip_reading": None if self.lip_reading is None else self.lip_reading.to_dict(),
            "cues": [_cue_item(cue) for cue in self.cues],
            "words": _word_items(self.words, self.judged_words),
            "phones": _items(self.phones),
            "expected_visemes": _items(self.expected_visemes),
            "observed_visemes": _items(self.observed_visemes),
            "details": None if self.judged_parts is None else detail_items(self.judged_parts),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ClipReport:
        """The inverse of :meth:`to_dict`.

        Raises
        ------
        ParseError
            If `data` is of another schema version, or a part is missing or malformed.
        """
        version = data.get("schema_version")
        if version != SCHEMA_VERSION:
            reason = f"schema_version is {quoted(version)}, this visalign reads {SCHEMA_VERSION}; run the check again"
            raise ParseError("report", None, reason)
        try:
            return _parse_report(data)
        except BAD_DATA as error:
            raise ParseError("report", None, f"not a visalign report ({error}); run the check again") from error

    def write_details(self, path: AnyPath) -> Path:
        """Write `details` as CSV, whole or not at all (:func:`visalign.reports.detail_table.write_details`)."""
        if self.judged_parts is None:
            raise ConfigError("details", None, "a report that was made with details=(…)")
        return write_details(self.judged_parts, self.clip.name, path, self.clip.names)

    def write_lines(self, path: AnyPath) -> Path:
        """Write the lines of `dubbing` as CSV, whole or not at all (:mod:`visalign.reports.line_table`)."""
        if self.dubbing is None:
            raise ConfigError("lines", None, "a report that was made with lines=True, or by a profile with a gate")
        return write_lines(self.dubbing, path)

    def write(self, path: AnyPath) -> Path:
        """Write the report in the format that the name ends in: .csv, .json, .TextGrid, or .html for the page.

        The file is written whole or not at all. The page shows the clip, so it needs a report of a clip's file, which
        still lies there, with its evidence. :mod:`visalign.reports.writing` says what stands in which.

        Returns
        -------
        Path
            `path`.

        Raises
        ------
        ConfigError
            If the ending is another one, or a page is wanted of lips, or of a report without evidence: one that was
            read from a file, or made by ``visalign.check(…, evidence=False)``.
        MediaError
            If the clip of a page can't be read any more.
        OutputError
            If the file can't be written there.
        """
        # By its name: what writes reports draws pages of them, and so stands above them.
        write = find_class({"report": "visalign.reports.writing:write_report"}, "report", "writer")
        return Path(write(self, path))


def _rounded_values(values: Mapping[str, float] | None) -> dict[str, float | None] | None:
    return None if values is None else {key: rounded(x) for key, x in values.items()}


def _headline(sync: SyncEstimate, course: OffsetCourse | None, rate: Fraction) -> str:
    return f"{statement(sync)} {remedy(sync, course, rate)}".rstrip()


def _whole(sync: SyncEstimate) -> str:
    said = statement(sync)
    return said[:1].lower() + said[1:]


def _evidence(sync: SyncEstimate) -> str:
    if fits_nowhere(sync):
        return ""  # its reason says how sure that is
    interval = interval_in_words(sync)
    return f"95 % interval: {interval}. " * bool(interval) + f"Confidence {round(sync.confidence, 6):.2f}."


def _agreement(sync: SyncEstimate, score: SyncScore, clip: ClipInfo) -> str:
    parts = []
    if score.viseme_accuracy is not None:
        parts.append(f"The lips show an expected viseme in {score.viseme_accuracy:.0%} of the spoken frames")
    if score.proportion_in_sync is not None and not fits_nowhere(sync):
        limits = f"at most {1000 * clip.max_lead_seconds:.0f} ms early or {1000 * clip.max_lag_seconds:.0f} ms late"
        parts.append(f"{score.n_words_in_sync} of {score.n_words} words are in sync ({limits})")
    return "; ".join(parts) + "." if parts else ""


def _sound(sound: SoundInfo | None) -> str:
    if sound is None:
        return ""
    if sound.before is None:
        return f"Sound: {_measured(sound)}."
    return f'Sound: {_measured(sound.before)}; enhanced by "{sound.enhancement}": {_measured(sound)}.'


def _measured(sound: SoundInfo) -> str:
    snr_db, lufs, clipped_part = map(rounded, (sound.snr_db, sound.loudness_lufs, sound.clipped_fraction))
    snr = "noise not measurable" if snr_db is None else f"speech {snr_db:.0f} dB above the pauses"
    level = "" if lufs is None else f", {lufs:.1f} LUFS"
    clipped = f", {clipped_part:.2%} clipped" if clipped_part else ""
    return snr + level + clipped


def _items(tier: Tier) -> list[dict[str, Any]]:
    return [_times(x) | {"score": rounded(x.score)} for x in tier]


def _times(x: Interval) -> dict[str, Any]:
    return {"label": x.label, "start": rounded(x.start), "end": rounded(x.end)}


def _cue_item(cue: CueTimes) -> dict[str, Any]:
    times = {key: rounded(getattr(cue, key)) for key in ("start", "end", "found_start", "found_end")}
    return {"label": cue.text, "speaker": cue.speaker} | times


def _parse_cue(item: Mapping[str, Any]) -> CueTimes:
    found = (item["found_start"], item["found_end"])
    return CueTimes(item["start"], item["end"], item["label"], item["speaker"], *found)


def _word_items(words: Tier, judged: Sequence[PartJudgement]) -> list[dict[str, Any]]:
    known = {(one.start, one.end): one for one in judged}
    return [_word_item(x, known.get((x.start, x.end))) for x in words if x.label]


def _word_item(word: Interval, judged: PartJudgement | None) -> dict[str, Any]:
    item = _times(word) | {"confidence": rounded(word.score)}
    if judged is None:
        return item | dict.fromkeys((*_TEXTS, *_MEASURES, "verdict"))
    measures = {key: rounded(getattr(judged, key)) for key in _MEASURES}
    return item | {key: getattr(judged, key) for key in _TEXTS} | measures | {"verdict": judged.verdict}


def _parse_report(data: Mapping[str, Any]) -> ClipReport:
    sync, words = data["sync"], data["words"]
    interval = sync["lead_interval_seconds"]
    phones = _parse_tier("phones", data["phones"])
    return ClipReport(
        clip=ClipInfo.from_dict(data["clip"]),
        sync=SyncEstimate(
            lead_seconds=sync["lead_seconds"],
            lead_interval=None if interval is None else (interval[0], interval[1]),
            confidence=sync["confidence"],
            verdict=sync["verdict"],
            reason=sync["reason"],
            lags=tuple(sync["lags_seconds"]),
            log_likelihoods=tuple(sync["log_likelihoods"]),
            cause=None if (cause := sync.get("cause")) is None else Cause(cause),
        ),
        score=SyncScore(**data["score"]["counts"]),
        judged_words=tuple(_parse_judged(item) for item in words if item["verdict"] is not None),
        words=Tier.from_intervals("words", _intervals(words, "confidence"), start=phones.start, end=phones.end),
        phones=phones,
        expected_visemes=_parse_tier("expected visemes", data["expected_visemes"]),
        observed_visemes=_parse_tier("observed visemes", data["observed_visemes"]),
        warnings=tuple(data["warnings"]),
        judged_parts=parse_details(data.get("details")),
        lip_reading=None if (read := data.get("lip_reading")) is None else LipReadingScore.from_dict(read),
        cues=tuple(_parse_cue(item) for item in data.get("cues", ())),
        dubbing=parse_dubbing(data.get("dubbing")),
    )


def _parse_judged(item: Mapping[str, Any]) -> PartJudgement:
    texts = {key: item[key] for key in ("label", *_TEXTS, "verdict")}
    measures: dict[str, Any] = {key: _number(item[key]) for key in ("start", "end", *_MEASURES[:3])}
    measures |= {key: _number(item.get(key)) for key in STEP_COLUMNS}  # which earlier versions did not tell
    return PartJudgement(**texts, **measures, confidence=math.nan)  # a report holds it for the parts in detail only


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _parse_tier(name: str, items: Iterable[Mapping[str, Any]]) -> Tier:
    rows = _intervals(items, "score")
    return Tier.from_intervals(name, rows) if rows else Tier(name, (0.0,), ())


def _intervals(items: Iterable[Mapping[str, Any]], score: str) -> list[Interval]:
    return [Interval(x["start"], x["end"], x["label"], x[score]) for x in items]
