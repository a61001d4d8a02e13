"""The page of one clip: verdict, player, tracks, words, in one file that opens offline.

The verdict, the weakest words and the table are markup, so that they can be read, printed and listened to without a
script; the scripts add the player.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from visalign.errors import AnyPath, ConfigError
from visalign.files.outputs import whole_file
from visalign.files.text_files import write_text
from visalign.media.clips import read_audio
from visalign.media.viewing_copy import ViewingCopy, make_viewing_copy
from visalign.reports.clip_info import ClipInfo
from visalign.reports.clip_report import ClipReport
from visalign.reports.html_report.clip_data import clip_data, openness, spectrum_data, weakest_words
from visalign.reports.html_report.document import as_data_script, data_script, data_uri, format_document
from visalign.reports.html_report.lead_scale import lead_scale
from visalign.reports.html_report.line_rows import gate_verdict, line_section
from visalign.reports.html_report.word_rows import word_rows
from visalign.reports.wording import (
    certainty,
    fits_nowhere,
    headline,
    interval_in_words,
    lead_in_words,
    lip_reading_in_words,
    own_bias_in_words,
    remedy,
    statement,
    tells_offset,
    verdict_in_words,
    word_as_told,
)
from visalign.signals import Audio
from visalign.sync.evidence import ClipEvidence
from visalign.sync.scoring import PartJudgement
from visalign.sync.verdict import SyncEstimate
from visalign.visemes.naming import named

__all__ = ["clip_page", "format_clip_page", "write_clip_page"]

_STYLES = ("page.css", "verdict.css", "clip.css")
_SCRIPTS = ("words.js", "numbers.js", "mouth.js", "player.js", "sound.js", "tracks.js", "theme.js", "clip.js")
_SOUND_HZ = 32000  # enough for speech, and a rate that AAC has

_TAGS: Mapping[str, str] = MappingProxyType(
    {
        "audio-early": "Out of sync",
        "audio-late": "Out of sync",
        "mismatched": "Mismatched",
        "uncertain": "Uncertain",
    }
)


def write_clip_page(
    path: AnyPath,
    report: ClipReport,
    clip: AnyPath,
    *,
    audio: Audio | AnyPath | None = None,
    picture: AnyPath | None = None,
    back: str | None = None,
) -> Path:
    """Write the page of a report, whole or not at all.

    Parameters
    ----------
    path : path-like
        The HTML file.
    report : ClipReport
        With its evidence: ``visalign.check(…, evidence=True)``.
    clip : path-like
        The video that was checked; a small copy of it becomes part of the page.
    audio : Audio or path-like, optional
        The sound that was checked in place of the clip's own.
    picture : path-like, optional
        Where a small picture of the clip goes, JPEG, for lists.
    back : str, optional
        Address of the list that the page belongs to, from where the page lies.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    ConfigError
        If the report has no evidence.
    MediaError, MissingStream
        If the clip can't be read.
    OutputError
        If the page can't be written there.
    """
    page, thumbnail = _made(report, clip, audio, back)
    if picture is not None:
        with whole_file(picture) as draft:
            draft.write_bytes(thumbnail)
    return write_text(path, page)


def clip_page(report: ClipReport, clip: AnyPath, *, audio: Audio | AnyPath | None = None) -> str:
    """The page as text; parameters and errors are those of :func:`write_clip_page`."""
    return _made(report, clip, audio)[0]


def _made(
    report: ClipReport, clip: AnyPath, audio: Audio | AnyPath | None, back: str | None = None
) -> tuple[str, bytes]:
    """The page and the small picture."""
    evidence = _evidence_of(report)
    sound = audio if isinstance(audio, Audio) else read_audio(clip if audio is None else audio, _SOUND_HZ)
    frames = [_telling_frame(report, evidence, row) for row in weakest_words(report)]
    track = report.clip.video_track
    copy = make_viewing_copy(clip, evidence.times, evidence.mouth, sound, stills=frames, track=track)
    return format_clip_page(report, copy, sound, back), copy.thumbnail


def _evidence_of(report: ClipReport) -> ClipEvidence:
    if report.evidence is None:
        raise ConfigError("evidence", None, "a report with its evidence: visalign.check(…, evidence=True)")
    return report.evidence


def format_clip_page(report: ClipReport, copy: ViewingCopy, sound: Audio, back: str | None = None) -> str:
    """The page of a report, from a viewing copy that was made before and the sound that goes with it."""
    evidence, rows = _evidence_of(report), weakest_words(report)
    frames = [_telling_frame(report, evidence, row) for row in rows]
    data = clip_data(report, evidence, copy, sound) | {"weakest": rows}
    values = {
        "title": f"{report.clip.name}: {statement(report.sync)}",
        "name": report.clip.name,
        "back": back,
        "verdict": _verdict(report),
        "warnings": report.warnings,
        "tells_offset": tells_offset(report.sync),
        "scale": lead_scale(report, evidence),
        "lines": line_section(report),
        "weakest": _weakest(report, rows, frames, copy),
        "words": word_rows(report),
        "facts": _facts(report),
        "shapes": _shapes(report),
        "data": as_data_script("clip-data", data),
        "spectrum": as_data_script("clip-spectrum", spectrum_data(sound)),
        "video": data_script("clip-video", data_uri(copy.data, "").partition(",")[2]),
    }
    return format_document("clip.html", _STYLES, _SCRIPTS, values)


def _telling_frame(report: ClipReport, evidence: ClipEvidence, row: int) -> int:
    """The frame, while a word is heard, whose lips differ most from the expected ones."""
    word = report.segments.iloc[row]
    observed, expected = openness(evidence)
    heard = np.interp(evidence.centres + (report.sync.lead_seconds or 0.0), evidence.centres, expected)
    during = (evidence.centres >= word["start"]) & (evidence.centres < word["end"])
    difference = np.where(during, np.nan_to_num(np.abs(observed - heard)), -1.0)
    return int(difference.argmax())


def _verdict(report: ClipReport) -> dict[str, str]:
    sync, clip = report.sync, report.clip
    if (gated := gate_verdict(report)) is not None:
        return gated
    known = {"in-sync": "in-sync", "uncertain": "uncertain"}
    parts = [_sentence(sync.reason), *_how_sure(sync), _agreeing(report), _readable(report)]
    small = sync.verdict == "in-sync" and sync.lead_seconds is not None
    return {
        "kind": known.get(sync.verdict, "fault"),
        "tag": _TAGS.get(sync.verdict, f"Within {clip.profile}: {_limits(clip)}"),
        "headline": headline(sync),
        "offset": f"The audio is {lead_in_words(sync.lead_seconds or 0.0, clip.frame_rate)}." if small else "",
        "remedy": remedy(sync, report.course(), clip.frame_rate),
        "sure": ". ".join(part for part in parts if part) + ".",
    }


def _how_sure(sync: SyncEstimate) -> list[str]:
    if fits_nowhere(sync):
        return []  # its reason says how sure that is; an offset of what does not belong together says nothing
    interval = interval_in_words(sync)
    return [certainty(sync), f"95 % interval {interval}" if interval else ""]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".")


def _agreeing(report: ClipReport) -> str:
    score = report.score
    if not score.n_words or fits_nowhere(report.sync):
        return ""
    return f"{score.n_words_in_sync} of {score.n_words} words are in sync as they are"


def _readable(report: ClipReport) -> str:
    return "" if report.lip_reading is None else lip_reading_in_words(report.lip_reading).rstrip(".")


def _weakest(
    report: ClipReport, rows: Sequence[int], frames: Sequence[int], copy: ViewingCopy
) -> list[dict[str, object]]:
    return [
        {
            "label": report.judged_words[row].label,
            "what": _what(report, report.judged_words[row]),
            "still": data_uri(copy.stills[frame], "image/jpeg"),
            "frame": frame,
            "row": row,
        }
        for row, frame in zip(rows, frames, strict=True)
        if frame in copy.stills
    ]


def _what(report: ClipReport, word: PartJudgement) -> str:
    verdict, lead = word_as_told(report.sync, word.verdict, word.told_lead_seconds)
    place = f"at {word.start:.2f} s"
    if verdict in ("audio-early", "audio-late") and lead is not None:
        return f"{lead_in_words(lead, report.clip.frame_rate)}, {place}"
    return f"{verdict_in_words(verdict).lower()}, {place}"


def _which(n_faces: int) -> str:
    return f"; there are {n_faces}, and the frame in the picture is around the mouth that is judged" * (n_faces > 1)


def _limits(clip: ClipInfo) -> str:
    return f"at most {1000 * clip.max_lead_seconds:.0f} ms early or {1000 * clip.max_lag_seconds:.0f} ms late"


_STRICTLY = "; strict: with the whole 95 % interval"


def _facts(report: ClipReport) -> dict[str, str]:
    clip = report.clip
    return {
        "Result": " ".join(report.summary().splitlines()),
        "Clip": f"{clip.name}, {clip.duration:.2f} s, {clip.n_frames} frames, {float(clip.frame_rate):.3f} a second",
        "Sound": clip.audio or "the clip's own",
        "Faces": f"found in {clip.face_fraction:.0%} of the frames" + _which(len(clip.faces)),
        "Transcript": clip.transcript if clip.transcript is not None else "none; the phones were recognised",
        "In sync means": f"{_limits(clip)} (profile {clip.profile}{_STRICTLY * clip.strict})",
        "Speaker and camera": _own_bias(report),
        "Phones found by": clip.aligner,
        "Viseme map": f"{clip.viseme_map} (silence is {clip.silence_viseme})",
        "Models": "; ".join(f"{model.name} ({model.licence})" for model in clip.models),
        "visalign": clip.version,
    }


def _own_bias(report: ClipReport) -> str:
    if report.clip.reference is not None:
        return own_bias_in_words(report.clip.reference)
    comparison = _evidence_of(report).comparison
    if comparison is None:
        return ""
    scatter = 1000 * comparison.calibration.lag_scatter
    return (
        f"their own bias is not known; it lies {2 * scatter:.0f} ms to either side in 19 of 20 (which the interval "
        "holds), and a clip in sync as the reference (--reference) tells it"
    )


def _shapes(report: ClipReport) -> dict[str, str]:
    """Letters of the map and what they mean, as far as its words are known and are not the letters themselves."""
    return {letter: words for letter, words in report.clip.names.items() if named(letter, report.clip.names) != letter}
