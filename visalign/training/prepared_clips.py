"""Clips as a training sees them: aligned, and with their lips read.

Conventions
-----------
A clip that can't be used costs nothing but itself: it is left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from visalign.config import AlignmentParams, Config
from visalign.corpora.manifest import listed_clips
from visalign.corpora.training_data import TrainingClip
from visalign.errors import AnyPath, VisalignError
from visalign.forced_alignment import recognise_phones
from visalign.language.languages import chosen_language
from visalign.lips.lip_features import LipFeatures, read_lips
from visalign.media.clips import read_audio
from visalign.sync.judging import hear
from visalign.sync.speech_context import SpeechContext
from visalign.timeline import Tier

__all__ = ["AddedClip", "PreparedClip", "prepare", "prepare_folder", "usable_clips"]

Progress: TypeAlias = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedClip:
    """A clip as the training sees it: who speaks, the lips, what is heard and which phones.

    `phones` are ARPABET, or IPA of another language. `recognised` is what is heard as somebody without a transcript
    hears it; None in a clip that is made of others.
    """

    name: str
    speaker: str
    lips: LipFeatures
    context: SpeechContext
    phones: Tier
    recognised: SpeechContext | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AddedClip:
    """A clip made of others: how, and the number of the one that it is left out with."""

    clip: PreparedClip
    origin: int
    how: str


def prepare(clip: TrainingClip, language: str = "") -> PreparedClip:
    """Align a clip and read its lips.

    Parameters
    ----------
    clip : TrainingClip
    language : str
        In which its transcript is, where the clip names none.

    Raises
    ------
    VisalignError
        If it can't be used.
    """
    sound, lips = read_audio(clip.path), read_lips(clip.path)
    settings = Config(alignment=AlignmentParams(language=clip.language or language))
    heard, recognised = hear(sound, clip.transcript, settings), recognise_phones(sound)
    context = SpeechContext.of(sound, recognised.phones)
    return PreparedClip(clip.path.name, clip.speaker, lips, heard.context, heard.alignment.phones, context)


def usable_clips(
    folder: AnyPath, *, language: str = "", progress: Progress | None = None
) -> tuple[list[TrainingClip], list[PreparedClip], list[tuple[str, str]]]:
    """Prepare all clips of a folder or a manifest that can be used.

    `language` is that of clips for which the manifest names none.

    Returns
    -------
    sources : list of TrainingClip
        Those that can be used.
    clips : list of PreparedClip
        The same, prepared.
    left_out : list of (str, str)
        The other clips, each with the reason.

    Raises
    ------
    InputError
        If there is no such folder, or no clip in it.
    ConfigError
        If there is no such language.
    """
    chosen_language(language)
    listed, unsaid = listed_clips(folder)
    left_out = [(path.name, "no transcript beside it") for path in unsaid]
    sources, prepared = list[TrainingClip](), list[PreparedClip]()
    for number, clip in enumerate(listed):
        if progress is not None:
            progress(f"reading {clip.path.name}", number / len(listed))
        try:
            prepared.append(prepare(clip, language))
        except VisalignError as error:  # a damaged clip must not cost the others
            left_out.append((clip.path.name, str(error)))
        else:
            sources.append(clip)
    return sources, prepared, left_out


def prepare_folder(
    folder: AnyPath, *, progress: Progress | None = None
) -> tuple[list[PreparedClip], list[tuple[str, str]]]:
    """The clips of a folder or a manifest that can be used, prepared, and the others with the reason.

    Errors are those of :func:`usable_clips`.
    """
    _, prepared, left_out = usable_clips(folder, progress=progress)
    return prepared, left_out
