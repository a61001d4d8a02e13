"""Which points of the face mesh the model learns, in the order of the layout ``visalign`` of ``visalign.lips``."""

from __future__ import annotations

import numpy as np

# MediaPipe's mesh; right is the person's. The order of each group is that of iBUG's 68 points where that has it.
JAW = (172, 150, 176, 148, 152, 377, 400, 379, 397)
RIGHT_BROW, LEFT_BROW = (70, 105, 107), (336, 334, 300)
BRIDGE, NOSE_BASE = (168, 197, 5, 1), (98, 97, 2, 326, 327)
RIGHT_EYE, LEFT_EYE = (33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380)
OUTER_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)

MESH_POINTS = np.array(
    [*JAW, *RIGHT_BROW, *LEFT_BROW, *BRIDGE, *NOSE_BASE, *RIGHT_EYE, *LEFT_EYE, *OUTER_LIPS, *INNER_LIPS]
)
N_POINTS = len(MESH_POINTS)

NOSE, EYES, LIPS = slice(15, 24), slice(24, 36), slice(36, 76)
STEADY = slice(15, 36)
"""Nose and eyes, from which the face's box is drawn."""


# The vertices of ICT-FaceKit's mesh that are these points, found once by samples.head_vertices.
HEAD_VERTICES = np.array(
    [
        *(748, 227, 798, 1448, 963, 3662, 3039, 2468, 2989),
        *(994, 1030, 1402, 3616, 2722, 2509),
        *(1358, 1348, 4839, 4553, 4870, 2088, 4920, 4282, 5328),
        *(6591, 6618, 6610, 891, 1558, 1552, 3129, 6585, 6582, 2946, 3766, 3772),
        *(5622, 5600, 5695, 5719, 2081, 0, 4275, 6225, 6200, 6105),
        *(6127, 6185, 6313, 6357, 6480, 5518, 5976, 5870, 5808, 5706),
        *(5579, 5589, 5657, 5711, 6023, 5533, 6541, 6216, 6135, 6094),
        *(6100, 6083, 6341, 6372, 6485, 5517, 6009, 5966, 5847, 5578),
    ]
)

# Where each of iBUG's 68 points lies in the mirror.
MIRRORED_68 = np.array(
    [
        *(*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)),
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65),
    ]
)


def mirrored() -> np.ndarray:
    """Where each point lies in the mirror."""
    nose = [15, 16, 17, 18, 23, 22, 21, 20, 19]
    eyes = [33, 32, 31, 30, 35, 34, 27, 26, 25, 24, 29, 28]
    ring = [(10 - k) % 20 for k in range(20)]
    return np.array(
        [*range(8, -1, -1), *range(14, 8, -1), *nose, *eyes, *(36 + k for k in ring), *(56 + k for k in ring)]
    )
