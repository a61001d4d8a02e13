"""Correct a clip's offset: measure, move the sound, measure the result.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads. The remedy is a delay of the same size: a correction's delay IS the
measured lead, with its sign. A test holds this for both signs, with a click and a flash.

What is refused, unless forced: a clip whose verdict is "in-sync" (nothing to do), "uncertain" or "mismatched" (nothing

"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visalign.correct.correction import Correction, correction_name, file_digest
from visalign.errors import AnyPath, CorrectionRefused, MediaError
from visalign.files.inputs import file_states, refuse_changed
from visalign.files.outputs import check_output, refuse_existing, whole_file
from visalign.files.text_files import format_json, rounded
from visalign.media.remux import CONTAINERS, Piece, container_for
from visalign.reports.clip_report import ClipReport
from visalign.reports.wording import mode_of_fix
from visalign.sync.drift import Drift, find_drift, find_jumps

__all__ = ["Fixed", "fix", "fixed_name", "plan_correction"]

Measure = Callable[[Path], ClipReport]

_MOVED_VERDICTS = ("audio-early", "audio-late")
# A drift below this is a millisecond in a minute: less than any clip is long enough to show.
_LEAST_RATE = 1.7e-5


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """What was done.

    Parameters
    ----------
    correction : Correction
        The change, also written beside the new file.
    written : tuple of Path
        The corrected clip, and its correction as JSON.
    before, after : ClipReport
        The measurements of both files.
    left_out : tuple of str
        Data streams that the new file's container can't hold.
    """

    correction: Correction
    written: tuple[Path, ...]
    before: ClipReport
    after: ClipReport
    left_out: tuple[str, ...] = ()

    @property
    def is_better(self) -> bool:
        """Whether the new file's offset is smaller, or within the limits."""
        old, new = self.before.sync.lead_seconds, self.after.sync.lead_seconds
        if self.after.sync.verdict == "in-sync":
            return True
        return new is not None and old is not None and abs(new) < abs(old)


def fix(
    source: AnyPath,
    target: AnyPath,
    measure: Measure,
    *,
    mode: str = "copy",
    track: int | None = None,
    force: bool = False,
    overwrite: bool = False,
) -> Fixed:
    """Measure a clip's offset, write a corrected copy, and measure that again.

    Parameters
    ----------
    source : path-like
        The clip; it is not changed.
    target : path-like
        The new file; its correction goes beside it as ``….visalign.json``.
    measure : callable
        Takes a path and returns its report, as :func:`visalign.check` does.
    mode : str
        ``copy``, ``pad``, ``drift`` or ``pieces``.
    track : int, optional
        The audio stream, as :func:`~visalign.media.clips.probe` lists it.
    force : bool
        Correct by the best estimate, whatever the verdict.
    overwrite : bool
        Files of these names may be replaced; the clip itself never is.

    Returns
    -------
    Fixed

    Raises
    ------
    CorrectionRefused
        If there is nothing to correct, or it is not certain.
    KeptFile
        If one of the new files exists, and nobody said that it may be replaced.
    OutputError
        If `target` is the clip itself, or can't be written.
    InputError
        If the clip can't be analysed.
    """
    refuse_target(target, source, overwrite=overwrite)
    before = measure(Path(source))
    correction = plan_correction(source, before, mode=mode, track=track, force=force)
    states, written = file_states(source), (Path(target), correction_name(target))
    # The protocol's draft first: a disk that has no room for it shall not be left with a clip that has none.
    with whole_file(written[1]) as draft:
        draft.write_text(format_json(correction.to_dict()), encoding="utf-8")
        left_out = correction.apply(source, target)
        try:
            refuse_changed(states)
        except MediaError:
            written[0].unlink(missing_ok=True)
            raise
    return Fixed(correction, written, before, measure(Path(target)), left_out)


def plan_correction(
    source: AnyPath, report: ClipReport, *, mode: str = "copy", track: int | None = None, force: bool = False
) -> Correction:
    """The correction that a report asks for.

    Parameters and errors are those of :func:`fix`.
    """
    if not force:
        _refuse_verdict(source, report, mode)
    if report.sync.lead_seconds is None:
        # Even a forced correction needs a number.
        raise CorrectionRefused(source, f"no offset could be measured: {report.sync.reason}", report.sync.verdict)
    pieces, evidence = _pieces(source, report, mode, force)
    return Correction(Path(source).name, file_digest(source), mode, pieces, track, {**_measured(report), **evidence})


