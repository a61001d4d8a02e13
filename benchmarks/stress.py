"""P1 and P2 under stress: noise, compression, frame rates, sizes, turned heads, light, things before the mouth.

    python benchmarks/grid.py run OUT benchmarks/stress.py       # measures: a line of JSON a check, kept in OUT
    python benchmarks/stress_table.py OUT [--images DIR]         # table and plots of what OUT holds

Up to two clips of each speaker, whom the lip model (VISALIGN_LIP_MODEL) never met. A worse picture is written as a
film and read like any other. Every clip is checked with the sound shifted by known amounts, with the second half of the
speech shifted (scores of words), and with another clip's sound and words.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from noises import noise
from picture_changes import Filmed, Mouth, Picture, blurred, brighter, covered, film, noisy, yawed
from scipy.signal import correlate

import visalign
from visalign.corpora.grid import sentence_of
from visalign.evaluation.protocol import half_shifted, shifted
from visalign.lips.clip_faces import read_faces
from visalign.lips.landmarks import load_detector, track_landmarks
from visalign.lips.lip_cache import cached_faces
from visalign.media.clips import read_frames
from visalign.signals import Audio

SHIFTS = (-0.2, -0.12, 0.0, 0.12, 0.2)
HALF_SHIFTS = (-0.2, 0.2)
CLIPS_A_SPEAKER = 2


@dataclass(frozen=True)
class Condition:
    """One way in which a clip is worse."""

    group: str
    level: str
    picture: Filmed | None = None
    sound: Callable[[Audio], Audio] | None = None


def with_noise(kind: str, snr_db: float) -> Callable[[Audio], Audio]:
    def change(audio: Audio) -> Audio:
        added = noise(kind, len(audio.samples), 1) * np.sqrt(np.mean(audio.samples**2)) * 10 ** (-snr_db / 20)
        return replace(audio, samples=(audio.samples + added).astype(audio.samples.dtype))

    return change


def through(codec: str, bit_rate: int, rate_hz: int) -> Callable[[Audio], Audio]:
    """Encoded and decoded; the delay that is left is measured, and taken off."""

    def change(audio: Audio) -> Audio:
        held = io.BytesIO()
        with av.open(held, "w", format="matroska") as container:
            stream = container.add_stream(codec, rate=rate_hz, layout="mono", bit_rate=bit_rate)
            layout = av.AudioFrame.from_ndarray(audio.samples[None].astype(np.float32), format="fltp", layout="mono")
            layout.sample_rate = audio.rate_hz
            for frame in [*av.AudioResampler("fltp", "mono", rate_hz).resample(layout), None]:
                container.mux(stream.encode(frame))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "sound.mka")
            path.write_bytes(held.getvalue())
            decoded = visalign.read_audio(path)
        delay = int(correlate(decoded.samples, audio.samples).argmax()) - len(audio.samples) + 1
        samples = np.roll(np.resize(np.pad(decoded.samples, (0, audio.rate_hz)), len(audio.samples)), -delay)
        return replace(audio, samples=samples)

    return change


def conditions() -> Iterator[Condition]:
    """All of them, the untouched clip first."""
    yield Condition("as it is", "")
    for kind in ("white", "babble"):
        for snr in (20, 10, 5, 0):
            yield Condition(f"{kind} noise", f"{snr} dB", sound=with_noise(kind, snr))
    yield Condition("coded sound", "AAC, 24 kbit/s", sound=through("aac", 24_000, 16_000))
    yield Condition("coded sound", "Opus, 8 kbit/s", sound=through("libopus", 8_000, 16_000))
    for snr in (20, 10, 5, 0):
        yield Condition("picture noise", f"{snr} dB", Filmed(noisy(snr)))
    for crf in (28, 35, 42, 48):
        yield Condition("H.264", f"CRF {crf}", Filmed(crf=crf))
    for rate in (12.0, 15.0, 24.0, 30.0, 50.0, 60.0):
        yield Condition("frame rate", f"{rate:.0f} a second", Filmed(rate=rate))
    for lines in (90, 144, 180, 480, 1080):
        yield Condition("size", f"{lines} lines", Filmed(lines=lines))
    for degrees in (15, 30, 45):
        yield Condition("head turned", f"{degrees} degrees", Filmed(yawed(degrees)))
    for factor in (0.1, 0.25, 2.0, 3.0):
        yield Condition("light", f"× {factor:g}", Filmed(brighter(factor)))
    for share in (0.05, 0.1, 0.2):
        yield Condition("blur", f"{100 * share:.0f} % of the mouth", Filmed(blurred(share)))
    yield Condition("mouth covered", "below the lips", Filmed(covered(-0.5, 0.5, 0.3, 1.2)))
    yield Condition("mouth covered", "left half", Filmed(covered(-1.0, 0.0, -0.6, 0.6)))
    yield Condition("mouth covered", "every second half second", Filmed(covered(-0.8, 0.8, -0.6, 0.6, every=12)))
    yield Condition("mouth covered", "all of it", Filmed(covered(-0.8, 0.8, -0.6, 0.6)))


def pictures_of(clip: Path) -> tuple[list[Picture], list[Mouth]]:
    """Pictures in colour, and where the mouth is in each."""
    mouths = []
    last: Mouth = (180.0, 200.0, 45.0)
    for item in track_landmarks(read_frames(clip), load_detector()):
        if item.has_face:
            lips = item.points[48:68]
            last = (*lips.mean(axis=0).tolist(), float(np.ptp(lips[:, 0])))
        mouths.append(last)
    return [frame.image for frame in read_frames(clip, colour=True)], mouths


def checked(lips: Any, text: str, audio: Audio) -> tuple[dict[str, Any], Any]:
    try:
        report = visalign.check(lips, text, audio=audio)
    except visalign.VisalignError as error:
        return {"verdict": f"refused: {type(error).__name__}", "lead": None, "confidence": 0.0}, None
    sync = report.sync
    return {
        "verdict": sync.verdict,
        "lead": sync.lead_seconds,
        "confidence": sync.confidence,
        "match": sync.match,
    }, report


def checks(lips: Any, text: str, audio: Audio, other: tuple[str, Audio]) -> Iterator[dict[str, Any]]:
    """All checks of one clip under one condition."""
    genuine = None
    for shift in SHIFTS:
        row, report = checked(lips, text, shifted(audio, shift))
        genuine = report if shift == 0 else genuine
        yield {"kind": "shifted", "truth": shift, **row}
    if genuine is not None:
        yield {
            "kind": "scores",
            "in_sync": scores(genuine),
            "at_fault": list(scores_at_fault(lips, text, audio, genuine)),
        }
    yield {"kind": "dubbed", "truth": None, **checked(lips, *other)[0]}


def scores(report: Any) -> list[float]:
    values: list[float] = report.segments["score"].fillna(0.5).round(4).tolist()
    return values


def scores_at_fault(lips: Any, text: str, audio: Audio, genuine: Any) -> Iterator[float]:
    starts = genuine.segments["start"].to_numpy()
    for seconds in HALF_SHIFTS:
        _, report = checked(lips, text, half_shifted(audio, starts[len(starts) // 2], seconds))
        if report is not None:
            yield from scores(report)[len(starts) // 2 :]


def measure(clips: list[Path], chosen: str, keep: Path | None) -> Iterator[dict[str, Any]]:
    films: dict[str, list[Any]] = {}
    sounds = [visalign.read_audio(clip) for clip in clips]
    for condition in conditions():
        name = f"{condition.group}, {condition.level}".rstrip(", ")
        if chosen not in name:
            continue
        for k, clip in enumerate(clips):
            if condition.picture is not None and clip.name not in films:
                films[clip.name] = list(pictures_of(clip))
            lips = lips_of(clip, condition, films.get(clip.name), keep)
            base = {"clip": clip.stem, "group": condition.group, "level": condition.level}
            if isinstance(lips, str):
                refused = {"verdict": f"refused: {lips}", "lead": None, "confidence": 0.0}
                for shift in SHIFTS:
                    yield base | {"kind": "shifted", "truth": shift} | refused
                yield base | {"kind": "dubbed", "truth": None} | refused
                continue
            change = condition.sound or (lambda audio: audio)
            following = (k + 1) % len(clips)
            other = (sentence_of(clips[following].stem) or "", change(sounds[following]))
            for row in checks(lips, sentence_of(clip.stem) or "", change(sounds[k]), other):
                if row["kind"] != "dubbed" or len(clips) > 1:
                    yield base | row


def lips_of(clip: Path, condition: Condition, filmed: Any, keep: Path | None) -> Any:
    """Lips of the changed clip, or the name of the error that says why there are none."""
    read = partial(cached_faces, folder=keep) if keep else read_faces
    try:
        if condition.picture is None:
            return read(clip)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"{clip.stem}.mp4")
            film(*filmed, condition.picture, path)
            return read(path)
    except visalign.VisalignError as error:
        return type(error).__name__


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--only", default="", help="conditions whose name holds this")
    parser.add_argument(
        "--keep", type=Path, help="folder for the lips that were read: another model is measured sooner"
    )
    options = parser.parse_args()
    clips = sorted(options.clips.glob("*.mpg"))
    for row in measure(clips[:: max(1, len(clips) // CLIPS_A_SPEAKER)][:CLIPS_A_SPEAKER], options.only, options.keep):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
