"""What an acoustic model can learn from: stretches of sound with what is said in each, by whom, and what is left out.

A corpus is a folder in one of the layouts of :mod:`visalign.corpora.layout`, or a table of recordings as
``visalign batch`` reads it (:mod:`visalign.corpora.clip_list`). In a plain folder the text stands beside the sound,
under its name: text, or a file with times (`TIMED_SUFFIXES`), of which every interval or caption is a stretch of its
own. Labels of words without utterances (a TextGrid with the tier "words", EMU's and GRID's files) count as their text.

Conventions
-----------
Who speaks is, in this order, whom the table of speakers names, whom the file with times names, whom the corpus or its
table names, and else the name of the folder. A stretch is named as its recording lies below the corpus; one of several
has its times behind it: ``anna/one.wav:12.500-15.250``. Nothing is left out without a reason.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from visalign.corpora.clip_list import read_manifest
from visalign.corpora.folder_alignment import PHONES_SUFFIX, TRANSCRIPT_SUFFIXES
from visalign.corpora.layout import attempt, files_below, load_layout
from visalign.corpora.training_data import Transcripts, read_said
from visalign.errors import AnyPath, InputError, ParseError, quoted
from visalign.files.tables import read_table_text
from visalign.language.annotations.cues import Cue, Cues
from visalign.language.lexicon import Lexicon
from visalign.language.transcript import read_aloud
from visalign.media.clips import read_audio
from visalign.signals import Audio

__all__ = ["LONGEST_STRETCH", "LeftOut", "SpokenCorpus", "Stretch", "StretchOfSound", "read_spoken_corpus"]

PLAIN_FOLDER = "folder"

TIMED_SUFFIXES = (".TextGrid", ".textgrid", ".eaf")
"""Endings of annotations that may hold utterances with times."""

TEXT_SUFFIXES = (*(x for x in TRANSCRIPT_SUFFIXES if x != PHONES_SUFFIX), *TIMED_SUFFIXES)
"""Endings of all that may tell the words; the first that is there counts."""

LONGEST_STRETCH = 120.0
"""Seconds. A longer stretch is left out: nobody knows which of its words are where, and a search through it takes
memory that grows with the square of its length."""

SHORTEST_STRETCH = 0.1
"""Seconds; less holds no word."""

UNKNOWN_LANGUAGE = "und"
"""BCP 47's code where pronunciations are given and no language: words are taken as they are written."""

_ROW_BYTES = 300  # of memory that a row of a table takes

Say = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class StretchOfSound:
    """Reads a recording, or seconds ``[start, end)`` of it; the same in every process."""

    path: Path
    start: float = 0.0
    end: float | None = None

    def __call__(self) -> Audio:
        """The sound.

        Raises
        ------
        MediaError, MissingStream
            If it can't be read.
        InputError
            If the stretch begins behind the end of the recording, or is too long to be learnt from.
        """
        whole = _sound_of(str(self.path))
        if self.end is None and not self.start:
            if whole.duration > LONGEST_STRETCH:
                raise InputError(too_long(self.path.name, whole.duration))
            return whole
        last = None if self.end is None else round(self.end * whole.rate_hz)
        samples = whole.samples[round(self.start * whole.rate_hz) : last]
        if len(samples) < SHORTEST_STRETCH * whole.rate_hz:
            raise InputError(
                f"{self.path}: the stretch from {self.start:.3f} s on lies behind the end of the recording, at "
                f"{whole.duration:.3f} s; check that times and sound belong together"
            )
        return Audio(samples, whole.rate_hz)


@lru_cache(maxsize=1)  # the stretches of a recording follow one another
def _sound_of(path: str) -> Audio:
    return read_audio(path)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound with the words that are said in it.

    Parameters
    ----------
    name, speaker : str
    sound : StretchOfSound
    words : tuple of str
        As :func:`visalign.language.transcript.read_aloud` gives them; at least one.
    place : str
        Where the text stands, for messages: a file, with the line where it has several.
    """

    name: str
    speaker: str
    sound: StretchOfSound
    words: tuple[str, ...]
    place: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A recording, or a stretch of one, that can't be learnt from, and why."""

    name: str
    speaker: str
    reason: str


