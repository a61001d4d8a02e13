"""Principal components of the mouth region ("eigenlips"): features of its look that are learnt from pictures.

They are no part of the feature table: twelve of them beside the cosine coefficients took 54.0 % of right frames to
52.2 %, with eight speakers (docs/decisions/0060-viseme-decoder.md; ``python benchmarks/lip_ablation.py features``
measures the same with today's features). For material of one's own they may be worth a try.

Method
------
Each patch (:func:`visalign.mouth_pictures.mouth_patch`) has its lighting taken out, that is its mean and its contrast;
the components are the directions in which the patches of a training vary most [1]_.

References
----------
.. [1] C. Bregler and Y. Konig, "Eigenlips" for robust speech recognition, ICASSP 1994.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, MissingStream
from visalign.landmarks import LandmarkDetector, load_detector, track_landmarks
from visalign.media import probe, read_frames
from visalign.mouth_geometry import Feature
from visalign.mouth_pictures import PATCH_SHAPE, mouth_patch

__all__ = ["MouthComponents", "component_features", "read_patches"]

Floats: TypeAlias = npt.NDArray[np.float64]

_LEAST_CONTRAST = 1.0  # luma; a patch with less is grey


def component_features(n: int) -> tuple[Feature, ...]:
    """Rows of the first `n` components, as the feature table has them."""
    text = "of the mouth region's brightness, its lighting taken out, in this component of the training's pictures"
    return tuple(Feature(f"component_{k}", "1", f"part {text}") for k in range(1, n + 1))


def read_patches(path: AnyPath, *, detector: LandmarkDetector | None = None) -> Floats:
    """The mouth region of every frame of a clip, luma; NaN without a face.

    The shape is (n_frames, height, width), with the size of :data:`~visalign.mouth_pictures.PATCH_SHAPE`.

    Parameters
    ----------
    path : path-like
        A clip with a picture.
    detector : LandmarkDetector, optional
        Finds faces and landmarks; dlib's by default.

    Raises
    ------
    MediaError, MissingStream
        If the file can't be read or has no picture.
    """
    if not probe(path).video:
        raise MissingStream(path, "video")
    nothing = np.full(PATCH_SHAPE, np.nan)
    tracked = track_landmarks(read_frames(path), detector or load_detector())
    rows = [mouth_patch(x.frame.image, x.points) if x.has_face else nothing for x in tracked]
    return np.array(rows, np.float64).reshape(-1, *PATCH_SHAPE)


@dataclass(frozen=True, slots=True, eq=False)
class MouthComponents:
    """Directions in which mouth regions vary.

    Parameters
    ----------
    mean : ndarray, shape (n_pixels,)
    basis : ndarray, shape (n_pixels, n_components)
        Orthonormal; the pixel that a component moves most is moved upwards.
    """

    mean: Floats
    basis: Floats

    @classmethod
    def fit(cls, patches: Floats, n_components: int) -> MouthComponents:
        """Learn them from patches.

        Parameters
        ----------
        patches : ndarray, shape (n_patches, height, width)
            Those with NaN are left out; at least `n_components` + 1 others.
        n_components : int
        """
        rows = _unlit(patches[np.isfinite(patches).all(axis=(1, 2))])
        mean = rows.mean(axis=0)
        _, vectors = np.linalg.eigh((rows - mean).T @ (rows - mean))
        basis = vectors[:, ::-1][:, :n_components]
        largest = np.abs(basis).argmax(axis=0)
        return cls(mean, basis * np.sign(basis[largest, np.arange(basis.shape[1])]))

    def of(self, patches: Floats) -> Floats:
        """The components of patches, shape (n_patches, n_components); NaN where a patch is."""
        return np.asarray((_unlit(patches) - self.mean) @ self.basis)


def _unlit(patches: Floats) -> Floats:
    """Patches as rows of mean 0 and deviation 1."""
    rows = patches.reshape(len(patches), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(rows.std(axis=1, keepdims=True), _LEAST_CONTRAST))
