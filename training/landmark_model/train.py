"""Trees from samples: dlib trains them, and they are packed as visalign reads them."""

from __future__ import annotations

import time
from pathlib import Path

import dlib
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
    files: list[Path], out: Path, *, trees: int, oversampling: int, without: tuple[str, ...] = (), **options: float
) -> None:
    """Train on files of samples, and pack the trees into `out`.

    Parameters
    ----------
    files : list of Path
        From :func:`gather.gather`.
    out : Path
        The model, NPZ; dlib's own file is left beside the first of the samples.
    trees : int
        Of each of ten levels.
    oversampling : int
        Starts from each sample.
    without : tuple of str
        Speakers of whom nothing is taught, not even a part of another one's face.
    **options
        Further ones of ``dlib.shape_predictor_training_options``.
    """
    samples, began = read_samples(files), time.perf_counter()
    taught = [k for k, who in enumerate(samples["who"].tolist()) if not set(who.split("+")) & set(without)]
    faces = []
    for points, box in zip(samples["points"][taught], samples["boxes"][taught], strict=True):
        # A box of visalign is as wide as its right edge less its left one; dlib's unit is from corner to corner.
        rectangle = dlib.rectangle(*(round(float(x)) for x in box))
        faces.append(
            [dlib.full_object_detection(rectangle, [dlib.point(round(x), round(y)) for x, y in points.tolist()])]
        )
    settings = dlib.shape_predictor_training_options()
    settings.cascade_depth, settings.tree_depth, settings.num_trees_per_cascade_level = 10, 4, trees
    settings.oversampling_amount, settings.nu = oversampling, 0.1
    settings.feature_pool_size, settings.num_test_splits = 400, 25
    settings.random_seed, settings.num_threads, settings.be_verbose = "visalign", 2, False
    for name, value in options.items():
        setattr(settings, name, value)
    predictor = dlib.train_shape_predictor([samples["pictures"][k] for k in taught], faces, settings)
    raw = files[0].with_name(f"{out.stem}.dat")
    predictor.save(str(raw))
    write_packed(out, read_predictor(raw), LAYOUT, NOTICE)
    print(f"{out.name}: {len(faces)} samples, {time.perf_counter() - began:.0f} s, {out.stat().st_size / 1e6:.1f} MB")
