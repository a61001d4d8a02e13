"""Makes the samples, a file for each speaker and for each block of heads, in two processes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from heads import HeadMaker
from samples import Sample, head_vertices, of_head, of_speaker
from speakers import clips_of_speakers, seen_frames
from teacher import Teacher

PEOPLE_A_BLOCK = 25


def write_samples(path: Path, samples: list[Sample]) -> None:
    """Keep samples as arrays."""
    np.savez(
        path,
        pictures=np.stack([x.picture for x in samples]),
        points=np.stack([x.points for x in samples]),
        boxes=np.stack([x.box for x in samples]),
        yaw=np.array([x.yaw for x in samples], np.float32),
        who=np.array([x.who for x in samples]),
    )


def read_samples(paths: list[Path]) -> dict[str, np.ndarray]:
    """The samples of some files, one after the other."""
    parts = [np.load(path, allow_pickle=False) for path in paths]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0].files}


def gather(
    data: Path, work: Path, wheel: Path | None, *, frames: int, views: int, people: int, looks: int, processes: int = 2
) -> list[Path]:
    """All files of samples; those that are there are kept.

    Parameters
    ----------
    data : Path
        With ``grid`` and ``faces``.
    work : Path
        Where the files go.
    wheel : Path, optional
        The teacher's.
    frames, views : int
        Frames of each speaker, and samples of each frame.
    people, looks : int
        Rendered persons, and samples of each.
    """
    work.mkdir(parents=True, exist_ok=True)
    vertices = work / "head_vertices.npy"
    if not vertices.exists():
        np.save(vertices, head_vertices(HeadMaker(data / "faces/ict_facekit.npz"), Teacher(wheel)))
    speakers = sorted(clips_of_speakers(data / "grid"))
    jobs = [(_speaker, data, work, wheel, name, frames, views) for name in speakers]
    blocks = range(0, people, PEOPLE_A_BLOCK)
    jobs += [(_heads, data, work, first, min(PEOPLE_A_BLOCK, people - first), looks) for first in blocks]
    with ProcessPoolExecutor(processes) as pool:
        return [task.result() for task in [pool.submit(*job) for job in jobs]]


def _speaker(data: Path, work: Path, wheel: Path | None, name: str, frames: int, views: int) -> Path:
    path = work / f"speaker-{name}-{frames}x{views}.npz"
    if path.exists():
        return path
    cv2.setNumThreads(1)
    clips = clips_of_speakers(data / "grid")
    seed = sorted(clips).index(name)
    seen = seen_frames(name, clips[name], frames, Teacher(wheel), seed)
    rng, samples = np.random.default_rng([seed, 3]), list[Sample]()
    for frame in seen:
        samples += of_speaker(frame, views, rng, [seen[k].luma for k in rng.integers(0, len(seen), 3)])
    write_samples(path, samples)
    return path


def _heads(data: Path, work: Path, first: int, n: int, looks: int) -> Path:
    path = work / f"heads-{first:04d}-{n}x{looks}.npz"
    if path.exists():
        return path
    cv2.setNumThreads(1)
    maker, vertices = HeadMaker(data / "faces/ict_facekit.npz"), np.load(work / "head_vertices.npy")
    clips = clips_of_speakers(data / "grid")
    names = sorted(clips)
    # What stands behind a head is seen by chance: a speaker's wall or collar at any size.
    from speakers import frames_of

    behind = [image for name in names for _, image in frames_of(clips[name][0], {first % 75})]
    others = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in behind]
    samples = [sample for who in range(first, first + n) for sample in of_head(maker, vertices, who, looks, others)]
    write_samples(path, samples)
    return path
