"""What the desk answers to each address: JSON, sound and picture. Nothing here knows sockets.

An address below the desk's own is a list of parts. Clips are named by identities that the desk gave out; no part of an
address is ever a path.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from visalign._version import __version__
from visalign.batch.decisions import DECISIONS
from visalign.desk.clip import DeskClip
from visalign.desk.edit_values import parse_edit
from visalign.desk.history import NotNewest
from visalign.desk.views import MediaFile, media_of, peaks, spectrogram, wav_bytes
from visalign.desk.workplace import Desk
from visalign.desk.writing import FORMATS, decisions_file, keep_decisions, write_results
from visalign.errors import BAD_DATA, EditRefused, VisalignError, quoted
from visalign.files.display import one_line
from visalign.reports.palette import DARK, LIGHT
from visalign.visemes.naming import names_of
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["Answer", "answer_get", "answer_post"]

_WHOLE = re.compile(r"[0-9]{1,9}")
_JSON = "application/json; charset=utf-8"
_MOST_VIEWS = 64

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back.

    Parameters
    ----------
    body : bytes
    kind : str
        MIME type.
    code : int
        Of HTTP.
    path : Path or None
        A file in place of the body.
    name : str
        Under which a browser saves it.
    """

    body: bytes = b""
    kind: str = _JSON
    code: int = 200
    path: Path | None = None
    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def _told(data: object, code: int = 200) -> Answer:
    return Answer(json.dumps(data, allow_nan=False, separators=(",", ":")).encode(), code=code)


