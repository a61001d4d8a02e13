"""Clips that the Montreal Forced Aligner aligns together, and the folders that they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from visalign.errors import AnyPath, InputError
from visalign.forced_alignment.mfa_text import words_as_written
from visalign.language.transcript import read_transcript
from visalign.media.clips import probe, read_audio
from visalign.signals import Audio

__all__ = ["CorpusClip", "check_names", "names_for_mfa", "read_corpus"]

SOUNDS = (".wav", ".flac", ".mp3", ".ogg")
TEXTS = (".lab", ".txt")

MODEL_RATE_HZ = 16_000
"""MFA's models hear no more. Sound of a lower rate is given to MFA as it is: what MFA makes of it is its own affair."""


@dataclass(frozen=True, slots=True, eq=False)
class CorpusClip:
    """A clip of a corpus.

    Parameters
    ----------
    name : str
        Unique in its folder.
    speaker : str
        Whose voice it is; MFA adapts to each.
    audio : Audio
        Its sound.
    words : tuple of str
        What is said, as it is written (:func:`visalign.forced_alignment.mfa_text.words_as_written`).
    folder : str
        The folder of the corpus that it lies in, where that is another than the speaker's name.
    """

    name: str
    speaker: str
    audio: Audio
    words: tuple[str, ...]
    folder: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Folder and name, by which it is known among the results."""
        return self.folder or self.speaker, self.name


def check_names(clips: Sequence[CorpusClip]) -> None:
    """Raise `InputError` if there is no clip, or two in a folder have one name."""
    if not clips:
        raise InputError("no clips to align. Give at least one.")
    (key, number), *_ = Counter(clip.key for clip in clips).most_common(1)
    if number > 1:
        raise InputError(f"{number} clips in {key[0]} have the same name, {key[1]}. Give each a name of its own.")


def names_for_mfa(clips: Sequence[CorpusClip]) -> Iterator[tuple[tuple[str, str], str]]:
    """A name for each clip among those of its speaker, who may have several folders."""
    taken = set[tuple[str, str]]()
    for clip in clips:
        name, number = clip.name, 1
        while (clip.speaker, name) in taken:
            number += 1
            name = f"{clip.name}_{number}"
        taken.add((clip.speaker, name))
        yield clip.key, name


def read_corpus(folder: AnyPath) -> list[CorpusClip]:
    """Clips of a folder laid out as MFA wants it: ``speaker/clip.wav`` beside ``speaker/clip.txt`` (or ``.lab``).

    The speaker is the folder that a clip lies in, wherever that is in the corpus; clips that lie in the corpus itself
    belong to one speaker, who has its name.

    Raises
    ------
    InputError
        If there is no sound with a text beside it, a text has no words, or two sounds share a text.
    MediaError, ParseError
        If a file can't be read.
    """
    root = Path(folder)
    clips: list[CorpusClip] = []
    sounds: dict[tuple[str, str], Path] = {}
    for sound in sorted(path for path in root.rglob("*") if path.suffix.lower() in SOUNDS):
        text = next((p for p in (sound.with_suffix(x) for x in TEXTS) if p.is_file()), None)
        if text is None:
            continue
        words = tuple(words_as_written(read_transcript(text)))
        if not words:
            raise InputError(f"{text}: no words. Write what is said in {sound.name}, or take both out of the corpus.")
        place = PurePosixPath(sound.parent.relative_to(root).as_posix())
        clip = CorpusClip(sound.stem, sound.parent.resolve().name, _own_sound(sound), words, _folder(place))
        other = sounds.setdefault(clip.key, sound)
        if other != sound:
            raise InputError(f"{other} and {sound} are one clip by their names. Take one of them out of the corpus.")
        clips.append(clip)
    if not clips:
        raise InputError(
            f"{root}: no sound ({', '.join(SOUNDS)}) with a text ({', '.join(TEXTS)}) of the same name beside it. MFA "
            "wants a folder for each speaker, with the clips and their texts in it."
        )
    return clips


def _folder(place: PurePosixPath) -> str:
    """What a clip's folder is called; nothing where the speaker's name says it."""
    return place.as_posix() if len(place.parts) > 1 else ""


def _own_sound(path: Path) -> Audio:
    rates = [track.rate_hz for track in probe(path).audio if track.rate_hz]
    return read_audio(path, min([*rates[:1], MODEL_RATE_HZ]))