def refuse_target(target: AnyPath, source: AnyPath, *, overwrite: bool) -> None:
    """Refuse a new file before any work; errors are those of :func:`fix`, and ConfigError for files of another kind."""
    container_for(target)
    refuse_existing(target, correction_name(target), overwrite=overwrite)
    check_output(target, suffixes=(Path(target).suffix,), inputs=(source,), overwrite=True)


def fixed_name(source: AnyPath) -> Path:
    """The name of the corrected clip where none is given: ``clip.mp4`` → ``clip.fixed.mp4``."""
    source = Path(source)
    suffix = source.suffix if source.suffix.lower() in CONTAINERS else ".mkv"
    return source.with_name(f"{source.stem}.fixed{suffix}")


def _refuse_verdict(source: AnyPath, report: ClipReport, mode: str) -> None:
    sync = report.sync
    if sync.verdict == "in-sync" and mode in ("copy", "pad"):
        raise CorrectionRefused(source, "it is in sync already", sync.verdict)
    if sync.verdict not in (*_MOVED_VERDICTS, "in-sync"):
        because = f" ({sync.reason})" if sync.reason else ""
        # A clip with several offsets has no single one to be certain of.
        if mode in ("copy", "pad") or sync.lead_seconds is None:
            raise CorrectionRefused(
                source, f"the verdict is {sync.verdict}{because}{_better_mode(report)}", sync.verdict
            )


def _better_mode(report: ClipReport) -> str:
    mode = "" if report.sync.verdict == "mismatched" else mode_of_fix(report.course())
    return mode and f"; --mode {mode} gives each part what it needs"


def _pieces(source: AnyPath, report: ClipReport, mode: str, force: bool) -> tuple[tuple[Piece, ...], dict[str, Any]]:
    if mode == "drift":
        return _drift_piece(source, report, force)
    if mode == "pieces":
        return _jump_pieces(source, report, force)
    return (Piece(0.0, float(report.sync.lead_seconds or 0.0)),), {}


def _word_leads(report: ClipReport) -> tuple[list[float], list[float]]:
    rows = report.segments
    middles = (rows["start"] + rows["end"]) / 2
    return [float(t) for t in middles], [float("nan") if x is None else float(x) for x in rows["lead_seconds"]]


def _drift_piece(source: AnyPath, report: ClipReport, force: bool) -> tuple[tuple[Piece, ...], dict[str, Any]]:
    drift = find_drift(*_word_leads(report))
    if drift is None:
        raise CorrectionRefused(source, "too few words have an offset of their own to tell a drift", "uncertain")
    if not force and (not drift.is_certain or abs(drift.rate) < _LEAST_RATE):
        raise CorrectionRefused(source, f"no certain drift: {_drift_in_words(drift)}", "uncertain")
    # A word heard at t is to be heard at t + lead(t): a delay at 0 and a stretch from there on.
    return (Piece(0.0, drift.lead_at_start, 1.0 + drift.rate),), {
        "drift_ms_per_minute": rounded(60_000 * drift.rate),
        "drift_interval_ms_per_minute": [rounded(60_000 * x) for x in drift.rate_interval],
        "n_words": drift.n_words,
    }


def _drift_in_words(drift: Drift) -> str:
    low, high = (60_000 * x for x in drift.rate_interval)
    return f"{60_000 * drift.rate:+.1f} ms a minute, 95 % interval {low:+.1f} to {high:+.1f}"


def _jump_pieces(source: AnyPath, report: ClipReport, force: bool) -> tuple[tuple[Piece, ...], dict[str, Any]]:
    found = find_jumps(*_word_leads(report))
    if not found:
        raise CorrectionRefused(source, "no word has an offset of its own", "uncertain")
    if len(found) == 1 and not force:
        raise CorrectionRefused(source, "its offset does not jump; use --mode copy", report.sync.verdict)
    pieces = tuple(Piece(_between_words(report, x.start), x.lead_seconds) for x in found)
    return pieces, {"n_words": [x.n_words for x in found]}


def _between_words(report: ClipReport, time: float) -> float:
    """The middle of the pause at `time` between the middles of two words: a cut should not go through a word."""
    rows = report.segments
    middles = (rows["start"] + rows["end"]) / 2
    before, after = rows[middles < time], rows[middles >= time]
    return float((before["end"].max() + after["start"].min()) / 2) if len(before) and len(after) else 0.0


def _measured(report: ClipReport) -> dict[str, Any]:
    sync = report.sync
    interval = None if sync.lead_interval is None else [rounded(x) for x in sync.lead_interval]
    return {
        "lead_seconds": rounded(sync.lead_seconds),
        "lead_interval_seconds": interval,
        "confidence": rounded(sync.confidence),
        "verdict": sync.verdict,
    }
