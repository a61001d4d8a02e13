"""Makes the samples, a file for each speaker and for each block of heads, in two processes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from drawn import NAME as DRAWN
from drawn import drawn_frames
from heads import HeadMaker
from points import HEAD_VERTICES
from samples import Sample, of_head, of_speaker
from speakers import Seen, clips_of_speakers, frames_of, seen_frames
from teacher import Teacher

PEOPLE_A_BLOCK = 25


def write_samples(path: Path, samples: list[Sample]) -> None:
    """Keep samples as arrays."""
    landmarks = [x.landmarks for x in samples if x.landmarks is not None]
    np.savez(
        path,
        **({"landmarks": np.stack(landmarks)} if len(landmarks) == len(samples) else {}),
        pictures=np.stack([x.picture for x in samples]),
        points=np.stack([x.points for x in samples]),
        boxes=np.stack([x.box for x in samples]),
        yaw=np.array([x.yaw for x in samples], np.float32),
        who=np.array([x.who for x in samples]),
    )


def read_samples(paths: list[Path]) -> dict[str, np.ndarray]:
    """The samples of some files, one after the other."""
    parts = [np.load(path, allow_pickle=False) for path in paths]
    return {name: np.concatenate([x[name] for x in parts]) for name in parts[0].files if all(name in x for x in parts)}


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
    names = sorted(clips_of_speakers(data / "grid"))
    blocks = range(0, people, PEOPLE_A_BLOCK)
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(_frames, *zip(*[(data, work, wheel, name, frames) for name in [*names, DRAWN]], strict=True)))
        jobs = [(_speaker, work, name, names, frames, views) for name in sorted([*names, DRAWN])]
        jobs += [(_heads, data, work, first, min(PEOPLE_A_BLOCK, people - first), looks) for first in blocks]
        return [task.result() for task in [pool.submit(*job) for job in jobs]]


def gather_test_heads(data: Path, work: Path) -> list[Path]:
    """Persons that no model is taught, six samples of each."""
    return [_heads(data, work, first, PEOPLE_A_BLOCK, 6) for first in (10_000, 10_000 + PEOPLE_A_BLOCK)]


def _frames(data: Path, work: Path, wheel: Path | None, name: str, n_frames: int) -> None:
    """Frames of a speaker with the teacher's mesh."""
    path = work / f"frames-{name}-{n_frames}.npz"
    if not path.exists():
        cv2.setNumThreads(1)
        clips = clips_of_speakers(data / "grid")
        if name == DRAWN:
            seen = drawn_frames(n_frames, Teacher(wheel), len(clips))
        else:
            seen = seen_frames(name, clips[name], n_frames, Teacher(wheel), sorted(clips).index(name))
        np.savez(path, **{f"luma{k}": x.luma for k, x in enumerate(seen)}, mesh=np.stack([x.mesh for x in seen]))


def _seen(work: Path, name: str, n_frames: int) -> list[Seen]:
    with np.load(work / f"frames-{name}-{n_frames}.npz", allow_pickle=False) as data:
        return [Seen(name, data[f"luma{k}"], mesh) for k, mesh in enumerate(data["mesh"])]


def _speaker(work: Path, name: str, names: list[str], frames: int, views: int) -> Path:
    path = work / f"speaker-{name}-{frames}x{views}.npz"
    if path.exists():
        return path
    cv2.setNumThreads(1)
    others = [seen for other in names if other != name for seen in _seen(work, other, frames)]
    rng = np.random.default_rng([len(names) if name == DRAWN else names.index(name), 3])
    write_samples(
        path, [sample for seen in _seen(work, name, frames) for sample in of_speaker(seen, views, rng, others)]
    )
    return path


def _heads(data: Path, work: Path, first: int, n: int, looks: int) -> Path:
    path = work / f"heads-{first:04d}-{n}x{looks}.npz"
    if path.exists():
        return path
    cv2.setNumThreads(1)
    maker = HeadMaker(data / "faces/ict_facekit.npz")
    clips = clips_of_speakers(data / "grid")
    names = sorted(clips)
    # What stands behind a head is seen by chance: a speaker's wall or collar at any size.
    behind = [image for name in names for _, image in frames_of(clips[name][0], {first % 75})]
    others = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in behind]
    samples = [
        sample for who in range(first, first + n) for sample in of_head(maker, HEAD_VERTICES, who, looks, others)
    ]
    write_samples(path, samples)
    return path
