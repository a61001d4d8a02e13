"""Put a separate recording into a clip, at the right time.

Where it belongs is found, in this order: from the sound that the clip has itself (:mod:`visalign.sound.matching`); if
that does not tell, by the lips; or, where asked, by the timecodes of both. A new take of the same words is stretched to
the old one's timing (:mod:`visalign.sound.time_stretch`).

Conventions
-----------
`offset_seconds` is the time on the clip's clock at which the recording starts: negative where it began before the
picture. The new sound track begins with the clip and lasts as long as its picture; the recording lies in it to the
sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from visalign.errors import AnyPath, ConfigError, CorrectionRefused, MissingStream
from visalign.files.outputs import check_output, refuse_existing
from visalign.files.timecode import can_drop_frames, format_timecode, parse_timecode
from visalign.media import ffmpeg
from visalign.media.clips import probe, read_audio, read_channels
from visalign.media.remux import Piece, Recording, container_for, put_sound, retimed
from visalign.reports.clip_report import ClipReport
from visalign.signals import Channels, MediaInfo
from visalign.sound.matching import match_sounds
from visalign.sound.time_stretch import match_dialogue, stretched

__all__ = ["METHODS", "Attached", "attach", "find_offset", "start_timecode"]

METHODS = ("auto", "sound", "lips", "timecode", "adr")
"""How the place is found: ``auto`` is by the sound, else by the lips; ``adr`` stretches a new take."""

_SECONDS_A_DAY = 86400
# The first search, before words are warped: a take is cut to the clip's length around its place.
_ANALYSIS_RATE_HZ = 16000


@dataclass(frozen=True, slots=True)
class Attached:
    """Where a recording was put.

    Parameters
    ----------
    offset_seconds : float
        Time on the clip's clock at which it starts; where it was stretched, the mean shift.
    method : str
        What found it: ``sound``, ``lips``, ``timecode``, ``adr`` or ``given``.
    evidence : str
        How sure that is, in words.
    timecode : str or None
        SMPTE timecode of its start, where the clip has one and the recording does not start before it.
    stretch : (float, float) or None
        Least and greatest speed, where it was stretched.
    left_out : tuple of str
        Data streams that the new file's container can't hold.
    """

    offset_seconds: float
    method: str
    evidence: str
    timecode: str | None = None
    stretch: tuple[float, float] | None = None
    left_out: tuple[str, ...] = ()


Measure = Callable[[Path], ClipReport]


def attach(
    video: AnyPath,
    audio: AnyPath,
    target: AnyPath,
    *,
    by: str = "auto",
    offset_seconds: float | None = None,
    measure: Measure | None = None,
    replace_sound: bool = False,
    codec: str | None = None,
    force: bool = False,
    overwrite: bool = False,
) -> Attached:
    """Find where a recording belongs, and write the clip with it.

    Parameters
    ----------
    video : path-like
        The clip.
    audio : path-like
        The recording, at any rate and with any channels.
    target : path-like
        The new file.
    by : str
        One of :data:`METHODS`.
    offset_seconds : float, optional
        The place, where it is known.
    measure : callable, optional
        Takes the recording's path and returns the report of the clip's lips with it; needed for ``lips``.
    replace_sound : bool
        Leave out the clip's own sound; otherwise it is kept as a track that is not played by default.
    codec : str, optional
        FFmpeg's name of an encoder (``flac``, ``pcm_s24le``, ``aac`` …); the container's usual one by default.
    force : bool
        Take the best place even if it is not certain.
    overwrite : bool
        A file of that name may be replaced, if it is not an input.

    Returns
    -------
    Attached

    Raises
    ------
    CorrectionRefused
        If the place is not certain.
    MissingStream
        If the clip has no picture, or the recording no sound.
    OutputError, ConfigError
        If `target` exists or can't be written.
    """
    if by not in METHODS:
        raise ConfigError("by", by, METHODS)
    container_for(target)
    refuse_existing(target, overwrite=overwrite)
    check_output(target, suffixes=(Path(target).suffix,), inputs=(video, audio), overwrite=True)
    info, sound = probe(video), read_channels(audio)
    if not info.video:
        raise MissingStream(video, "video")
    if offset_seconds is not None:
        found = Attached(offset_seconds, "given", "the offset was given")
    elif by == "adr":
        found, sound = _respoken(video, sound)
    else:
        found = find_offset(video, audio, sound, info, by=by, measure=measure, force=force)
    track = _placed(sound, 0.0 if found.stretch else found.offset_seconds, info)
    left_out = put_sound(
        video, target, Recording.of(track, codec), drop_sound=replace_sound, labels={"title": "attached"}
    )
    return replace(found, timecode=_timecode_of(video, info, found.offset_seconds), left_out=left_out)


def find_offset(
    video: AnyPath,
    audio: AnyPath,
    sound: Channels,
    info: MediaInfo,
    *,
    by: str = "auto",
    measure: Measure | None = None,
    force: bool = False,
) -> Attached:
    """Find where a recording belongs; parameters and errors are those of :func:`attach`."""
    if by == "timecode":
        return _by_timecode(video, audio, info, sound.rate_hz)
    doubt = "the clip has no sound of its own"
    if by in ("auto", "sound") and info.audio:
        found, doubt = _by_sound(video, sound, force=force and by == "sound")
        if found is not None:
            return found
    if by in ("auto", "lips") and measure is not None:
        return _by_lips(video, audio, measure, force=force)
    raise CorrectionRefused(video, f"the place of {Path(audio).name} is not certain: {doubt}", "uncertain")


def _by_sound(video: AnyPath, sound: Channels, *, force: bool) -> tuple[Attached | None, str]:
    match = match_sounds(read_audio(video, sound.rate_hz), sound.mono)
    if match is None:
        return None, "one of the two is silent or shorter than a second"
    words = f"the waveforms' peak is {match.sharpness:.0f} times its surroundings; 9 is asked for"
    if match.is_certain or force:
        return Attached(match.offset_seconds, "sound", words), ""
    return None, f"its sound is not found again in the clip's ({words})"


def _by_lips(video: AnyPath, audio: AnyPath, measure: Measure, *, force: bool) -> Attached:
    sync = measure(Path(audio)).sync
    if sync.lead_seconds is None or (sync.verdict in ("uncertain", "mismatched") and not force):
        reason = f"by the lips the verdict is {sync.verdict}" + (f" ({sync.reason})" if sync.reason else "")
        raise CorrectionRefused(video, reason, sync.verdict)
    return Attached(sync.lead_seconds, "lips", f"by the lips, confidence {sync.confidence:.2f}")


def _respoken(video: AnyPath, sound: Channels) -> tuple[Attached, Channels]:
    guide = read_audio(video, _ANALYSIS_RATE_HZ)
    curve = match_dialogue(guide, sound.mono)
    made = stretched(sound, curve, round(guide.duration * sound.rate_hz))
    times = np.arange(0.0, guide.duration, 0.01)
    speeds = np.gradient(curve(times), 0.01)
    words = f"matched by time warping, mean cost {curve.distance:.2f} of 2"
    shift = float(np.mean(times - curve(times)))
    return Attached(shift, "adr", words, stretch=(float(speeds.min()), float(speeds.max()))), made


def _placed(sound: Channels, offset: float, info: MediaInfo) -> Channels:
    """The recording on the clip's clock, from its origin to the end of its picture."""
    end = max(stream.start + stream.duration for stream in info.video)
    moved = retimed(sound.samples, sound.rate_hz, [Piece(0.0, offset)], round(end * sound.rate_hz))
    return replace(sound, samples=moved)


