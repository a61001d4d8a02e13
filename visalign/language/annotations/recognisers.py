"""JSON of speech recognisers and of aligners that build on them: Whisper and its kin, WhisperX, Vosk, gentle, aeneas.

====================  =====================================================================================
Whisper, its kin      ``segments`` with ``words``, or with their text alone; the service's ``words``; ``chunks`` of
                      transformers; ``transcription`` of whisper.cpp
WhisperX              the same, with speakers; ``word_segments``
Vosk                  ``result``, one or a list of them, ``alternatives``
gentle                ``words`` that were found, with their phones, and words that were not
aeneas                ``fragments``, one in the other
====================  =====================================================================================

What these programs call a word, its start and its confidence differs from one to the next; the table `_CALLED` has the
names. A word without a time, or of no length, has it from its neighbours within its segment
(:meth:`visalign.language.annotations.rows.RowReader.placed`). Segments without words are utterances.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from visalign.errors import BAD_DATA, ParseError
from visalign.language.annotations.annotation import Annotation, Track
from visalign.language.annotations.content import Content
from visalign.language.annotations.json_files import strange_entries
from visalign.language.annotations.rows import FRAME_SECONDS, ROUNDING_SECONDS, Row, RowReader, listed
from visalign.language.annotations.tables import clock_seconds, kind_of_labels

__all__ = [
    "is_aeneas",
    "is_gentle",
    "is_recognised",
    "is_whisperx",
    "read_aeneas",
    "read_gentle",
    "read_recognised",
    "read_whisperx",
]

_CALLED = {
    "label": ("word", "text", "label", "punctuated_word"),
    "start": ("start", "begin", "start_time"),
    "end": ("end", "end_time"),
    "score": ("score", "probability", "confidence", "conf"),
    "speaker": ("speaker",),
}
_Entry = Mapping[str, Any]


# ---- Whisper, WhisperX, Vosk ----


def is_recognised(data: Any) -> bool:
    """Whether data are what Whisper, a program of its kind, or Vosk has understood."""
    if isinstance(data, list):
        return any(map(_is_part, data)) and all(isinstance(x, dict) and (_is_part(x) or "text" in x) for x in data[:3])
    return isinstance(data, dict) and (
        any(isinstance(data.get(name), list) for name in ("segments", "words", "chunks", "transcription", "result"))
        or bool(_likeliest(data))
    )


def _is_part(entry: Any) -> bool:
    """Whether an entry of a list is a segment, or a result of Vosk."""
    return isinstance(entry, dict) and (_has_time(entry) or isinstance(_likeliest(entry).get("result"), list))


def _likeliest(data: _Entry) -> _Entry:
    """Vosk's result itself, or the first of its alternatives where it was asked for several."""
    several = data.get("alternatives")
    if isinstance(several, list) and several and isinstance(several[0], dict):
        return several[0] if isinstance(several[0].get("result"), list) else {}
    return data if isinstance(data.get("result"), list) else {}


def is_whisperx(data: Any) -> bool:
    """Whether data are an alignment of WhisperX."""
    return isinstance(data, dict) and isinstance(data.get("word_segments"), list)


def read_recognised(content: Content, _recording: str | None = None) -> Annotation:
    """Words, or segments without words, of Whisper, its kin and Vosk.

    Raises
    ------
    ParseError
        If the data are of another form.
    """
    data = content.json
    first = data[0] if isinstance(data, list) else data
    is_vosk = bool(_likeliest(first)) and "segments" not in first
    return _recognised(content, "JSON of Vosk" if is_vosk else "JSON of Whisper", data)


def read_whisperx(content: Content, _recording: str | None = None) -> Annotation:
    """Words of WhisperX.

    Raises
    ------
    ParseError
        If the data are of another form.
    """
    return _recognised(content, "JSON of WhisperX", content.json)