@dataclass(frozen=True, slots=True)
class SpokenCorpus:
    """The stretches of a corpus, by name, and what was left out."""

    stretches: tuple[Stretch, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, sorted."""
        return tuple(sorted({x.speaker for x in self.stretches}))

    @property
    def words(self) -> tuple[str, ...]:
        """The words that are said, each once, sorted."""
        return tuple(sorted({word for x in self.stretches for word in x.words}))


@dataclass(frozen=True, slots=True)
class _Recording:
    """A recording, what is said in it as it was read, and by whom; `trouble` where its text could not be read."""

    name: str
    sound: Path
    said: str | Cues | None
    speaker: str
    place: str = ""
    trouble: str = ""


def read_spoken_corpus(
    source: AnyPath,
    known: Lexicon,
    *,
    layout: str = PLAIN_FOLDER,
    language: str | None = None,
    speakers: AnyPath | None = None,
    progress: Say | None = None,
) -> SpokenCorpus:
    """Read what a corpus holds. Of the sound nothing is read yet.

    Parameters
    ----------
    source : path-like
        A folder, or a table of recordings (``.csv``, ``.tsv``, ``.jsonl``).
    known : Lexicon
        Decides doubtful words of the texts.
    layout : str
        Of a folder, one of :data:`visalign.corpora.layout.LAYOUTS`.
    language : str, optional
        In which figures are read; by default that of `known`.
    speakers : path-like, optional
        A CSV with the columns ``file`` and ``speaker``; files as they lie below the corpus, with or without ending.
    progress : callable, optional
        Is told which recording is read, and which part of all is behind.

    Raises
    ------
    InputError
        If there is no such folder, or nothing in it that could be learnt from; it says why.
    ConfigError
        If there is no such layout.
    ParseError
        If a table can't be read, or names a recording that there is not.
    """
    root = Path(source)
    recordings = list(_listed(root) if root.is_file() else _in_layout(root, layout))
    if not recordings:
        raise InputError(f"{root}: there is no recording in it; give a folder of sound with transcripts beside it")
    named = {} if speakers is None else _speakers_of(Path(speakers), recordings)
    stretches, left_out = list[Stretch](), list[LeftOut]()
    for number, recording in enumerate(recordings):
        if progress is not None:
            progress(f"reading {recording.name}", number / len(recordings))
        for found in _stretches(recording, known, language, named.get(recording.name)):
            (stretches if isinstance(found, Stretch) else left_out).append(found)  # type: ignore[arg-type]
    if not stretches:
        first = left_out[0]
        raise InputError(f"{root}: nothing can be learnt from its {len(recordings)} recording(s). {first.reason}")
    return SpokenCorpus(tuple(_with_own_names(stretches)), tuple(left_out))


# --- which recordings there are ---------------------------------------------------------------------------------


def _listed(path: Path) -> Iterator[_Recording]:
    manifest = read_manifest(path)
    for row in manifest.clips:
        sound = manifest.root / (row.audio or row.clip)
        speaker = row.speaker or sound.parent.resolve().name
        if row.transcript:
            text = manifest.root / row.transcript
            said, trouble = _read(text)
            yield _Recording(row.id, sound, said, speaker, str(text), trouble)
        else:
            yield _Recording(row.id, sound, row.text or None, speaker, str(path))


def _in_layout(root: Path, layout: str) -> Iterator[_Recording]:
    corpus = load_layout(layout, root)
    timed = _TimedTexts(root) if layout == PLAIN_FOLDER else None
    for clip in corpus.clips():
        found, place, trouble = None if timed is None else timed.beside(clip.path), clip.name, clip.trouble
        said: str | Cues | None = clip.transcript
        if found is not None:
            timed_text, fault = _read(found)
            # A TextGrid may hold words and no utterances, which the layout has taken for the text.
            said, place, trouble = timed_text or said, str(found), fault
        yield _Recording(clip.name, clip.audio or clip.path, said, clip.speaker, place, "" if said else trouble)


def _read(path: Path) -> tuple[str | Cues | None, str]:
    """What a text says, or None and why it could not be read."""
    said: tuple[str | Cues | None, str] = attempt(partial(read_said, path))
    return said


class _TimedTexts:
    """Files beside the recordings of a plain folder that may hold times."""

    def __init__(self, root: Path) -> None:
        self._table = Transcripts(root)
        self._files = set(files_below(root, tuple({x.lower() for x in TEXT_SUFFIXES})))

    def beside(self, recording: Path) -> Path | None:
        """The first that is there; None where the folder's table has the text."""
        if self._table.listed(recording):
            return None
        places = (recording.with_suffix(x) for x in TEXT_SUFFIXES)
        return next((x for x in places if x in self._files), None)


def _speakers_of(path: Path, recordings: Sequence[_Recording]) -> dict[str, str]:
    """Who speaks by a table, by the name of the recording."""
    try:
        rows = csv.DictReader(io.StringIO(read_table_text(path, row_bytes=_ROW_BYTES), newline=""))
        absent = {"file", "speaker"} - set(rows.fieldnames or ())
        if absent:
            raise ParseError(path, 1, f"no column {' and '.join(sorted(absent))}; wanted: file,speaker")
        names = {key: x.name for x in recordings for key in (x.name, str(Path(x.name).with_suffix("")))}
        found = dict[str, str]()
        for row in rows:
            if not row["file"]:
                continue
            if row["file"] not in names or not row["speaker"]:
                reason = "there is no such recording in the corpus" if row["speaker"] else "no speaker"
                raise ParseError(path, rows.line_num, f"{quoted(row['file'])}: {reason}")
            found[names[row["file"]]] = row["speaker"]
        return found
    except csv.Error as error:
        raise ParseError(path, None, f"can't be read as CSV ({error})") from error


# --- what is said in them ---------------------------------------------------------------------------------------


def _stretches(
    recording: _Recording, known: Lexicon, language: str | None, speaker: str | None
) -> Iterator[Stretch | LeftOut]:
    by = speaker or recording.speaker
    if recording.said is None:
        why = recording.trouble or f"{recording.name}: nothing tells what is said in it; put a text beside it"
        yield LeftOut(recording.name, by, why)
        return
    if isinstance(recording.said, str):
        yield _stretch(recording, recording.name, by, StretchOfSound(recording.sound), recording.said, known, language)
        return
    for cue in recording.said:
        name = f"{recording.name}:{cue.start:.3f}-{cue.end:.3f}"
        yield _cue_stretch(recording, cue, name, speaker or cue.speaker or by, known, language)


def _cue_stretch(
    recording: _Recording, cue: Cue, name: str, speaker: str, known: Lexicon, language: str | None
) -> Stretch | LeftOut:
    if cue.end - cue.start < SHORTEST_STRETCH:
        return LeftOut(name, speaker, f"{name}: it lasts {cue.end - cue.start:.3f} s, in which no word can be said")
    sound = StretchOfSound(recording.sound, max(cue.start, 0.0), cue.end)
    return _stretch(recording, name, speaker, sound, cue.text, known, language, cue.line)


def _stretch(
    recording: _Recording,
    name: str,
    speaker: str,
    sound: StretchOfSound,
    text: str,
    known: Lexicon,
    language: str | None,
    line: int | None = None,
) -> Stretch | LeftOut:
    place = recording.place if not line else f"{recording.place}:{line}"
    try:
        said = read_aloud(text, known, language=language, first_line=1 if line is None else line, labels=line is None)
    except InputError as error:
        return LeftOut(name, speaker, f"{place}: {error}")
    if said.unread:
        figures = ", ".join(quoted(x) for x in list(said.unread)[:5])
        return LeftOut(
            name, speaker, f"{place}: figures that can't be read aloud: {figures}; write them as they are said"
        )
    if not said.words:
        return LeftOut(name, speaker, f"{place}: no word in it that could be spoken")
    if sound.end is not None and sound.end - sound.start > LONGEST_STRETCH:
        return LeftOut(name, speaker, too_long(name, sound.end - sound.start))
    return Stretch(name, speaker, sound, said.words, place)


def too_long(name: str, seconds: float) -> str:
    """Why a stretch of so many seconds is left out."""
    return (
        f"{name}: {seconds:.0f} s in one stretch; at most {LONGEST_STRETCH:.0f} s can be learnt from. Give the times "
        "of its sentences, in a TextGrid, an EAF file or subtitles beside it"
    )


def _with_own_names(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """The stretches by name; those that have one name between them with a number behind it."""
    seen: dict[str, int] = {}
    for x in sorted(stretches, key=lambda x: (x.name, x.speaker)):
        seen[x.name] = seen.get(x.name, 0) + 1
        name = x.name if seen[x.name] == 1 else f"{x.name} ({seen[x.name]})"
        yield Stretch(name, x.speaker, x.sound, x.words, x.place)


def by_speaker(stretches: Sequence[Stretch]) -> Mapping[str, tuple[Stretch, ...]]:
    """The stretches of each speaker, speakers and stretches in order."""
    names = sorted({x.speaker for x in stretches})
    return {name: tuple(x for x in stretches if x.speaker == name) for name in names}
