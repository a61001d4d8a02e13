"""A model from samples: trees are grown, and written as visalign reads them."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from boosting import Growth, grow
from gather import read_samples

LAYOUT = "visalign"
NOTICE = (
    "Trained for visalign by regression trees of its own. Faces: speakers of the GRID "
    "audio-visual sentence corpus (Cooke, Barker, Cunningham, Shao 2006; CC BY 4.0), turned, repainted and relit, with "
    "labels of MediaPipe's face mesh (Google, Apache License 2.0); heads rendered from ICT-FaceKit (USC Institute for "
    "Creative Technologies, MIT licence), with exact labels."
)


def train(files: list[Path], out: Path, growth: Growth, *, without: tuple[str, ...] = ()) -> None:
    """Train on files of samples, and write the trees into `out`.

    Parameters
    ----------
    files : list of Path
        From :func:`gather.gather`.
    out : Path
        The model, NPZ.
    growth : Growth
        How many of everything.
    without : tuple of str
        Speakers of whom nothing is taught, not even a part of another one's face.
    """
    samples, began = read_samples(files), time.perf_counter()
    taught = np.array([not set(who.split("+")) & set(without) for who in samples["who"].tolist()])
    arrays = grow(samples["pictures"][taught], samples["points"][taught], samples["boxes"][taught], growth)
    np.savez_compressed(out, layout=np.array(LAYOUT), notice=np.array(NOTICE), **arrays)
    print(f"{out.name}: {taught.sum()} samples, {time.perf_counter() - began:.0f} s, {out.stat().st_size / 1e6:.1f} MB")