def _recognised(content: Content, kind: str, data: Any) -> Annotation:
    reader = RowReader(content.path)
    try:
        tracks = reader.tracks(_tiers(data))
    except ParseError:
        raise
    except BAD_DATA as error:
        raise strange_entries(content, error) from error
    if not tracks:
        raise ParseError(content.path, None, "it holds no word and no segment with a time; recognise the sound anew")
    return Annotation(str(content.path), kind, tracks, warnings=content.warnings + reader.all_warnings())


def _tiers(data: Any) -> Iterator[tuple[str, str, list[Row]]]:
    """Words and utterances of each speaker."""
    words: dict[str, list[Row]] = {}
    segments: dict[str, list[Row]] = {}
    for segment in _segments(data):
        speaker, (start, end) = str(_called(segment, "speaker") or ""), _times(segment)
        inner = segment.get("words")
        for word in inner if isinstance(inner, list) else ():
            who = str(_called(word, "speaker") or speaker)
            words.setdefault(who, []).append(_word(word, start, end))
        text = str(_called(segment, "label") or "")
        segments.setdefault(speaker, []).append(Row(start, end, text))
    if not words:
        for word in _loose_words(data):
            words.setdefault(str(_called(word, "speaker") or ""), []).append(_word(word))
    if not words:  # a segment a word, as whisper.cpp and transformers write where they are asked for words
        labels = [row.label for rows in segments.values() for row in rows]
        if kind_of_labels(labels) != "utterances" and len(labels) > 1:
            words, segments = segments, {}
    for kind, found in (("words", words), ("utterances", segments)):
        yield from ((who, kind, [x for x in rows if kind == "words" or x.is_timed]) for who, rows in found.items())


def _loose_words(data: Any) -> list[_Entry]:
    """Words that stand in no segment."""
    if isinstance(data, list):
        return [word for x in data for word in _likeliest(x).get("result", ())]
    lists = (data.get("word_segments"), data.get("words"), _likeliest(data).get("result"))
    return next((x for x in lists if isinstance(x, list) and x), [])


def _segments(data: Any) -> list[_Entry]:
    if isinstance(data, list):
        return [x for x in data if not _likeliest(x)]
    for name in ("segments", "chunks", "transcription"):
        if isinstance(found := data.get(name), list) and found:
            return found
    return []


def _word(entry: _Entry, low: float | None = None, high: float | None = None) -> Row:
    start, end = _times(entry)
    score = _number(_called(entry, "score"))
    if start is not None and end is not None and abs(end - start) <= ROUNDING_SECONDS:
        start = end = None  # Whisper writes words of no length where it could not tell
    return Row(start, end, str(_called(entry, "label") or ""), None, score, low, high)


def _called(entry: _Entry, what: str) -> Any:
    return next((entry[name] for name in _CALLED[what] if entry.get(name) is not None), None)


def _has_time(entry: _Entry) -> bool:
    try:
        times = _times(entry)
    except TypeError:  # a list or an object stands where a time belongs
        return False
    return any(x is not None for x in times) and _called(entry, "label") is not None


def _times(entry: _Entry) -> tuple[float | None, float | None]:
    """Start and end in seconds."""
    if isinstance(pair := entry.get("timestamp"), (list, tuple)) and len(pair) == 2:  # transformers
        return _number(pair[0]), _number(pair[1])
    if isinstance(offsets := entry.get("offsets"), dict):  # whisper.cpp, milliseconds
        start, end = _number(offsets.get("from")), _number(offsets.get("to"))
        return (None, None) if start is None or end is None else (start / 1000, end / 1000)
    return _number(_called(entry, "start")), _number(_called(entry, "end"))


def _number(value: Any) -> float | None:
    """A number, also one in a text; None where there is none."""
    if value is None or isinstance(value, bool):
        return None
    number = clock_seconds(value) if isinstance(value, str) else float(value)
    return None if number is None or math.isnan(number) else number


# ---- gentle ----


