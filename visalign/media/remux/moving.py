"""Move the sound of a clip against its picture by changing time stamps alone."""

from __future__ import annotations

from fractions import Fraction

from visalign.errors import AnyPath
from visalign.files.outputs import whole_file
from visalign.media import ffmpeg
from visalign.media.remux.copying import Copier, container_for, created, demuxed

__all__ = ["move_sound"]


def move_sound(
    source: AnyPath, target: AnyPath, delay_seconds: float, *, track: int | None = None, all_tracks: bool = False
) -> tuple[str, ...]:
    """Copy a clip with its sound later (or, with a negative delay, earlier); nothing is encoded anew.

    Parameters
    ----------
    source : path-like
        The clip.
    target : path-like
        The new file: .mp4, .mov, .mkv, .webm or .ts. An older file is replaced.
    delay_seconds : float
        Positive: the sound comes later.
    track : int, optional
        The audio stream to move, as :func:`~visalign.media.clips.probe` lists it; by default the one marked as default.
    all_tracks : bool
        Move all audio streams alike.

    Returns
    -------
    tuple of str
        Data streams that were left out because the container can't hold them.

    Raises
    ------
    MediaError, MissingStream
        If the clip can't be read or has no sound.
    ConfigError
        If there is no such track, or files like `target` are not written.
    OutputError
        If it can't be written there, or the container can't hold one of the streams.
    """
    container_for(target)
    with ffmpeg.opened(source) as clip, whole_file(target) as draft:
        sounds = ffmpeg.audio_streams(clip)
        chosen = ffmpeg.choose_stream(source, "audio", sounds, track)
        moved = sounds if all_tracks else [chosen]
        moves = {stream.index: Fraction(delay_seconds) for stream in moved}
        with created(target, draft, chosen.codec_context.sample_rate, clip.metadata) as output:
            copier = Copier(source, clip, output, moves)
            for stream in clip.streams:
                copier.add_stream(stream)
            copier.add_chapters()
            for packet in demuxed(clip):
                copier.copy(packet)
            copier.finish()
    return tuple(copier.left_out)
