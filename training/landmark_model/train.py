"""Trees from samples: dlib trains them, and they are packed as visalign reads them."""

from __future__ import annotations

import time
from pathlib import Path

import dlib
import numpy as np
from gather import read_samples
from packing import read_predictor, write_packed

LAYOUT = "visalign"
NOTICE = (
    "Trained for visalign with dlib's regression trees (D. E. King, Boost licence). Faces: speakers of the GRID "
    "audio-visual sentence corpus (Cooke, Barker, Cunningham, Shao 2006; CC BY 4.0), turned, repainted and relit, with "
    "labels of MediaPipe's face mesh (Google, Apache License 2.0); heads rendered from ICT-FaceKit (USC Institute for "
    "Creative Technologies, MIT licence), with exact labels."
)


def train(
    files: list[Path], out: Path, *, trees: int, oversampling: int, seed: str = "visalign", **options: float
) -> None:
    """Train on files of samples, and pack the trees into `out`.

    Parameters
    ----------
    files : list of Path
        From :func:`gather.gather`.
    out : Path
        The model, NPZ; dlib's own file is left beside it.
    trees : int
        Of each of ten levels.
    oversampling : int
        Starts from each sample.
    **options
        Further ones of ``dlib.shape_predictor_training_options``.
    """
    samples, began = read_samples(files), time.perf_counter()
    faces = []
    for points, box in zip(samples["points"], samples["boxes"], strict=True):
        # A box of visalign is as wide as its right edge less its left one; dlib's unit is from corner to corner.
        rectangle = dlib.rectangle(*(round(float(x)) for x in box))
        faces.append(
            [dlib.full_object_detection(rectangle, [dlib.point(round(x), round(y)) for x, y in points.tolist()])]
        )
    settings = dlib.shape_predictor_training_options()
    settings.cascade_depth, settings.tree_depth, settings.num_trees_per_cascade_level = 10, 4, trees
    settings.oversampling_amount, settings.nu = oversampling, 0.1
    settings.feature_pool_size, settings.num_test_splits = 400, 25
    settings.random_seed, settings.num_threads, settings.be_verbose = seed, 2, False
    for name, value in options.items():
        setattr(settings, name, value)
    predictor = dlib.train_shape_predictor(list(samples["pictures"]), faces, settings)
    raw = out.with_suffix(".dat")
    predictor.save(str(raw))
    write_packed(out, read_predictor(raw), LAYOUT, NOTICE)
    print(f"{out.name}: {len(faces)} samples, {time.perf_counter() - began:.0f} s, {out.stat().st_size / 1e6:.1f} MB")


def speaker_of(path: Path) -> str:
    """The speaker of a file of samples; "" of heads."""
    return path.stem.split("-")[1] if path.stem.startswith("speaker-") else ""


def errors(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Distance of each point, parts of the distance between the true eyes, shape (n, n_points)."""
    right, left = true[:, 24:30].mean(axis=1), true[:, 30:36].mean(axis=1)
    unit = np.linalg.norm(left - right, axis=1)
    return np.linalg.norm(found - true, axis=2) / unit[:, None]