# ---- timecode ----


def start_timecode(path: AnyPath, rate_hz: int | None = None) -> tuple[str | None, float | None]:
    """Timecode tag of a file, and its start in seconds after midnight where that is known without one.

    Broadcast WAV files hold their start as samples after midnight (``time_reference``, EBU Tech 3285).
    """
    with ffmpeg.opened(path) as container:
        tags = dict(container.metadata)
        for stream in container.streams:
            tags = {**stream.metadata, **tags}
    tags = {key.lower(): value for key, value in tags.items()}
    reference = tags.get("time_reference", "")
    seconds = int(reference) / rate_hz if reference.isdigit() and rate_hz else None
    return tags.get("timecode"), seconds


def _by_timecode(video: AnyPath, audio: AnyPath, info: MediaInfo, rate_hz: int) -> Attached:
    rate = info.video[0].rate
    start = _timecode_seconds(*start_timecode(video), rate)
    other = _timecode_seconds(*start_timecode(audio, rate_hz), rate)
    for path, found in ((video, start), (audio, other)):
        if found is None:
            raise CorrectionRefused(path, "it has no timecode", "uncertain")
    assert start is not None  # the loop above has seen to both
    assert other is not None
    # A recording after midnight belongs to a clip from before it.
    offset = (other - start + _SECONDS_A_DAY / 2) % _SECONDS_A_DAY - _SECONDS_A_DAY / 2
    return Attached(offset + info.video[0].start, "timecode", "by the timecodes of both files")


def _timecode_seconds(text: str | None, seconds: float | None, rate: Fraction) -> float | None:
    if seconds is not None:
        return seconds
    return None if text is None else float(parse_timecode(text, rate) / rate)


def _timecode_of(video: AnyPath, info: MediaInfo, offset: float) -> str | None:
    text, rate = start_timecode(video)[0], info.video[0].rate
    if text is None:
        return None
    drops = can_drop_frames(rate) and ";" in text
    frame = parse_timecode(text, rate) + round((offset - info.video[0].start) * rate)
    return format_timecode(frame, rate, drop_frame=drops) if frame >= 0 else None
