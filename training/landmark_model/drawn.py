"""Faces that visalign draws itself, as its generated clips and previews have them, with the teacher's mesh."""

from __future__ import annotations

import cv2
import dlib
import numpy as np
from speakers import FINDER, Seen, mesh_of
from teacher import Teacher

from visalign.animation.lip_trajectory import LipShape
from visalign.face.avatar import FaceLook, FacePainter

NAME = "drawn"


def drawn_frames(n_frames: int, teacher: Teacher, seed: int) -> list[Seen]:
    """`n_frames` drawn faces of random looks and mouths."""
    rng, found = np.random.default_rng([seed, 11]), list[Seen]()
    finder = dlib.fhog_object_detector(str(FINDER))
    while len(found) < n_frames:
        size = int(rng.integers(200, 400))
        painter = FacePainter(_look(rng), size, blur_px=float(rng.uniform(0.3, 1.5)))
        image = painter.draw(_mouth(rng))
        luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        if (mesh := mesh_of(image, luma, finder, teacher)) is not None:
            found.append(Seen(NAME, luma, mesh))
    return found


def _look(rng: np.random.Generator) -> FaceLook:
    def colour(base: tuple[int, int, int], dark: float) -> tuple[int, int, int]:
        r, g, b = np.clip(np.array(base) * np.exp(rng.uniform(dark, 0.1)), 5, 250).astype(int).tolist()
        return r, g, b

    usual = FaceLook()
    return FaceLook(
        skin=colour(usual.skin, -1.1),
        hair=colour(usual.hair, -0.8),
        lips=colour(usual.lips, -0.8),
        iris=colour(usual.iris, -0.8),
        shirt=colour(usual.shirt, -0.8),
        backdrop=colour(usual.backdrop, -1.5),
        face_width=float(rng.uniform(0.9, 1.1)),
        lip_fullness=float(rng.uniform(0.8, 1.25)),
        eye_size=float(rng.uniform(0.85, 1.15)),
    )


def _mouth(rng: np.random.Generator) -> LipShape:
    # Where a drawn mouth is wider open, the teacher takes the lower lip for the chin.
    opening = 0.0 if rng.random() < 0.3 else float(rng.uniform(0, 0.3))
    return LipShape(
        opening=opening,
        width=float(rng.uniform(0.6, 1.0)),
        rounding=float(rng.uniform(0, 1)),
        tuck=float(rng.random() < 0.15),
        teeth=float(rng.uniform(0, 1)),
        tongue=float(rng.uniform(0, 0.5)),
        jaw=0.55 * opening,
    )
