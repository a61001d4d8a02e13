"""A correction of a clip's sound as data: what is moved where, on what evidence. It can be kept, read and undone.

Conventions
-----------
Delays are seconds by which sound is heard later; a lead of the sound is corrected by a delay of the same size. The
JSON form holds no date and no folder: same clip, settings and version give the same bytes.

A correction is undone by its :meth:`Correction.reversed`, applied to the corrected file: the sound is back in its old
place. What had to be cut off (sound before the start or after the end) is only in the original, which is never touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from visalign._version import __version__
from visalign.errors import BAD_DATA, AnyPath, ConfigError, MediaError, ParseError, TimelineError, quoted
from visalign.files.data_files import read_json
from visalign.files.text_files import format_json, rounded, write_text
from visalign.media.remux import Piece, check_pieces, move_sound, retime_sound

__all__ = ["CORRECTION_SUFFIX", "MODES", "Correction", "correction_name", "file_digest"]

MODES = ("copy", "pad", "drift", "pieces")
"""``copy`` changes time stamps only; the others make the sound track anew, with one delay, a stretch, or several."""

CORRECTION_SUFFIX = ".visalign.json"

_SCHEMA_VERSION = 1
_READ_AT_ONCE = 1 << 20
# A stretch that is 0.01 ppm off is off by 0.1 ms after three hours.
_STRETCH_DECIMALS = 8


@dataclass(frozen=True, slots=True)
class Correction:
    """What is done to a clip's sound.

    Parameters
    ----------
    clip : str
        Name of the clip, without its folder.
    sha256 : str
        Digest of the clip's bytes, as hex; empty where it was not taken.
    mode : str
        One of :data:`MODES`.
    pieces : tuple of Piece
        What is heard when; one piece for a plain offset.
    track : int or None
        Index of the audio stream; None: the one marked as default.
    evidence : mapping
        What it rests on: the measurement, and what else the maker wants to keep. Plain data.
    version : str
        The version of visalign that made it.

    Raises
    ------
    ConfigError
        If there is no such mode, or the pieces are not of its kind.
    TimelineError
        If the pieces contradict each other.
    """

    clip: str
    sha256: str
    mode: str
    pieces: tuple[Piece, ...]
    track: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    version: str = __version__

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigError("mode", self.mode, MODES)
        check_pieces(self.pieces)
        if self.mode == "copy" and (len(self.pieces) > 1 or self.pieces[0].stretch != 1.0):
            raise ConfigError(
                "mode", "copy", "pad, drift or pieces for more than one offset: time stamps hold only one"
            )

    def apply(self, source: AnyPath, target: AnyPath) -> tuple[str, ...]:
        """Write the corrected clip to `target`; returns the data streams that its container can't hold.

        Raises
        ------
        MediaError
            If `source` is not the clip that this was made for, or can't be read.
        OutputError, ConfigError
            If `target` can't be written, or holds no such streams.
        """
        if self.sha256 and file_digest(source) != self.sha256:
            raise MediaError(source, f"this is not the file that the correction of {quoted(self.clip)} was made for")
        if self.mode == "copy":
            return move_sound(source, target, self.pieces[0].delay_seconds, track=self.track)
        return retime_sound(source, target, self.pieces, track=self.track)

    def reversed(self) -> Correction:
        """The correction that puts the sound back; for the corrected file, whose digest is not known."""
        undone = tuple(Piece(p.target, -p.delay_seconds, 1 / p.stretch) for p in self.pieces)
        return replace(self, pieces=undone, sha256="", evidence={"reverses": self.clip})

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        pieces = [
            {
                "start": rounded(p.start),
                "delay_seconds": rounded(p.delay_seconds),
                "stretch": round(p.stretch, _STRETCH_DECIMALS),
            }
            for p in self.pieces
        ]
        return {
            "schema_version": _SCHEMA_VERSION,
            "visalign_version": self.version,
            "clip": self.clip,
            "sha256": self.sha256,
            "mode": self.mode,
            "track": self.track,
            "pieces": pieces,
            "evidence": dict(self.evidence),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Correction:
        """Build from plain data.

        Raises
        ------
        ConfigError
            If something is missing or of another version.
        TimelineError
            If the pieces contradict each other.
        """
        if data.get("schema_version") != _SCHEMA_VERSION:
            raise ConfigError("schema_version", data.get("schema_version"), str(_SCHEMA_VERSION))
        try:
            pieces = tuple(
                Piece(float(p["start"]), float(p["delay_seconds"]), float(p["stretch"])) for p in data["pieces"]
            )
            track = None if data["track"] is None else int(data["track"])
            return cls(
                str(data["clip"]),
                str(data["sha256"]),
                str(data["mode"]),
                pieces,
                track,
                dict(data["evidence"]),
                str(data["visalign_version"]),
            )
        except BAD_DATA as error:
            if isinstance(error, ConfigError | TimelineError):
                raise
            raise ConfigError("correction", str(error), "the fields that `visalign fix` writes") from error

    def write(self, path: AnyPath) -> Path:
        """Write it as JSON."""
        return write_text(path, format_json(self.to_dict()))

    @classmethod
    def read(cls, path: AnyPath) -> Correction:
        """Read a correction.

        Raises
        ------
        ParseError
            If the file can't be read, or is no correction.
        """
        data = read_json(path)
        if not isinstance(data, dict):
            raise ParseError(path, None, "a correction is a JSON object, as `visalign fix` writes it")
        try:
            return cls.from_dict(data)
        except (ConfigError, TimelineError) as error:
            raise ParseError(path, None, str(error)) from error


def correction_name(target: AnyPath) -> Path:
    """Where the correction of a written clip goes: beside it, ``clip.mp4`` → ``clip.visalign.json``."""
    return Path(target).with_suffix(CORRECTION_SUFFIX)


def file_digest(path: AnyPath) -> str:
    """SHA-256 of a file's bytes, as hex.

    Raises
    ------
    MediaError
        If it can't be read.
    """
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            while block := file.read(_READ_AT_ONCE):
                digest.update(block)
    except OSError as error:
        raise MediaError(path, f"can't be read ({error.strerror})", "Check the path and its permissions.") from error
    return digest.hexdigest()
