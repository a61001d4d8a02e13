"""Kaldi's data folders, read and written: ``wav.scp``, ``text``, ``utt2spk``, ``spk2utt`` [1]_.

Conventions
-----------
A line each: an id, then a value. Files are sorted by the bytes of their lines, and an utterance's id begins with its
speaker's, as Kaldi's scripts demand. Where the sound lies inside a clip, ``wav.scp`` gets the usual pipe, ``ffmpeg …
-i CLIP … - |``, since Kaldi itself reads WAV alone.

Pipes are not run on reading: the one existing file that such a line names is taken. ``segments`` is not used: clips are
whole recordings here, and a recording with several utterances has their texts one after the other.

References
----------
.. [1] D. Povey et al., The Kaldi speech recognition toolkit, ASRU 2011; https://kaldi-asr.org/doc/data_prep.html
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from visalign.corpora.layout import CorpusClip, Labels, named_file
from visalign.corpora.survey import SurveyedClip
from visalign.corpora.training_data import CLIP_SUFFIXES
from visalign.errors import AnyPath, InputError, ParseError
from visalign.files.tables import read_table_text
from visalign.files.text_files import write_text

__all__ = ["KaldiFolder", "write_kaldi"]

_ROW_BYTES = 400  # of memory that a line takes
_NOT_IN_IDS = re.compile(r"[^\w.+-]+")
_PIPE = "ffmpeg -nostdin -v error -i {clip} -vn -ac 1 -ar 16000 -f wav - |"


class KaldiFolder:
    """A data folder of Kaldi."""

    title = "a data folder of Kaldi"
    wanted = "wav.scp, with text and utt2spk beside it"

    def __init__(self, root: Path) -> None:
        self._root = root
        segments = {utt: value.split()[0] for utt, value in _table(root / "segments") if value}
        self._said: dict[str, list[str]] = {}
        for utterance, text in _table(root / "text"):
            self._said.setdefault(segments.get(utterance, utterance), []).append(text)
        self._speakers: dict[str, set[str]] = {}
        for utterance, speaker in _table(root / "utt2spk"):
            self._speakers.setdefault(segments.get(utterance, utterance), set()).add(speaker)

    def clips(self) -> Iterator[CorpusClip]:
        """A clip for each line of ``wav.scp``."""
        rows = [(self._file(number, value), name) for number, (name, value) in enumerate(_table(self._list), start=1)]
        for path, name in sorted(rows):
            said = " ".join(text for text in self._said.get(name, ()) if text)
            speakers = self._speakers.get(name, set())
            yield CorpusClip(path, name, said or None, min(speakers) if len(speakers) == 1 else "")

    @property
    def _list(self) -> Path:
        return self._root / "wav.scp"

    def _file(self, number: int, value: str) -> Path:
        if not value.endswith("|"):
            return named_file(self._root, value)
        try:
            words = shlex.split(value.rstrip("|"))
        except ValueError:
            words = []
        files = [path for word in words[1:] if (path := named_file(self._root, word)).is_file()]
        if len(files) != 1:
            reason = "a command, which visalign does not run, that names no one existing file; give the file itself"
            raise ParseError(self._list, number, reason)
        return files[0]

    def labels(self, clip: CorpusClip) -> Labels | None:
        """None: a data folder has no labels."""
        return None

    def complaint(self, clip: CorpusClip) -> str | None:
        """A missing text, several speakers."""
        if len(self._speakers.get(clip.name, ())) > 1:
            return "several speakers in one recording, so it gets none"
        return None if clip.transcript else "no text of it"


def _table(path: Path) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        return
    for line in read_table_text(path, row_bytes=_ROW_BYTES).split("\n"):
        key, _, value = line.strip().partition(" ")
        if key:
            yield key, value.strip()


def write_kaldi(folder: AnyPath, clips: Iterable[SurveyedClip]) -> list[Path]:
    """Write a data folder's files into `folder`.

    Clips of unknown speakers are speakers of their own, as Kaldi advises. Those without a transcript have no line in
    ``text``, which is left out where there is none at all.

    Raises
    ------
    InputError
        If two clips would get one id.
    OutputError
        If the place can't be written to.
    """
    sounds, said, speakers = dict[str, str](), dict[str, str](), dict[str, str]()
    for seen in clips:
        clip = seen.clip
        name = _NOT_IN_IDS.sub("-", clip.name.rpartition(".")[0] or clip.name)
        speaker = _NOT_IN_IDS.sub("-", clip.speaker) or name
        utterance = name if name.startswith(f"{speaker}-") else f"{speaker}-{name}"
        if utterance in sounds:
            raise InputError(f"{clip.name}: two clips would be called {utterance} in Kaldi's folder. Rename one.")
        sounds[utterance], speakers[utterance] = _sound(clip), speaker
        if clip.transcript:
            said[utterance] = " ".join(clip.transcript.split())
    by_speaker: dict[str, str] = {}
    for utterance in sorted(speakers, key=str.encode):
        speaker = speakers[utterance]
        by_speaker[speaker] = f"{by_speaker.get(speaker, '')} {utterance}".strip()
    tables = {"wav.scp": sounds, "text": said, "utt2spk": speakers, "spk2utt": by_speaker}
    return [write_text(Path(folder, name), _lines(table)) for name, table in tables.items() if table]


def _sound(clip: CorpusClip) -> str:
    path = (clip.audio or clip.path).resolve()
    if clip.audio is None and path.suffix.lower() in CLIP_SUFFIXES:
        return _PIPE.format(clip=shlex.quote(str(path)))
    return str(path)


def _lines(table: dict[str, str]) -> str:
    return "".join(f"{key} {table[key]}\n" for key in sorted(table, key=str.encode))
