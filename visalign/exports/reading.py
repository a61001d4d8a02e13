"""Read an utterance from any of the files that hold one, or find it in a sound or a clip.

Conventions
-----------
As in :mod:`visalign.exports.utterance`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visalign.config import DEFAULT_ALIGNER
from visalign.errors import BAD_DATA, AnyPath, InputError, ParseError, TimelineError
from visalign.exports.utterance import Fault, Utterance
from visalign.files.data_files import read_json
from visalign.language.annotations.json_files import is_visalign_json
from visalign.language.annotations.reading import is_annotation, read_annotation
from visalign.language.annotations.rows import FRAME_SECONDS
from visalign.language.languages import chosen_language
from visalign.language.phone_lists import Phones, aligned_alphabet
from visalign.language.phones import SILENCE, is_silence
from visalign.timeline import Interval, Tier

if TYPE_CHECKING:
    from visalign.language.annotations.cues import Cue
    from visalign.language.lexicon import Lexicon

__all__ = ["parse_visalign_json", "read_annotated", "read_utterance"]


def read_utterance(
    path: AnyPath,
    transcript: str | PathLike[str] | Sequence[Cue] | Phones | None = None,
    *,
    lexicon: Lexicon | AnyPath | None = None,
    aligner: str | None = None,
    language: str | None = None,
) -> Utterance:
    """Read what is said when, from an annotation or a visalign JSON, or find it in a sound or a clip.

    Parameters
    ----------
    path : path-like
        An annotation with phones (:func:`visalign.language.annotations.read_annotation`), a JSON of ``visalign check``
        or ``visalign align``, or media.
    transcript : str, path-like, sequence of Cue or Phones, optional
        What is said, or a `Path` to the file with it; without it the phones of a sound are recognised, and there are
        no words.
    lexicon : Lexicon or path-like, optional
        Pronunciations that go before the embedded ones.
    aligner : str, optional
        One of :data:`visalign.forced_alignment.ALIGNERS`; the default of
        :func:`~visalign.forced_alignment.force_align` otherwise.
    language : str, optional
        In which language the transcript is; American English by default.

    Raises
    ------
    InputError
        If the file is unusable (:class:`~visalign.errors.ParseError`, :class:`~visalign.errors.MediaError` …), or a
        transcript is given for a file that has its words already.
    AlignmentError
        If transcript and audio can't be aligned.
    """
    path = Path(path)
    if not is_annotation(path):
        return _align(path, transcript, lexicon, aligner, language)
    if transcript is not None:
        raise InputError(f"{path}: this file has its words already; leave --text and --transcript out.")
    return _read_json(path) if path.suffix.lower() == ".json" else read_annotated(path)


def _align(
    path: Path,
    transcript: str | PathLike[str] | Sequence[Cue] | Phones | None,
    lexicon: Lexicon | AnyPath | None,
    aligner: str | None,
    language: str | None,
) -> Utterance:
    # FFmpeg and PocketSphinx, which a file with phones does without.
    from visalign.forced_alignment.any_length import force_align
    from visalign.forced_alignment.recognised import recognise_phones
    from visalign.media.clips import read_audio

    chosen_language(language)  # one that does not exist is refused before the sound is read
    audio = read_audio(path)
    if transcript is None:
        found = recognise_phones(audio)
    elif isinstance(transcript, Phones):
        found = force_align(audio, phones=transcript, aligner=aligner or DEFAULT_ALIGNER)
    else:
        found = force_align(audio, transcript, lexicon=lexicon, aligner=aligner or DEFAULT_ALIGNER, language=language)
    return Utterance(found.words, found.phones, found.alphabet, _line(path.name), warnings=found.warnings)


def read_annotated(path: AnyPath) -> Utterance:
    """Words and phones of an annotation (:func:`visalign.language.annotations.read_annotation`).

    Raises
    ------
    ParseError
        If it can't be understood, has no phones, or several people speak at once in it.
    """
    annotation = read_annotation(path)
    words, phones = (
        sorted((x for track in annotation.tracks for x in getattr(track, kind)), key=lambda x: x.start)
        for kind in ("words", "phones")
    )
    if not phones:
        raise ParseError(
            path,
            None,
            "it has no phones, which an export is made of: name a tier 'phones', or have them found in the sound "
            f"(visalign align SOUND --alignment {Path(path).name} -o FILE.TextGrid) and export that",
        )
    if any(b.start < a.end - FRAME_SECONDS for a, b in pairwise(phones)):
        raise ParseError(
            path, None, f"several people speak at once ({', '.join(annotation.speakers)}); export one each"
        )
    warnings, n_phrases = annotation.warnings, sum(len(track.phrases) for track in annotation.tracks)
    if n_phrases:
        warnings += (f"{n_phrases} stretch(es) of the file have no times for their words, which were left out",)
    sound = Path(path).with_suffix(".wav")
    end = max(annotation.end or 0.0, phones[-1].end, *(x.end for x in words[-1:]))
    media = sound.name if sound.exists() else Path(path).stem
    return _utterance(phones, words, end, media=media, warnings=warnings)


def _read_json(path: Path) -> Utterance:
    data = read_json(path, strict=False)
    if not is_visalign_json(data):
        return read_annotated(path)
    try:
        return parse_visalign_json(data)
    except BAD_DATA as error:
        reason = f"not a JSON of `visalign check`, `align` or `export --format json` ({error})"
        raise ParseError(path, getattr(error, "lineno", None), reason) from error


def parse_visalign_json(data: Mapping[str, Any]) -> Utterance:
    """The utterance in a report, an alignment or an annotation export, as decoded from JSON.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError, ArithmeticError
        If `data` is something else.
    """
    phones = [Interval(x["start"], x["end"], x["label"]) for x in data["phones"]]
    words = [Interval(x["start"], x["end"], x["label"]) for x in data["words"] if x["label"]]
    clip = data.get("clip") or {}
    observed = [Interval(x["start"], x["end"], x["label"]) for x in data.get("observed_visemes") or ()]
    faults = [
        Fault(Interval(x["start"], x["end"], x["label"]), x["verdict"], _told_lead(x))
        for x in data["words"]
        if x.get("verdict") in ("audio-early", "audio-late", "mismatched", "out-of-step")
    ]
    if ((data.get("dubbing") or {}).get("gate")) is not None:
        faults = list(_failing_lines(data["dubbing"]["lines"]))
    return _utterance(
        phones,
        words,
        phones[-1].end if phones else 0.0,
        media=data.get("media") or clip.get("audio") or clip.get("name") or "",
        observed_visemes=Tier.from_intervals("observed visemes", observed) if observed else None,
        lead_seconds=(data.get("sync") or {}).get("lead_seconds"),
        leads=_leads(data["words"]),
        faults=tuple(faults),
        is_checked="sync" in data,
        frame_rate=Fraction(clip["frame_rate"]) if "frame_rate" in clip else None,
    )


def _failing_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[Fault]:
    """A fault a line that fails a rule of the release gate: where one was asked, its lines are what is looked at."""
    for x in lines:
        if x["failed"] and x["start"] is not None:
            label = _line(f"Line {x['number']}: {x['text']}")
            yield Fault(Interval(x["start"], x["end"], label), x["fault_in_words"])


def _told_lead(word: Mapping[str, Any]) -> float | None:
    """The lead that a word's verdict speaks of: its own where it rather strays from its clip."""
    step = word.get("in_step")
    lead = word.get("lead_seconds" if step is None or step >= 0.5 else "own_lead_seconds")
    return None if lead is None else float(lead)


