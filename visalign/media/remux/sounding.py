"""Write a clip anew with one of its sound tracks made anew: at other times, or from another recording.

All other streams are copied as they are (:mod:`visalign.media.remux.copying`). The new sound begins with the clip's
origin, to the sample, so that it is right in players too that ignore when a track starts.

Conventions
-----------
Blocks of sound are float32 (n_samples, n_channels); the first begins at the clip's origin.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

from visalign.errors import AnyPath, MediaError
from visalign.files.outputs import whole_file
from visalign.files.scratch import blocks_of
from visalign.media import ffmpeg
from visalign.media.remux.copying import (
    Copier,
    OutputContainer,
    Packet,
    container_for,
    copy_labels,
    created,
    demuxed,
    interleave,
)
from visalign.media.remux.time_map import Piece, Retimer
from visalign.media.tape import Block, Lane, named_layout
from visalign.signals import Channels

__all__ = ["Recording", "put_sound", "retime_sound"]

# Encoder for each decoder whose name differs; what is not here and has no encoder becomes the container's usual codec.
_ENCODERS = {"mp3": "libmp3lame", "mp3float": "libmp3lame", "opus": "libopus", "vorbis": "libopus", "aac_latm": "aac"}
_USUAL_ENCODERS = {"mp4": "aac", "mov": "aac", "matroska": "aac", "webm": "libopus", "mpegts": "aac"}
# Bits a second and channel where the source does not say; AAC and Opus are transparent for speech well below.
_BIT_RATE_PER_CHANNEL = 96_000
_OPUS_RATE_HZ = 48000
_PIECE = 4096  # samples


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Sound to be put into a clip.

    Parameters
    ----------
    blocks : iterable of ndarray of float32, shape (n_samples, n_channels)
        The sound, from the clip's origin on.
    rate_hz : int
        Samples a second.
    layout : str
        Channels, by FFmpeg's names ("mono", "stereo", "5.1" …).
    codec : str or None
        FFmpeg's name of an encoder; by default the one of the track that is replaced, or the container's usual one.
    """

    blocks: Iterable[Block]
    rate_hz: int
    layout: str
    codec: str | None = None

    @classmethod
    def of(cls, sound: Channels, codec: str | None = None) -> Recording:
        """All of a sound that was read."""
        pieces = (sound.samples[part] for part in blocks_of(len(sound.samples), _PIECE, sound.samples))
        return cls(pieces, sound.rate_hz, sound.layout, codec)


def retime_sound(
    source: AnyPath, target: AnyPath, pieces: Sequence[Piece], *, track: int | None = None
) -> tuple[str, ...]:
    """Write a clip with the sound of one track at other times; that track alone is encoded anew.

    The track keeps its length, codec (where it can be encoded), sampling rate, channels and labels.

    Parameters
    ----------
    source, target : path-like
        The clip, and the new file (.mp4, .mov, .mkv, .webm, .ts; an older one is replaced).
    pieces : sequence of Piece
        What is heard when; one piece with a delay shifts all of it.
    track : int, optional
        The audio stream, as :func:`~visalign.media.clips.probe` lists it; by default the one marked as default.

    Returns
    -------
    tuple of str
        Data streams that were left out because the container can't hold them.

    Raises
    ------
    MediaError, MissingStream, ConfigError, OutputError
        As :func:`~visalign.media.remux.moving.move_sound`.
    TimelineError
        If the pieces contradict each other.
    """
    container_for(target)
    with ffmpeg.opened(source) as clip, whole_file(target) as draft:
        chosen = ffmpeg.choose_stream(source, "audio", ffmpeg.audio_streams(clip), track)
        context = chosen.codec_context
        rate_hz, layout = context.sample_rate, named_layout(context.layout)
        with created(target, draft, rate_hz, clip.metadata) as output:
            copier = Copier(source, clip, output, {}, dropped={chosen.index})
            sound: _SoundTrack | None = None
            for stream in clip.streams:
                if stream.index == chosen.index:
                    sound = _SoundTrack(output, chosen, rate_hz, layout, None, copier.start)
                else:
                    copier.add_stream(stream)
            copier.add_chapters()
            assert sound is not None  # the chosen stream is one of the clip's
            _Desk(clip, chosen, Lane(rate_hz, layout), Retimer(rate_hz, pieces), sound).run(copier)
            if not sound.n_samples:
                raise MediaError(source, "no sound in this file can be decoded", "Is the copy complete?")
    return tuple(copier.left_out)


