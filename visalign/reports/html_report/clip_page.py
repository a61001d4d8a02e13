"""The page of one clip: verdict, player, tracks, words, in one file that opens offline.

The verdict, the weakest words and the table are markup, so that they can be read, printed and listened to without a
script; the scripts add the player.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from visalign.errors import AnyPath, ConfigError
from visalign.files.outputs import whole_file
from visalign.files.text_files import write_text
from visalign.media.clips import read_audio
from visalign.media.viewing_copy import ViewingCopy, make_viewing_copy
from visalign.reports.clip_report import ClipReport
from visalign.reports.html_report.clip_data import clip_data, openness, spectrum_data, weakest_words
from visalign.reports.html_report.document import as_data_script, data_uri, format_document, text
from visalign.reports.html_report.lead_scale import lead_scale
from visalign.reports.wording import (
    certainty,
    in_short,
    interval_in_words,
    is_open_by,
    lead_in_words,
    lip_reading_in_words,
    remedy,
    statement,
)
from visalign.signals import Audio
from visalign.sync.evidence import ClipEvidence
from visalign.sync.verdict import Cause

__all__ = ["clip_page", "format_clip_page", "write_clip_page"]

_STYLES = ("page.css", "clip.css")
_SCRIPTS = ("numbers.js", "mouth.js", "player.js", "tracks.js", "theme.js", "clip.js")
_SOUND_HZ = 32000  # enough for speech, and a rate that AAC has

KINDS = {
    "in-sync": "In sync",
    "audio-early": "Out of sync: audio early",
    "audio-late": "Out of sync: audio late",
    "mismatched": "Mismatched",
    "uncertain": "Uncertain",
}
"""Verdicts as people say them."""


def write_clip_page(
    path: AnyPath,
    report: ClipReport,
    clip: AnyPath,
    *,
    audio: Audio | AnyPath | None = None,
    picture: AnyPath | None = None,
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
    page, thumbnail = _made(report, clip, audio)
    if picture is not None:
        with whole_file(picture) as draft:
            draft.write_bytes(thumbnail)
    return write_text(path, page)


def clip_page(report: ClipReport, clip: AnyPath, *, audio: Audio | AnyPath | None = None) -> str:
    """The page as text; parameters and errors are those of :func:`write_clip_page`."""
    return _made(report, clip, audio)[0]


def _made(report: ClipReport, clip: AnyPath, audio: Audio | AnyPath | None) -> tuple[str, bytes]:
    """The page and the small picture."""
    evidence = _evidence_of(report)
    sound = audio if isinstance(audio, Audio) else read_audio(clip if audio is None else audio, _SOUND_HZ)
    frames = [_telling_frame(report, evidence, row) for row in weakest_words(report)]
    track = report.clip.video_track
    copy = make_viewing_copy(clip, evidence.times, evidence.mouth, sound, stills=frames, track=track)
    return format_clip_page(report, copy, sound), copy.thumbnail


def _evidence_of(report: ClipReport) -> ClipEvidence:
    if report.evidence is None:
        raise ConfigError("evidence", None, "a report with its evidence: visalign.check(…, evidence=True)")
    return report.evidence


def format_clip_page(report: ClipReport, copy: ViewingCopy, sound: Audio) -> str:
    """The page of a report, from a viewing copy that was made before and the sound that goes with it."""
    evidence, rows = _evidence_of(report), weakest_words(report)
    frames = [_telling_frame(report, evidence, row) for row in rows]
    data = clip_data(report, evidence, copy, sound) | {"weakest": rows}
    values = {
        "title": text(f"{report.clip.name}: {statement(report.sync)}"),
        "name": text(report.clip.name),
        **_verdict(report),
        "scale": lead_scale(report, evidence),
        "weakest": _weakest(report, rows, frames, copy),
        "table": _table(report),
        "details": _details(report),
        "data": as_data_script("clip-data", data),
        "spectrum": as_data_script("clip-spectrum", spectrum_data(sound)),
        "video": f'<script type="text/plain" id="clip-video">{data_uri(copy.data, "").partition(",")[2]}</script>',
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
    sync = report.sync
    known = {"in-sync": "in-sync", "uncertain": "uncertain"}
    parts = [_sentence(sync.reason), *_how_sure(report), _agreeing(report), _readable(report)]
    warnings = "".join(f'<p class="warning">Note: {text(warning)}.</p>' for warning in report.warnings)
    return {
        "verdict_class": known.get(sync.verdict, "fault"),
        "kind": text(KINDS[sync.verdict]),
        "statement": text(_short(report)),
        "remedy": text(remedy(sync, report.course())),
        "sure": text(". ".join(part for part in parts if part) + "."),
        "warnings": warnings,
    }


def _short(report: ClipReport) -> str:
    """The statement without its reason and without the verdict, which stand above and below the headline."""
    sync = report.sync
    if is_open_by(sync):
        return "The sound drifts." if sync.cause is Cause.DRIFT else "The offset jumps."
    if sync.verdict == "uncertain" and sync.lead_seconds is not None:
        return "No offset stands out."
    return f"{_sentence(in_short(sync))}."


def _how_sure(report: ClipReport) -> list[str]:
    sync = report.sync
    interval = interval_in_words(sync)
    if sync.verdict == "mismatched":
        return []  # its reason says how sure that is; an offset of what does not belong together says nothing
    return [certainty(sync), f"95 % interval {interval}" if interval else ""]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".")


def _agreeing(report: ClipReport) -> str:
    score = report.score
    return f"{score.n_words_in_sync} of {score.n_words} words are in sync as they are" if score.n_words else ""


def _readable(report: ClipReport) -> str:
    return "" if report.lip_reading is None else lip_reading_in_words(report.lip_reading).rstrip(".")


def _weakest(report: ClipReport, rows: Sequence[int], frames: Sequence[int], copy: ViewingCopy) -> str:
    cards = [_card(report, row, frame, copy) for row, frame in zip(rows, frames, strict=True) if frame in copy.stills]
    if not cards:
        return ""
    heading = f"The {('weakest word', 'two weakest words', 'three weakest words')[len(cards) - 1]}"
    listed = f'<ol class="weakest">{"".join(cards)}</ol>'
    return f'<section aria-labelledby="weakest-heading"><h2 id="weakest-heading">{heading}</h2>{listed}</section>'


def _card(report: ClipReport, row: int, frame: int, copy: ViewingCopy) -> str:
    word = report.segments.iloc[row]
    label = text(word["label"])
    return (
        f'<li><div class="pair"><figure><img src="{data_uri(copy.stills[frame], "image/jpeg")}" '
        f'alt="The mouth while “{label}” is heard"><figcaption>seen</figcaption></figure>'
        f'<figure><canvas data-frame="{frame}" width="384" height="288" role="img" '
        f'aria-label="The mouth that goes with it"></canvas>'
        '<figcaption class="heard">expected</figcaption></figure></div>'
        f'<div class="caption"><bdi class="word">{label}</bdi><span class="what">{text(_what(word))}</span>'
        f'<button type="button" data-play="{row}" aria-label="Play “{label}”">Play</button></div></li>'
    )


def _what(word: pd.Series[Any]) -> str:
    place = f"at {word['start']:.2f} s"
    if word["verdict"] in ("audio-early", "audio-late") and not pd.isna(word["lead_seconds"]):
        return f"{lead_in_words(word['lead_seconds'])}, {place}"
    return f"{KINDS[word['verdict']].lower()}, {place}"


_HEADER = (
    ("", ""),
    ("Word", ""),
    ("From", "number"),
    ("To", "number"),
    ("Verdict", ""),
    ("Audio", "number"),
    ("Score", "number"),
    ("Visemes right", "number"),
    ("Phones", ""),
    ("Visemes expected", ""),
    ("Visemes seen", ""),
)


def _table(report: ClipReport) -> str:
    if report.segments.empty:
        return '<p class="note">No words were judged: there is no transcript, or their lips were not seen.</p>'
    head = "".join(
        f'<th scope="col" class="{kind}">{name or "<span class=skip>Play</span>"}</th>' for name, kind in _HEADER
    )
    body = "".join(_table_row(index, word) for index, word in enumerate(report.segments.to_dict("records")))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="words-table" tabindex="0" role="region" aria-labelledby="words-heading">{table}</div>'


def _table_row(index: int, word: dict[Any, Any]) -> str:
    label, verdict = text(word["label"]), word["verdict"]
    lead = "–" if pd.isna(word["lead_seconds"]) else lead_in_words(word["lead_seconds"])
    cells = (
        f'<td><button type="button" data-play="{index}" aria-label="Play “{label}”">▸</button></td>'
        f'<td class="label"><bdi>{label}</bdi></td>'
        f'<td class="number">{word["start"]:.2f}</td><td class="number">{word["end"]:.2f}</td>'
        f'<td><span class="tag {text(verdict)}">{text(KINDS[verdict].removeprefix("Out of sync: "))}</span></td>'
        f'<td class="number">{text(lead)}</td>'
        f'<td class="number">{_number(word["score"], ".2f")}</td>'
        f'<td class="number">{_number(word["viseme_accuracy"], ".0%")}</td>'
    )
    visemes = "".join(f'<td class="visemes">{text(word[key])}</td>' for key in ("phones", "expected", "observed"))
    return f'<tr data-row="{index}">{cells}{visemes}</tr>'


def _number(value: float, form: str) -> str:
    return "–" if pd.isna(value) else format(value, form)


def _which(n_faces: int) -> str:
    return f"; there are {n_faces}, and the frame in the picture is around the mouth that is judged" * (n_faces > 1)


_STRICTLY = "; strict: with the whole 95 % interval"


def _details(report: ClipReport) -> str:
    clip = report.clip
    limits = f"at most {1000 * clip.max_lead_seconds:.0f} ms early or {1000 * clip.max_lag_seconds:.0f} ms late"
    facts = {
        "Result": " ".join(report.summary().splitlines()),
        "Clip": f"{clip.name}, {clip.duration:.2f} s, {clip.n_frames} frames, {float(clip.frame_rate):.3f} a second",
        "Sound": clip.audio or "the clip's own",
        "Faces": f"found in {clip.face_fraction:.0%} of the frames" + _which(len(clip.faces)),
        "Transcript": clip.transcript if clip.transcript is not None else "none; the phones were recognised",
        "In sync means": f"{limits} (profile {clip.profile}{_STRICTLY * clip.strict})",
        "Phones found by": clip.aligner,
        "Viseme map": f"{clip.viseme_map} (silence is {clip.silence_viseme})",
        "Models": "; ".join(f"{model.name} ({model.licence})" for model in clip.models),
        "visalign": clip.version,
    }
    items = "".join(f"<dt>{text(name)}</dt><dd dir=auto>{text(value)}</dd>" for name, value in facts.items() if value)
    return f"<dl>{items}</dl>"