def _leads(words: Iterable[Mapping[str, Any]]) -> Tier | None:
    known = [x for x in words if x.get("lead_seconds") is not None]
    rows = [Interval(x["start"], x["end"], f"{round(1000 * x['lead_seconds']):+d} ms") for x in known]
    return Tier.from_intervals("lead", rows) if rows else None


def _utterance(phones: list[Interval], words: list[Interval], end: float, **facts: Any) -> Utterance:
    if not phones:
        raise TimelineError("there is no phone in it")
    start = min(0.0, phones[0].start)
    plain = [Interval(x.start, x.end, SILENCE if is_silence(x.label) else _line(x.label)) for x in phones]
    spoken = [Interval(x.start, x.end, _line(x.label), x.score) for x in words if not is_silence(x.label)]
    facts["media"] = _line(facts.get("media", ""))
    return Utterance(
        words=Tier.from_intervals("words", _joined(spoken), start=start, end=end),
        phones=Tier.from_intervals("phones", _joined(plain), start=start, end=end, gap_label=SILENCE),
        alphabet=aligned_alphabet(x.label for x in plain),
        **facts,
    )


def _line(text: str) -> str:
    """`text` on one line, without control characters: most formats have no way to write those."""
    return "".join(x for x in " ".join(text.split()) if x.isprintable())


def _joined(rows: list[Interval]) -> list[Interval]:
    """Ends that reach a rounding error into the next interval are cut there."""
    ends = [min(a.end, b.start) if b.start > a.start else a.end for a, b in pairwise(rows)]
    last = [x.end for x in rows[-1:]]
    return [Interval(x.start, end, x.label, x.score) for x, end in zip(rows, [*ends, *last], strict=True)]
