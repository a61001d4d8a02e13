"""The teacher: MediaPipe's face mesh of 468 points, read by OpenCV's own dnn. At build time only.

The network (Apache-2.0) is ``mediapipe/modules/face_landmark/face_landmark.tflite`` of the wheel mediapipe 0.10.21;
later wheels bundle none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import zipfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_MEMBER = "mediapipe/modules/face_landmark/face_landmark.tflite"
_SHA256 = "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"
_SIDE = 192
_CROP = 3.3  # eye distances
_DROP = 0.55  # eye distances from the middle between the eyes down to the middle of the crop
RIGHT_EYE, LEFT_EYE = (33, 133), (362, 263)


class Teacher:
    """Labels faces whose eyes are roughly known.

    Parameters
    ----------
    wheel : Path, optional
        The wheel of mediapipe 0.10.21; where none is given, the installed package is used.
    """

    def __init__(self, wheel: Path | None = None) -> None:
        self._net = cv2.dnn.readNetFromTFLite(np.frombuffer(_network(wheel), np.uint8))
        self._outputs = self._net.getUnconnectedOutLayersNames()

    def mesh(self, image: npt.NDArray[np.uint8], eyes: Floats) -> Floats:
        """468 points x, y (pixels) and z (pixels, away from the camera), shape (468, 3).

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3)
            RGB.
        eyes : ndarray, shape (2, 2)
            Middle of the person's right and left eye.
        """
        points = self._once(image, eyes)
        again = np.stack([points[list(eye), :2].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)])
        return self._once(image, again)

    def _once(self, image: npt.NDArray[np.uint8], eyes: Floats) -> Floats:
        axis = (eyes[1] - eyes[0]).astype(np.float64)
        middle = eyes.mean(axis=0) + _DROP * np.array([-axis[1], axis[0]])
        scale = _SIDE / (_CROP * np.hypot(*axis))
        cosine, sine = axis / np.hypot(*axis) * scale
        turn = np.array([[cosine, sine], [-sine, cosine]])
        shift = _SIDE / 2 - turn @ middle
        crop = cv2.warpAffine(image, np.column_stack([turn, shift]), (_SIDE, _SIDE), flags=cv2.INTER_AREA)
        self._net.setInput(cv2.dnn.blobFromImage(crop, 1 / 255.0))
        outputs = self._net.forward(self._outputs)
        points = max(outputs, key=lambda x: x.size).reshape(-1, 3)
        back = np.linalg.inv(turn)
        return np.column_stack([(points[:, :2] - shift) @ back.T, points[:, 2] / scale]).astype(np.float32)


def _network(wheel: Path | None) -> bytes:
    if wheel is not None:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(_MEMBER)
    else:
        package = importlib.util.find_spec("mediapipe")
        if package is None or not package.submodule_search_locations:
            raise SystemExit("the teacher is missing: pip install --no-deps mediapipe==0.10.21, or name its wheel")
        content = Path(package.submodule_search_locations[0]).parent.joinpath(_MEMBER).read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise SystemExit(f"{_MEMBER} is not that of mediapipe 0.10.21")
    return content