def _guarded(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except NotNewest as error:
        return _told({"error": str(error), "revision": error.revision}, 409)
    except EditRefused as error:
        return _told({"error": one_line(str(error))}, 400)
    except VisalignError as error:
        return _told({"error": one_line(str(error))}, 422)


def answer_get(desk: Desk, parts: tuple[str, ...], query: Query) -> Answer | None:
    """The answer to a question; None where there is no such address."""
    match parts:
        case ("desk",):
            return _guarded(lambda: _told(_about(desk)))
        case ("queue",):
            return _guarded(lambda: _told(desk.queue(query.get("state", ""), query.get("q", "")[:200])))
        case ("agreement",):
            names = [query[x] for x in ("a", "b") if x in query]
            return _guarded(lambda: _told(desk.agreement(names)))
        case ("clips", id):
            return _guarded(lambda: _told(_state(desk, id)))
        case ("clips", id, what) if what in _VIEWS:
            return _guarded(lambda: _VIEWS[what](desk.clip(id), query))
        case (name,) if name.startswith("decisions."):
            return _guarded(lambda: _decisions(desk, name.removeprefix("decisions.")))
    return None


def answer_post(desk: Desk, parts: tuple[str, ...], body: bytes) -> Answer | None:
    """The answer to a change; None where there is no such address."""
    match parts:
        case ("clips", id, what) if what in _CHANGES:

            def change() -> Answer:
                try:
                    data = json.loads(body)
                except (*BAD_DATA, UnicodeDecodeError) as error:
                    raise EditRefused("what was sent is no JSON") from error
                if not isinstance(data, dict):
                    raise EditRefused("what was sent is no JSON object")
                return _told(_CHANGES[what](desk, id, data))

            return _guarded(change)
    return None


# --- questions ----------------------------------------------------------------------------------------------------


def _about(desk: Desk) -> dict[str, Any]:
    first = next(iter(desk.materials.values()), None)
    named = None if first is None else first.viseme_map or first.settings.sync.viseme_map
    visemes = {} if named is None else dict(names_of(VisemeMap.load(named)))
    return {
        "version": __version__,
        "mode": desk.mode,
        "who": desk.who,
        "palette": {"light": dict(LIGHT), "dark": dict(DARK)},
        "viseme_names": visemes,
        "decisions": list(DECISIONS),
        "formats": list(FORMATS),
        "frame_rate": None,
    }


def _state(desk: Desk, id: str) -> dict[str, Any]:
    clip = desk.clip(id)
    media = _media(clip)
    picture = None if media.picture is None else list(media.picture)
    return {
        **clip.state(),
        "decisions": desk.decisions_about(clip.opened.material),
        "media": {"is_copy": media.path is None, "picture": picture},
    }


def _media(clip: DeskClip) -> MediaFile:
    with clip.lock:
        if "media" not in clip.views:
            clip.views["media"] = media_of(clip.opened)
        found: MediaFile = clip.views["media"]
        return found


def _media_answer(clip: DeskClip, _query: Query) -> Answer:
    media = _media(clip)
    return Answer(media.data, media.kind, path=media.path)


def _sound(clip: DeskClip, _query: Query) -> Answer:
    return Answer(_kept(clip, "sound", lambda: wav_bytes(clip.opened.heard.recorded)), "audio/wav")


def _waveform(clip: DeskClip, query: Query) -> Answer:
    start, end = _span(clip, query)
    return _told(peaks(clip.opened.heard.recorded, start, end, _whole(query, "n", 1000)).to_dict())


def _spectrogram(clip: DeskClip, query: Query) -> Answer:
    start, end = _span(clip, query)
    size = (_whole(query, "w", 1024), _whole(query, "h", 128))
    name = f"spectrogram {start} {end} {size}"
    return Answer(_kept(clip, name, lambda: spectrogram(clip.opened.heard.recorded, start, end, *size)), "image/png")


def _kept(clip: DeskClip, name: str, make: Callable[[], bytes]) -> bytes:
    with clip.lock:
        found = clip.views.get(name)
    if found is None:
        found = make()
        with clip.lock:
            while len(clip.views) >= _MOST_VIEWS:
                clip.views.pop(next(x for x in clip.views if x not in ("media", "sound")))
            clip.views[name] = found
    return bytes(found)


def _span(clip: DeskClip, query: Query) -> tuple[float, float]:
    return _seconds(query, "from", 0.0), _seconds(query, "to", clip.document.duration)


def _seconds(query: Query, name: str, usual: float) -> float:
    try:
        found = float(query.get(name, usual))
    except ValueError as error:
        raise EditRefused(f"{name} is a time in seconds, not {quoted(query[name])}") from error
    if not math.isfinite(found):
        raise EditRefused(f"{name} is a time in seconds, not {quoted(query[name])}")
    return found


def _whole(query: Query, name: str, usual: int) -> int:
    text = query.get(name, str(usual))
    if not _WHOLE.fullmatch(text):
        raise EditRefused(f"{name} is a whole number, not {quoted(text)}")
    return int(text)


def _decisions(desk: Desk, format: str) -> Answer:
    made = decisions_file(desk, format)
    return Answer(made.data, made.kind, name=made.name)


_VIEWS: Mapping[str, Callable[[DeskClip, Query], Answer]] = {
    "media": _media_answer,
    "sound.wav": _sound,
    "waveform": _waveform,
    "spectrogram.png": _spectrogram,
}


# --- changes ------------------------------------------------------------------------------------------------------


def _edit(desk: Desk, id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return desk.clip(id).edit(parse_edit(data.get("edit")), _revision(data), desk.who)


def _undo(desk: Desk, id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return desk.clip(id).undo(_revision(data), desk.who)


def _redo(desk: Desk, id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return desk.clip(id).redo(_revision(data), desk.who)


def _revision(data: Mapping[str, Any]) -> int:
    found = data.get("revision")
    if isinstance(found, bool) or not isinstance(found, int):
        raise EditRefused("an edit says on which revision it rests")
    return found


def _decide(desk: Desk, id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    line, decision, comment = data.get("line"), data.get("decision"), data.get("comment", "")
    if line is not None and (isinstance(line, bool) or not isinstance(line, int)):
        raise EditRefused("line is the identity of a line, or null for the clip")
    if not isinstance(decision, str) or not isinstance(comment, str):
        raise EditRefused("decision and comment are texts")
    return {"decisions": desk.decide(id, line, decision, comment), "message": keep_decisions(desk)}


def _write(desk: Desk, id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    formats = data.get("formats")
    if not isinstance(formats, list) or not all(isinstance(x, str) and x in FORMATS for x in formats):
        raise EditRefused(f"formats are some of {', '.join(FORMATS)}")
    return {"files": [str(path) for path in write_results(desk, id, tuple(dict.fromkeys(formats)))]}


_CHANGES: Mapping[str, Callable[[Desk, str, Mapping[str, Any]], dict[str, Any]]] = {
    "edits": _edit,
    "undo": _undo,
    "redo": _redo,
    "decide": _decide,
    "write": _write,
}