def is_gentle(data: Any) -> bool:
    """Whether data are an alignment of gentle: its words say whether they were found."""
    words = data.get("words") if isinstance(data, dict) else None
    return isinstance(words, list) and any(isinstance(x, dict) and ("case" in x or "alignedWord" in x) for x in words)


def read_gentle(content: Content, _recording: str | None = None) -> Annotation:
    """Words and phones of gentle.

    Words that it did not hear are placed between their neighbours where there is room, and are left out elsewhere.
    Phones have durations, and count where those fill their words.

    Raises
    ------
    ParseError
        If the data are of another form.
    """
    reader = RowReader(content.path)
    try:
        # What it heard beyond the transcript stands in no word of it.
        words = [x for x in content.json["words"] if x.get("case") != "not-found-in-transcript"]
        rows = [_gentle_word(x) for x in words]
        phones = [row for x in words for row in _gentle_phones(x)]
        astray = [str(x["word"]) for x in words if _gentle_time(x) is not None and not _fills(x)]
        if phones and astray:
            reader.tell(f"its phones do not fill their words, and are found anew: those of {listed(astray)}")
            phones = []
        tracks = reader.tracks([("", "words", rows), ("", "phones", phones)], shares=False)
    except ParseError:
        raise
    except BAD_DATA as error:
        raise strange_entries(content, error) from error
    if not tracks:
        raise ParseError(content.path, None, "gentle heard none of its words in the sound")
    return Annotation(str(content.path), "JSON of gentle", tracks, warnings=content.warnings + reader.all_warnings())


def _gentle_time(word: _Entry) -> tuple[float, float] | None:
    start, end = _times(word)
    is_found = word.get("case", "success") == "success"
    return (start, end) if is_found and start is not None and end is not None else None


def _gentle_word(word: _Entry) -> Row:
    start, end = _gentle_time(word) or (None, None)
    return Row(start, end, str(word["word"]))


def _gentle_phones(word: _Entry) -> Iterator[Row]:
    """The phones of a word, with Kaldi's marks of their places (``sh_B``)."""
    if (time := _gentle_time(word)) is None:
        return
    at, _ = time
    for phone in word.get("phones") or ():
        duration = float(phone["duration"])
        yield Row(at, at + duration, str(phone["phone"]))
        at += duration


def _fills(word: _Entry) -> bool:
    time, rows = _gentle_time(word), list(_gentle_phones(word))
    return time is not None and bool(rows) and abs((rows[-1].end or 0.0) - time[1]) <= FRAME_SECONDS


# ---- aeneas ----


def is_aeneas(data: Any) -> bool:
    """Whether data are a sync map of aeneas."""
    return isinstance(data, dict) and isinstance(data.get("fragments"), list)


def read_aeneas(content: Content, _recording: str | None = None) -> Annotation:
    """The smallest fragments of a sync map: utterances, or words where all hold one.

    Raises
    ------
    ParseError
        If the data are of another form.
    """
    reader = RowReader(content.path)
    try:
        rows = list(_fragments(content.json["fragments"]))
        kind = "words" if len(rows) > 1 and kind_of_labels([x.label for x in rows]) != "utterances" else "utterances"
        tracks: tuple[Track, ...] = reader.tracks([("", kind, rows)])
    except ParseError:
        raise
    except BAD_DATA as error:
        raise strange_entries(content, error) from error
    if not tracks:
        raise ParseError(content.path, None, "it holds no fragment with a text and a time")
    return Annotation(str(content.path), "JSON of aeneas", tracks, warnings=content.warnings + reader.all_warnings())


def _fragments(fragments: Iterable[_Entry]) -> Iterator[Row]:
    waiting = list(fragments)[::-1]
    while waiting:
        x = waiting.pop()
        children: Sequence[_Entry] = x.get("children") or ()
        if children:
            waiting += reversed(children)
            continue
        start, end = _times(x)
        yield Row(start, end, " ".join(str(line) for line in x.get("lines") or ()))
