"""What a model's points are worth beside dlib's 68: on speakers and heads left out, and on strangers."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import dlib
import numpy as np
import numpy.typing as npt
from gather import read_samples
from heads import Head, HeadMaker
from points import HEAD_VERTICES, LIPS, MESH_POINTS
from samples import box_around, outward
from scenes import CROP_PX, Pose, crop_scale, draw, shaded
from speakers import FINDER, clips_of_speakers, frames_of, mesh_of
from teacher import Teacher

from visalign.lips.box import Box
from visalign.lips.face_detection import DlibDetector
from visalign.lips.face_tracks import _box_around, follow_faces
from visalign.lips.landmarks import Landmarks, track_landmarks
from visalign.lips.lip_features import lip_features
from visalign.lips.mouth_pictures import N_PICTURE
from visalign.lips.point_layouts import DLIB68, VISALIGN76, PointLayout, layout_of
from visalign.signals import Frame

Floats = npt.NDArray[np.float64]

# The first number of heads that turn; those that taught and tested have lower ones.
_TURNING = 30000
# Of the London faces' 189 hand-set points (found by plotting them): pupils, corners of the eyes, the base of the nose.
_PUPILS, _EYE_CORNERS, _SUBNASALE = (0, 1), (18, 22, 23, 27), 55
# Places of the mouth that they mark, of the twenty that a layout names, and the contours.
_MARKED = {0: 87, 2: 89, 3: 90, 4: 91, 6: 93, 9: 106, 14: 96, 18: 101}
_OUTER = (87, 88, 89, 90, 91, 92, 93, 108, 107, 106, 105, 104)
_INNER = (87, 94, 95, 96, 97, 98, 93, 103, 102, 101, 100, 99)


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 95 % of errors, per cent of the eye distance."""

    median: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Of some errors, parts of the eye distance."""
        every = 100 * np.asarray(list(values))
        return cls(float(np.median(every)), float(np.percentile(every, 95)))

    def __str__(self) -> str:
        return f"{self.median:5.2f} / {self.high:5.2f}"


def eye_distance(points: npt.NDArray[np.float32], layout: PointLayout) -> float:
    """Between the centres of the eyes."""
    right, left = (points[list(eye)].mean(axis=0) for eye in (layout.right_eye, layout.left_eye))
    return float(np.hypot(*(left - right)))


def fitted(detector: DlibDetector, image: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.float32]:
    """As a face that is followed is fitted: again from where the first fit ended."""
    return detector.fit(image, _box_around(detector.fit(image, box)))


# ---- speakers ----


def on_speakers(
    models: dict[str, dict[str, DlibDetector]], grid: Path, teacher: Teacher, *, n_clips: int = 3
) -> dict[str, dict[str, object]]:
    """Each model on clips of speakers that it was not taught.

    Parameters
    ----------
    models : mapping
        For each name of a model, the detector to use for each speaker.
    grid : Path
        GRID's clips.
    teacher : Teacher
        Whose mesh the lips are compared with.
    n_clips : int
        Of each speaker.
    """
    clips, rows = clips_of_speakers(grid), dict[str, dict[str, list[float]]]()
    cv2.setNumThreads(1)
    speakers = sorted(next(iter(models.values())))
    for speaker in speakers:
        for clip in clips[speaker][-n_clips:]:
            images = [image for _, image in frames_of(clip, set(range(75)))]
            frames = [Frame(k / 25, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)) for k, image in enumerate(images)]
            mesh = _meshes(images, frames, teacher)
            tables = {"mesh": _shapes(mesh)}
            for name, of_speaker in models.items():
                began = time.process_time()
                points = np.stack([x.points for x in track_landmarks(frames, of_speaker[speaker])])
                spent = (time.process_time() - began) / len(frames)
                kept = rows.setdefault(name, {})
                kept.setdefault("ms", []).append(1000 * spent)
                kept.setdefault("lips", []).extend(_lip_errors(points, mesh))
                kept.setdefault("lost", []).append(float(np.isnan(points[:, 0, 0]).mean()))
                kept.setdefault("tremble", []).append(_tremble(points))
                tables[name] = _shapes(points)
            for name, table in tables.items():
                for other, reference in tables.items():
                    if name != other:
                        kept = rows.setdefault(name, {})
                        for measure in table:
                            key = f"{measure}~{other}"
                            kept.setdefault(key, []).append(_correlation(table[measure], reference[measure]))
    summary: dict[str, dict[str, object]] = {}
    for name, kept in rows.items():
        summary[name] = {
            key: Spread.of(values) if key == "lips" else round(float(np.nanmedian(values)), 4)
            for key, values in kept.items()
        }
    return summary


def _meshes(images: list[npt.NDArray[np.uint8]], frames: list[Frame], teacher: Teacher) -> npt.NDArray[np.float32]:
    finder = dlib.fhog_object_detector(str(FINDER))
    found, before = [], None
    for image, frame in zip(images, frames, strict=True):
        mesh = mesh_of(image, frame.image, finder, teacher) if before is None else teacher.mesh(image, before)
        if mesh is None:
            found.append(np.full((len(MESH_POINTS), 2), np.nan, np.float32))
            continue
        before = np.stack([mesh[[33, 133], :2].mean(axis=0), mesh[[362, 263], :2].mean(axis=0)])
        found.append(mesh[MESH_POINTS, :2])
    return np.stack(found)


def _lip_errors(points: npt.NDArray[np.float32], mesh: npt.NDArray[np.float32]) -> list[float]:
    layout = layout_of(points.shape[1])
    same = layout is VISALIGN76
    ours, theirs = (LIPS, LIPS) if same else (list(layout.mouth), list(VISALIGN76.mouth))
    errors = []
    for found, true in zip(points, mesh, strict=True):
        error = np.linalg.norm(found[ours] - true[theirs], axis=1).mean() / eye_distance(true, VISALIGN76)
        if np.isfinite(error):
            errors.append(float(error))
    return errors


def _shapes(points: npt.NDArray[np.float32]) -> dict[str, Floats]:
    """Aperture, width and rounding of each frame, as the features have them."""
    from visalign.timeline import FrameTimes

    times = FrameTimes(np.arange(len(points)) / 25, len(points) / 25, Fraction(25))
    lips = lip_features(Landmarks(points, times), np.zeros((len(points), N_PICTURE)))
    height, width = lips.column("outer_aperture"), lips.column("outer_width")
    return {"aperture": lips.column("inner_aperture"), "width": width, "rounding": height / width}


def _correlation(a: Floats, b: Floats) -> float:
    known = np.isfinite(a) & np.isfinite(b)
    return float(np.corrcoef(a[known], b[known])[0, 1]) if known.sum() > 10 else float("nan")


def _tremble(points: npt.NDArray[np.float32]) -> float:
    """Median motion of eyes and nose against their own mean from frame to frame, per cent of the eye distance."""
    layout = layout_of(points.shape[1])
    part = points[:, list(layout.nose_and_eyes)]
    part = part - part.mean(axis=1, keepdims=True)
    apart = eye_distance(np.nanmedian(points, axis=0), layout)
    return float(100 * np.nanmedian(np.linalg.norm(np.diff(part, axis=0), axis=2)) / apart)


# ---- heads ----


def on_heads(models: dict[str, DlibDetector], files: list[Path]) -> dict[str, dict[str, Spread]]:
    """Lips of rendered heads that were left out, against the vertices, by how far the head is turned."""
    samples = read_samples(files)
    result: dict[str, dict[str, Spread]] = {}
    for name, detector in models.items():
        of_68 = detector.layout is DLIB68
        truth = samples["landmarks"] if of_68 else samples["points"]
        lips = list(detector.layout.outer_lips + detector.layout.inner_lips)
        errors = []
        for picture, true, points, box in zip(
            samples["pictures"], truth, samples["points"], samples["boxes"], strict=True
        ):
            found = fitted(detector, picture, Box(*box.tolist()))
            unit = _true_eye_distance(points)
            errors.append(float(np.linalg.norm(found[lips] - true[lips], axis=1).mean() / unit))
        turned, every = np.abs(samples["yaw"]), np.array(errors)
        result[name] = {
            "all": Spread.of(every),
            **{f"{a}-{b}°": Spread.of(every[(turned >= a) & (turned < b)]) for a, b in ((0, 15), (15, 30), (30, 50))},
        }
    return result


def _true_eye_distance(points: npt.NDArray[np.float32]) -> float:
    # A turned head's eyes draw together; the crop is as wide as the box, so its usual share serves all heads alike.
    return max(eye_distance(points, VISALIGN76), 30.0)


def on_turning_heads(models: dict[str, DlibDetector], mesh: Path) -> dict[str, dict[str, str]]:
    """In what part of the pictures a face is followed while heads turn into profile, a degree a frame."""
    maker, behind = HeadMaker(mesh), np.full((CROP_PX, CROP_PX), 90, np.float32)
    kept: dict[str, dict[str, list[bool]]] = {name: {} for name in models}
    for who in range(_TURNING, _TURNING + 8):
        rng = np.random.default_rng(who)
        head = maker.head(rng, maker.person(rng))
        facing, _ = Pose(0, 0, 0, 12).project(head.vertices)
        scale, shift, _ = crop_scale(box_around(facing[HEAD_VERTICES]), None)
        frames = [Frame(yaw / 25, _turned(maker, head, yaw, scale, shift, behind)) for yaw in range(91)]
        for name, detector in models.items():
            for yaw, frame in enumerate(follow_faces(frames, detector, max_faces=1)):
                kept[name].setdefault(f"followed at {yaw // 10 * 10}°", []).append(bool(frame.faces))
    return {name: {row: f"{np.mean(seen):.0%}" for row, seen in rows.items()} for name, rows in kept.items()}


def _turned(
    maker: HeadMaker, head: Head, yaw: float, scale: float, shift: Floats, behind: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    plane, depth = Pose(yaw, 0, 0, 12).project(head.vertices)
    light = shaded(outward(np.column_stack([plane, depth]), maker), head.paint, head.gloss, np.random.default_rng(0))
    luma = (200 * np.clip(light, 0, 1)).astype(np.float32)
    at = (plane * scale + shift).astype(np.float32)
    return np.clip(draw(at, depth, maker.triangles[~maker.is_lash], luma, behind), 0, 255).astype(np.uint8)


# ---- strangers ----


def on_strangers(models: dict[str, DlibDetector], london: Path) -> dict[str, dict[str, Spread]]:
    """Photographs with points set by hand."""
    result: dict[str, dict[str, list[float]]] = {}
    for path in sorted(london.glob("*.jpg")):
        image, hand = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.loadtxt(path.with_suffix(".tsv"))
        for name, detector in models.items():
            points, layout = _points_of(detector, image), detector.layout
            kept = result.setdefault(name, {})
            if points is None:
                kept.setdefault("lost", []).append(1.0)
                continue
            unit = float(np.hypot(*(hand[_PUPILS[1]] - hand[_PUPILS[0]])))
            mouth = points[list(layout.mouth)]
            marked = np.linalg.norm(mouth[list(_MARKED)] - hand[list(_MARKED.values())], axis=1)
            kept.setdefault("lips, 8 places", []).append(float(marked.mean() / unit))
            outer = _to_contour(points[list(layout.outer_lips)], hand[list(_OUTER)])
            inner = _to_contour(points[list(layout.inner_lips)], hand[list(_INNER)])
            kept.setdefault("lips, contours", []).append(float(np.concatenate([outer, inner]).mean() / unit))
            corners = [points[k] for eye in (layout.right_eye, layout.left_eye) for k in (eye[0], eye[3])]
            eyes = np.linalg.norm(np.array(corners) - hand[list(_EYE_CORNERS)], axis=1)
            kept.setdefault("eye corners", []).append(float(eyes.mean() / unit))
            nose = np.hypot(*(points[layout.nose_base[2]] - hand[_SUBNASALE]))
            kept.setdefault("base of the nose", []).append(float(nose / unit))
    return {name: {key: Spread.of(values) for key, values in kept.items()} for name, kept in result.items()}


def _points_of(detector: DlibDetector, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32] | None:
    boxes = detector.find_faces(image)
    return fitted(detector, image, boxes[0]) if boxes else None


def _to_contour(points: npt.NDArray[np.float32], contour: Floats) -> Floats:
    """Distance of each point from a closed line."""
    start, along = contour, np.roll(contour, -1, axis=0) - contour
    length = np.maximum((along**2).sum(axis=1), 1e-9)
    part = np.clip(((points[:, None] - start) * along).sum(axis=2) / length, 0, 1)
    nearest = start + part[..., None] * along
    return np.linalg.norm(points[:, None] - nearest, axis=2).min(axis=1)