class _Desk:
    """Takes the sound of a stream apart, moves it and puts it together again, while the other streams are copied."""

    def __init__(
        self, clip: ffmpeg.InputContainer, stream: av.AudioStream, lane: Lane, retimer: Retimer, sound: _SoundTrack
    ) -> None:
        self._clip, self._stream, self._lane, self._retimer, self._sound = clip, stream, lane, retimer, sound
        self._origin = ffmpeg.origin_of(clip)

    def run(self, copier: Copier) -> None:
        for packet in demuxed(self._clip):
            if packet.stream_index == self._stream.index:
                self._decode(packet)
            else:
                copier.copy(packet)
        self._decode(None)
        self._pass_on(self._lane.rest())
        for block in self._retimer.finish():
            self._sound.write(block)
        copier.finish()
        self._sound.finish()

    def _decode(self, packet: Packet | None) -> None:
        try:
            frames = self._stream.decode(packet)
        except ffmpeg.DAMAGE:
            self._lane.note_damage()
            return
        for frame in frames:
            self._pass_on(self._lane.lay(frame, ffmpeg.time_of(frame, self._origin)))

    def _pass_on(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            for moved in self._retimer.push(block):
                self._sound.write(moved)


def put_sound(
    source: AnyPath,
    target: AnyPath,
    recording: Recording,
    *,
    replace: int | None = None,
    drop_sound: bool = False,
    labels: dict[str, str] | None = None,
) -> tuple[str, ...]:
    """Write a clip with a recording as a sound track; all that is kept of the clip is copied as it is.

    Parameters
    ----------
    source, target : path-like
        The clip, and the new file (.mp4, .mov, .mkv, .webm, .ts; an older one is replaced).
    recording : Recording
        The new sound.
    replace : int, optional
        Index of the audio stream whose place it takes; by default it is added as the last audio stream and becomes
        the default one.
    drop_sound : bool
        Leave out all of the clip's own sound.
    labels : dict of str to str, optional
        Tags of the new track (``language``, ``title``).

    Returns
    -------
    tuple of str
        Data streams that were left out because the container can't hold them.

    Raises
    ------
    MediaError, ConfigError, OutputError
        As :func:`~visalign.media.remux.moving.move_sound`.
    """
    container_for(target)
    with ffmpeg.opened(source) as clip, whole_file(target) as draft:
        sounds = {s.index: s for s in ffmpeg.audio_streams(clip)}
        if replace is not None:
            ffmpeg.choose_stream(source, "audio", list(sounds.values()), replace)
        with created(target, draft, recording.rate_hz, clip.metadata) as output:
            out = set(sounds) if drop_sound else {replace}
            copier = Copier(source, clip, output, {}, dropped=out)
            twin = None if replace is None else sounds[replace]
            sound: _SoundTrack | None = None
            for stream in clip.streams:
                if stream.index == replace:
                    sound = _SoundTrack(
                        output, twin, recording.rate_hz, recording.layout, recording.codec, copier.start
                    )
                elif stream.index not in out:
                    copier.add_stream(stream)
            if sound is None:
                sound = _SoundTrack(output, None, recording.rate_hz, recording.layout, recording.codec, copier.start)
                copier.make_only_default(sound.stream)
            sound.stream.metadata.update(labels or {})
            copier.add_chapters()
            interleave(copier, demuxed(clip), sound, iter(recording.blocks))
    return tuple(copier.left_out)


class _SoundTrack:
    """An encoded sound track of the new file.

    Parameters
    ----------
    output : OutputContainer
        The new file.
    twin : av.AudioStream or None
        The track it replaces: gives labels, codec and bit rate.
    rate_hz : int
        Of the blocks.
    layout : str
        Channels of the blocks.
    codec : str or None
        Encoder to use in any case.
    start : Fraction
        Time in the new file at which the first block begins, seconds.
    """

    def __init__(
        self,
        output: OutputContainer,
        twin: av.AudioStream | None,
        rate_hz: int,
        layout: str,
        codec: str | None,
        start: Fraction,
    ) -> None:
        name = codec or _encoder_for(output, twin)
        encoder = av.codec.Codec(name, "w")
        rates = encoder.audio_rates or [rate_hz]
        coded_hz = rate_hz if rate_hz in rates else (_OPUS_RATE_HZ if _OPUS_RATE_HZ in rates else max(rates))
        # FFmpeg's AAC and Opus are told to leave their version out, so that the same sound gives the same bytes.
        stream = output.add_stream(name, rate=coded_hz, layout=layout, options={"flags": "+bitexact"})
        assert isinstance(stream, av.AudioStream)  # for the type checker: the encoder is one of sound
        sample_format = _sample_format(encoder, twin)
        stream.codec_context.format = av.AudioFormat(sample_format)
        if not name.startswith(("pcm", "flac", "alac")):
            stream.codec_context.bit_rate = _bit_rate(twin, layout)
        if twin is not None:
            copy_labels(twin, stream)
        self.stream, self._output = stream, output
        self._rate_hz, self._layout, self._start = rate_hz, layout, start
        self._resampler = av.AudioResampler(sample_format, layout, coded_hz)
        self.n_samples = 0

    @property
    def written_until(self) -> Fraction:
        """Time in the new file up to which there is sound."""
        return self._start + Fraction(self.n_samples, self._rate_hz)

    def write(self, block: Block) -> None:
        """Append a block."""
        if not len(block):
            return
        packed = np.ascontiguousarray(block, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=self._layout)
        frame.sample_rate, frame.time_base = self._rate_hz, Fraction(1, self._rate_hz)
        frame.pts = self.n_samples + round(self._start * self._rate_hz)
        self.n_samples += len(block)
        self._mux(frame)

    def finish(self) -> None:
        """Write what the resampler and the encoder still hold."""
        self._mux(None)
        self._output.mux(self.stream.encode(None))

    def _mux(self, frame: av.AudioFrame | None) -> None:
        for piece in self._resampler.resample(frame):
            self._output.mux(self.stream.encode(piece))


def _encoder_for(output: OutputContainer, twin: av.AudioStream | None) -> str:
    usual = _USUAL_ENCODERS[output.format.name]
    if twin is None:
        return usual
    name = _ENCODERS.get(twin.codec_context.name, twin.codec_context.name)
    with contextlib.suppress(av.codec.codec.UnknownCodecError):
        av.codec.Codec(name, "w")
        return str(name)
    return usual


def _sample_format(encoder: av.codec.Codec, twin: av.AudioStream | None) -> str:
    names = [str(x.name) for x in encoder.audio_formats or []]
    deep = twin is None or twin.codec_context.format.bytes > 2
    # FLAC and ALAC: 24 bits in 32 where the source has more than 16.
    order = ("fltp", "flt", "s32", "s32p", "s16", "s16p") if deep else ("fltp", "flt", "s16", "s16p")
    return next((wanted for wanted in order if wanted in names), names[0] if names else "fltp")


def _bit_rate(twin: av.AudioStream | None, layout: str) -> int:
    known = twin.codec_context.bit_rate if twin is not None else None
    return int(known or _BIT_RATE_PER_CHANNEL * av.AudioLayout(layout).nb_channels)
