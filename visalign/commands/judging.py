"""What a clip is judged by: the same options for all commands that judge one, declared once as groups.

A command takes a group as one parameter and is decorated with :func:`with_groups`; the options are those of the group's
fields. Whoever adds an option to a group adds it to `check`, `explain`, `plot`, `overlay`, `fix`, `attach`, `batch` and
`watch` at once.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import visalign
from visalign.commands.given import refuse_lonely_language, refuse_lonely_shift, said
from visalign.commands.options import (
    AlignmentFile,
    AlignmentShift,
    Channel,
    Enhancement,
    Face,
    G2p,
    Grammar,
    Language,
    Lexicon,
    Map,
    MaxLag,
    Model,
    NoCache,
    Oov,
    Profile,
    Recognise,
    Reference,
    Settings,
    Speaker,
    Strict,
    Subtitles,
    Text,
    Track,
    Transcript,
    VideoTrack,
    lips_kept,
)
from visalign.config import PROFILE_SUFFIX

if TYPE_CHECKING:
    from visalign.config import Config
    from visalign.language.annotations import Cue

__all__ = ["Judging", "Spoken", "Streams", "check_arguments", "given_option", "with_groups"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said in one clip."""

    transcript: Transcript = None
    text: Text = None
    subtitles: Subtitles = None
    alignment: AlignmentFile = None
    alignment_shift: AlignmentShift = 0.0
    speaker: Speaker = None

    def words(self, clip: Path) -> str | tuple[Cue, ...] | None:
        """The text or cues that were given, or the subtitles of the clip."""
        refuse_lonely_shift(self.alignment, self.alignment_shift)
        return said(self.text, self.transcript, self.subtitles, clip)

    @property
    def files(self) -> list[Path]:
        """What is read of it."""
        return [path for path in (self.transcript, self.alignment) if path is not None]


@dataclass(frozen=True, slots=True)
class Streams:
    """Which of a clip's sounds and pictures, and whether its lips are kept."""

    track: Track = None
    channel: Channel = None
    video_track: VideoTrack = None
    face: Face = None
    no_cache: NoCache = False

    def arguments(self) -> dict[str, Any]:
        """As :func:`visalign.check` takes them."""
        given = {name: getattr(self, name) for name in ("track", "channel", "video_track", "face")}
        return {**given, "lip_cache": lips_kept(self.no_cache)}


@dataclass(frozen=True, slots=True)
class Judging:
    """What all clips are judged by."""

    lexicon: Lexicon = None
    language: Language = None
    oov: Oov = None
    g2p: G2p = None
    recognise: Recognise = None
    grammar: Grammar = None
    enhancement: Enhancement = None
    viseme_map: Map = None
    model: Model = None
    config: Settings = None
    reference: Reference = None
    max_lag: MaxLag = None
    profile: Profile = None
    strict: Strict = False

    def settings(self) -> Config:
        """The settings of the file, or the default ones, with what single options change in them."""
        settings = visalign.Config() if self.config is None else visalign.Config.load(self.config)
        return settings.changed(
            lexicon=self.lexicon,
            language=self.language,
            oov=self.oov,
            g2p=self.g2p,
            recognise=self.recognise,
            enhancement=self.enhancement,
            viseme_map=self.viseme_map,
            reference=self.reference,
            max_lag_seconds=self.max_lag,
            profile=self.profile,
            strict=True if self.strict else None,
            grammar=self.grammar,
        )

    @property
    def files(self) -> list[Path]:
        """What is read of it."""
        profile = Path(self.profile) if self.profile and self.profile.lower().endswith(PROFILE_SUFFIX) else None
        return [path for path in (self.lexicon, self.model, self.config, self.reference, profile) if path is not None]


def check_arguments(spoken: Spoken, streams: Streams, judging: Judging, clip: Path) -> dict[str, Any]:
    """What :func:`visalign.check` takes beside the clip, from the options; wrong ones are refused before any work."""
    settings = judging.settings()
    words = spoken.words(clip)
    refuse_lonely_language(judging.language, words, spoken.alignment)
    return {
        "transcript": words,
        "alignment": spoken.alignment,
        "alignment_shift": spoken.alignment_shift,
        "speaker": spoken.speaker,
        "model": judging.model,
        "config": settings,
        **streams.arguments(),
    }


def given_option(*groups: object) -> str | None:
    """The first option of these groups that was given; None if none was."""
    for group in groups:
        assert is_dataclass(group)
        hints = get_type_hints(type(group), include_extras=True)
        for field in fields(group):
            if getattr(group, field.name) != field.default:
                (option,) = hints[field.name].__metadata__
                return str(option.default)
    return None


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of its groups in their place, as typer reads commands."""
    taken, groups = list[inspect.Parameter](), dict[str, Any]()
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        if not is_dataclass(parameter.annotation):
            taken.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        group = groups[parameter.name] = parameter.annotation
        hints = get_type_hints(group, include_extras=True)
        taken += [
            inspect.Parameter(x.name, inspect.Parameter.KEYWORD_ONLY, default=x.default, annotation=hints[x.name])
            for x in fields(group)
        ]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{x.name: given.pop(x.name) for x in fields(group)})
        command(**given)

    del run.__wrapped__
    run.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]
    run.__annotations__ = {x.name: x.annotation for x in taken}
    return run
