"""The clips of a rating test as files that browsers play, and the anchors made from the reference.

Conventions
-----------
Clips that any browser plays (H.264 with AAC in MP4, VP8 or VP9 with Opus or Vorbis in WebM) are copied byte for byte.
Where a single one of a test is not, all are encoded anew with the same settings, so that the encoding favours no
condition; anchors are then encoded as well. An anchor in a test that is otherwise copied is made of the reference
with its picture encoded anew at high quality: it is there for its sync.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from visalign.errors import MissingStream
from visalign.files.outputs import whole_file
from visalign.media.clips import probe, read_audio, read_frames, write_clip
from visalign.ratings.design import RatingDesign
from visalign.signals import Audio

__all__ = ["playable", "write_stimuli"]

_RATE_HZ = 48000
_MP4 = ({"h264"}, {"aac", "mp3"})
_WEBM = ({"vp8", "vp9", "av1"}, {"opus", "vorbis"})


def playable(path: Path) -> bool:
    """Whether any browser plays a clip as it is.

    Raises
    ------
    MediaError
        If it can't be read.
    MissingStream
        If it has no picture or no sound: neither sync nor quality of speech could be rated.
    """
    info = probe(path)
    for streams, kind in ((info.video, "video"), (info.audio, "audio")):
        if not streams:
            raise MissingStream(path, kind)
    is_webm = path.suffix.lower() == ".webm"
    if not is_webm and path.suffix.lower() not in {".mp4", ".m4v"}:
        return False
    videos, sounds = _WEBM if is_webm else _MP4
    return info.video[0].codec in videos and info.audio[0].codec in sounds


def write_stimuli(design: RatingDesign, clips: Path, folder: Path) -> tuple[dict[str, str], bool]:
    """Write all stimuli of a design into `folder`.

    Returns
    -------
    names : dict of str to str
        File of each stimulus.
    encoded : bool
        Whether all clips were encoded anew.
    """
    sources = {stimulus.path: clips / stimulus.path for stimulus in design.stimuli}
    plays = [playable(path) for path in sources.values()]  # all of them: each is looked at for sound and picture
    encoded = not all(plays)
    names = {}
    for stimulus in design.stimuli:
        source = sources[stimulus.path]
        anew = encoded or stimulus.lead_seconds != 0
        names[stimulus.id] = f"{stimulus.id}{'.mp4' if anew else source.suffix.lower()}"
        target = folder / names[stimulus.id]
        if anew:
            _encode(source, target, stimulus.lead_seconds)
        else:
            with whole_file(target) as draft:
                shutil.copyfile(source, draft)
    return names, encoded


def _encode(source: Path, target: Path, lead_seconds: float) -> None:
    video = probe(source).video[0]
    write_clip(target, _on_grid(source, video.rate), video.rate, _moved(read_audio(source, _RATE_HZ), lead_seconds))


def _on_grid(source: Path, rate: Fraction) -> Iterator[npt.NDArray[np.uint8]]:
    """The picture that is on the screen at the middle of each frame of a constant rate."""
    shown, count = None, 0
    for frame in read_frames(source, colour=True):
        while shown is not None and (count + 0.5) / rate < frame.time:
            yield shown
            count += 1
        shown = frame.image
    if shown is not None:
        yield shown


def _moved(audio: Audio, lead_seconds: float) -> Audio:
    """The sound made early (positive) or late, its length kept."""
    n = round(lead_seconds * audio.rate_hz)
    moved = np.zeros_like(audio.samples)
    if n >= 0:
        moved[: len(moved) - n] = audio.samples[n:] if n < len(moved) else 0
    else:
        moved[-n:] = audio.samples[:n]
    return Audio(moved, audio.rate_hz)
