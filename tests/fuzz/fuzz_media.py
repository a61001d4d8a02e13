"""Fuzz the reading of clips and sound files: ``python tests/fuzz/fuzz_media.py --seconds 600``.

Small clips in the usual containers and codecs, made here, are changed in a few bytes and read: what is in them, their
sound, their pictures. FFmpeg is a library in C, so this happens in a child process with limits on memory and time; a
child that dies or hangs costs one mutant, whose number is printed. The same ``--seed`` and number give the same mutant:
``--only 1234`` reads that one alone.

A finding is an exception that is not visalign's own, times that do not increase, samples beyond full scale, a dead
process, a hang, or too much memory. The process ends with 1 where there is any.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from places import place_of

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "hostile")]

LONGEST_SECONDS = 20  # for one mutant, of processor time
MOST_MEMORY = 3 << 30
N_FRAMES = 10  # of each seed


def main() -> int:
    """Keep children busy until the time is up, and say what they found."""
    arguments = _arguments()
    if arguments.child is not None:
        return _child(arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="visalign-fuzz-") as folder:
        make_seeds(Path(folder))
        number, left, found = arguments.only or 0, arguments.seconds, 0
        while left > 0:
            began = time.monotonic()
            done, died = _run(arguments, Path(folder), number, left)
            found += died
            number, left = done + 1, left - (time.monotonic() - began)
            if arguments.only is not None:
                break
    found += len(list(arguments.out.glob("media-*.txt")))
    print(f"{number} mutants, {found} findings", flush=True)
    return 1 if found else 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="number of one mutant")
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"), help="folder for what is found")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(arguments: Any, folder: Path, first: int, seconds: float) -> tuple[int, int]:
    """Number of the last mutant that a child read, and 1 if it died of it."""
    command = [sys.executable, __file__, "--child", folder, "--first", first, "--seconds", seconds]
    command += ["--seed", arguments.seed, "--out", arguments.out]
    command += ["--only", arguments.only] if arguments.only is not None else []
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        said, _ = process.communicate(timeout=10 * seconds + 300)
    except subprocess.TimeoutExpired:
        said = b""
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    last = int((folder / "last").read_text() or first)
    if process.returncode == 0:
        return last, 0
    text = said.decode("utf-8", "replace")[-4000:]
    print(f"mutant {last} ended the process with {process.returncode}: {text[-1500:]}", flush=True)
    (arguments.out / f"died-{arguments.seed}-{last}.log").write_text(text, encoding="utf-8")
    return last, 1


# ---- seeds ----

SEEDS = (
    ("a.mp4", {"codec": "aac"}),
    ("b.mkv", {"codec": "libopus"}),
    ("c.ts", {"codec": "aac"}),
    ("d.avi", {"codec": "libmp3lame", "video_codec": "mjpeg", "pixel_format": "yuvj420p"}),
    ("e.mov", {"codec": "pcm_s16le", "layout": "stereo"}),
    ("f.mkv", {"codec": "flac", "video_codec": "ffv1"}),
    ("g.webm", {"codec": "libopus", "video_codec": "libvpx"}),
    ("h.mp4", {"codec": "aac", "layout": "7.1"}),
    ("i.mp4", {"codec": "aac", "rotation_degrees": 90}),
    ("j.mpg", {"codec": "mp2", "video_codec": "mpeg2video"}),
)


def make_seeds(folder: Path) -> None:
    """Write the clips and sounds that are changed."""
    import soundfile
    from workshop import mux, noise

    images = [np.full((48, 64, 3), 20 * n, np.uint8) for n in range(N_FRAMES)]
    sound = 0.1 * noise(int(N_FRAMES / 25 * 48000))
    for name, settings in SEEDS:
        mux(folder / name, images, sound, **settings)
    for name, subtype in (("k.wav", "PCM_16"), ("l.flac", "PCM_16"), ("m.ogg", "VORBIS"), ("n.wav", "FLOAT")):
        soundfile.write(folder / name, sound[:4800], 48000, subtype=subtype)


# ---- one process that reads mutants ----


def _child(arguments: Any) -> int:
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    import av
    from mutations import mutant

    av.logging.set_level(av.logging.PANIC)
    folder: Path = arguments.child
    seeds = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.suffix and path.stem in _STEMS]
    places, end, number = set[str](), time.monotonic() + arguments.seconds, arguments.first
    while time.monotonic() < end:
        (folder / "last").write_text(str(number))
        rng = np.random.default_rng([arguments.seed, number])
        name, data = seeds[int(rng.integers(0, len(seeds)))]
        path = folder / f"mutant{Path(name).suffix}"
        path.write_bytes(mutant(data, rng))
        for reader in READERS:
            try:
                _within(LONGEST_SECONDS, reader, path)
            except BaseException as error:  # a fuzzer wants them all
                _keep(arguments, number, path, reader, error, places)
        if arguments.only is not None:
            break
        number += 1
    return 0


_STEMS = frozenset("abcdefghijklmn")


def _within(seconds: float, reader: Callable[[Path], None], path: Path) -> None:
    # One that hangs in C is beyond an exception: SIGXCPU ends the process, and the parent notes the mutant.
    spent = int(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent, resource.RLIM_INFINITY))
    reader(path)


def _keep(arguments: Any, number: int, path: Path, reader: Any, error: BaseException, places: set[str]) -> None:
    place = f"{reader.__name__} {type(error).__name__} in {place_of(error)}"
    if place in places:
        return
    places.add(place)
    print(f"mutant {number}: {place}: {error!r}"[:400], flush=True)
    stem = arguments.out / f"media-{arguments.seed}-{number}-{reader.__name__}"
    stem.with_suffix(f".input{path.suffix}").write_bytes(path.read_bytes())
    stem.with_suffix(".txt").write_text("".join(traceback.format_exception(error)[-40:]), encoding="utf-8")


def probes(path: Path) -> None:
    """What is in the file."""
    from visalign.errors import VisalignError
    from visalign.media.clips import probe

    with contextlib.suppress(VisalignError):
        info = probe(path)
        assert info.duration >= 0, info.duration
        assert np.isfinite(info.duration)


def sounds(path: Path) -> None:
    """Its sound: finite, within full scale."""
    from visalign.errors import VisalignError
    from visalign.media.clips import read_audio, read_channels

    with contextlib.suppress(VisalignError):
        samples = read_audio(path).samples
        assert samples.ndim == 1
        assert np.all(np.abs(samples) <= 1)
    with contextlib.suppress(VisalignError):
        channels = read_channels(path)
        assert channels.samples.ndim == 2


def pictures(path: Path) -> None:
    """Its pictures: of one size, at increasing times."""
    from visalign.errors import VisalignError
    from visalign.media.clips import read_frames

    with contextlib.suppress(VisalignError):
        frames = [(frame.time, frame.image.shape) for frame in read_frames(path)]
        assert len({shape for _, shape in frames}) <= 1, "pictures of several sizes"
        assert np.all(np.diff([time for time, _ in frames]) > 0), "times do not increase"


READERS: tuple[Callable[[Path], None], ...] = (probes, sounds, pictures)


if __name__ == "__main__":
    sys.exit(main())
