"""Curves of a rig's channels on a grid of frames, and the fewest keys that still follow them.

Method
------
Viseme weights (:mod:`visalign.animation.weight_curves`) times a recipe (:mod:`visalign.exports.recipes`), clipped to
0..1. Channels of the tongue (whose name says so) come at least as far as the tongue does by itself.

Fewer keys: from a key, the next one is the farthest frame such that the straight line between the two passes within
`max_error` of every frame in between. Each frame in between narrows the range of slopes that do; a line is allowed
while its slope lies in the range. So the bound holds by construction, and a pass costs one look at each frame that the
line crosses. It is the cone of O'Rourke [1]_ with ends on the data, because a key must be a value that the rig had.

Conventions
-----------
Frame f of n stands at ``f / rate`` seconds. Values are rounded to four decimals before anything else, so that a file
holds what was reduced.

References
----------
.. [1] J. O'Rourke, An on-line algorithm for fitting straight lines between data ranges, Comm. ACM 24(9), 1981, 574–578.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from visalign.animation.weight_curves import WeightCurves, frame_grid, tongue_curves, weight_curves
from visalign.errors import UnknownSymbol
from visalign.exports.exporter import Exporter, ExportOptions
from visalign.exports.hand_edits import Edit
from visalign.exports.recipes import ChannelRecipe, load_recipe
from visalign.exports.utterance import Utterance
from visalign.timeline import Interval
from visalign.visemes.expected import VisemeTarget, expected_visemes
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["Channels", "Curve", "reduce_keys", "viseme_weights", "weight_channels"]

N_DECIMALS = 4
# Of a closure that counts as closed, and of lips on teeth: the floors that weight_curves keeps on their plateaus.
CLOSED_WEIGHT, BITTEN_WEIGHT = 0.9, 0.8
LONGEST_GAP_SECONDS = 10.0  # a key at least so often: no line is longer, and a pass stays linear

# Which map has the same visemes for phones in IPA.
_IPA_TWIN = {"oculus_15": "oculus_15_ipa"}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Keys of one channel.

    Parameters
    ----------
    name : str
        The channel.
    frames : ndarray of int64, shape (n_keys,)
        0-based.
    values : ndarray of float64, shape (n_keys,)
        0 to 1.
    """

    name: str
    frames: npt.NDArray[np.int64]
    values: Floats

    def __iter__(self) -> Iterator[tuple[int, float]]:
        return zip(self.frames.tolist(), self.values.tolist(), strict=True)


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """A value of every channel at every frame.

    Parameters
    ----------
    names : tuple of str
        The channels.
    values : ndarray of float64, shape (n_frames, n_channels)
        0 to 1.
    rate : Fraction
        Frames a second.
    first_frame : int
        What the format calls frame 0.
    recipe : str
        Id of the recipe.
    """

    names: tuple[str, ...]
    values: Floats
    rate: Fraction
    first_frame: int
    recipe: str = ""

    def __len__(self) -> int:
        return len(self.values)

    def seconds(self, frame: int) -> float:
        """Time of 0-based `frame`."""
        return float(frame / self.rate)

    def curves(self, max_error: float) -> list[Curve]:
        """The keys of each channel, each on its own frames."""
        gap = max(1, round(LONGEST_GAP_SECONDS * self.rate))
        found = []
        for name, column in zip(self.names, self.values.T, strict=True):
            keys = reduce_keys(column, max_error, gap)
            found.append(Curve(name, keys, column[keys]))
        return found

    def format_keys(self, max_error: float) -> str:
        """JSON of ``{channel: [[frame, value], …], …}``, a line a channel; frames as the format counts them."""
        rows = {x.name: [[f + self.first_frame, round(v, N_DECIMALS)] for f, v in x] for x in self.curves(max_error)}
        return "{" + ",\n".join(f"{json.dumps(name)}: {json.dumps(keys)}" for name, keys in rows.items()) + "}"

    def common_keys(self, max_error: float) -> npt.NDArray[np.int64]:
        """Frames that serve as keys for all channels at once."""
        return reduce_keys(self.values, max_error, max(1, round(LONGEST_GAP_SECONDS * self.rate)))


def reduce_keys(values: Floats, max_error: float, longest_gap: int = 1 << 30) -> npt.NDArray[np.int64]:
    """Frames to keep so that straight lines between them stay within `max_error` of every frame.

    Parameters
    ----------
    values : ndarray of float64, shape (n_frames,) or (n_frames, n_channels)
        The full curves; with several channels the bound holds for each.
    max_error : float
        In the units of `values`; 0 keeps all that is not exactly on a line.
    longest_gap : int
        Frames from one key to the next, at most.

    Returns
    -------
    ndarray of int64
        Increasing; the first and the last frame are among them.

    Examples
    --------
    >>> reduce_keys(np.array([0.0, 0.1, 0.2, 0.3, 0.0, 0.0]), 0.01)
    array([0, 3, 4, 5])
    """
    columns = values[:, None] if values.ndim == 1 else values
    n = len(columns)
    keys = [0]
    while keys[-1] < n - 1:
        keys.append(_farthest(columns, keys[-1], max_error, min(n - 1, keys[-1] + longest_gap)))
    return np.asarray(keys if n else [], dtype=np.int64)


def _farthest(columns: Floats, key: int, max_error: float, limit: int) -> int:
    block, best = 16, key + 1
    low, high = np.full(columns.shape[1], -np.inf), np.full(columns.shape[1], np.inf)
    slack = 1e-9  # rounding must not cost a key
    for start in range(key + 1, limit + 1, block):
        ends = np.arange(start, min(start + block, limit + 1))
        steps = (ends - key)[:, None].astype(np.float64)
        rise = columns[ends] - columns[key]
        # The range of slopes that every frame before each end allows: frames of earlier blocks, then of this one.
        lows = np.maximum.accumulate(np.vstack([low, (rise - max_error - slack) / steps]), axis=0)
        highs = np.minimum.accumulate(np.vstack([high, (rise + max_error + slack) / steps]), axis=0)
        slope = rise / steps
        allowed = np.all((slope >= lows[:-1]) & (slope <= highs[:-1]), axis=1)
        if allowed.any():
            best = int(ends[np.flatnonzero(allowed)[-1]])
        low, high = lows[-1], highs[-1]
        if np.any(low > high):
            break
    return best


def weight_channels(
    utterance: Utterance, options: ExportOptions, exporter: Exporter, *, default_recipe: str = "arkit_openfacefx"
) -> Channels:
    """The curves of a rig's channels for an utterance: edits made, lead applied.

    Raises
    ------
    ConfigError
        If there is no such recipe or map.
    UnknownSymbol
        If recipe and map do not fit, or an edit names a viseme that the map has not.
    """
    recipe = load_recipe(options.recipe or default_recipe)
    curves, viseme_map, targets = viseme_weights(utterance, options, exporter, recipe)
    matrix = recipe.matrix(viseme_map.visemes)
    values = np.clip(curves.values @ matrix, 0.0, 1.0)
    tongue = [i for i, name in enumerate(recipe.channels) if "tongue" in name.lower()]
    if tongue:
        own = tongue_curves(targets, viseme_map, curves.times).values
        reached = (own[:, :, None] * matrix[None, :, tongue]).max(axis=1)
        values[:, tongue] = np.clip(np.maximum(values[:, tongue], reached), 0.0, 1.0)
    keep = [i for i, name in enumerate(recipe.channels) if options.shapes is None or name in options.shapes]
    _check_subset(options.shapes, recipe.channels)
    first = exporter.first_frame if options.first_frame is None else options.first_frame
    names = tuple(recipe.channels[i] for i in keep)
    rate = options.rate or exporter.rate
    return Channels(names, np.round(values[:, keep], N_DECIMALS) + 0.0, rate, first, recipe.id)


def viseme_weights(
    utterance: Utterance, options: ExportOptions, exporter: Exporter, recipe: ChannelRecipe
) -> tuple[WeightCurves, VisemeMap, list[VisemeTarget]]:
    """The weights that a recipe makes channels of, at times of the sound that the frames show; their map and targets.

    Raises
    ------
    ConfigError
        If there is no such map.
    UnknownSymbol
        If an edit names a viseme that the map has not.
    """
    wanted = options.mouths or recipe.viseme_map
    viseme_map = VisemeMap.load(_IPA_TWIN.get(str(wanted), wanted) if utterance.alphabet == "ipa" else wanted)
    targets = expected_visemes(utterance.phones, utterance.words, viseme_map, alphabet=utterance.alphabet)
    for edit in options.edits:
        targets = _edited(targets, edit, viseme_map)
    rate = options.rate or exporter.rate
    times = frame_grid(utterance.duration, rate)
    curves = weight_curves(targets, viseme_map, times + options.lead_frames / float(rate), alphabet=utterance.alphabet)
    held = _hold_closures(curves.values, curves.times, targets, viseme_map, options.closure_frames)
    return replace(curves, values=held), viseme_map, targets


def _hold_closures(
    values: Floats, times: Floats, targets: Sequence[VisemeTarget], viseme_map: VisemeMap, n_frames: int
) -> Floats:
    """Weights with each closure of the lips closed on at least `n_frames` frames, those nearest to its middle."""
    held = values.copy()
    for target in targets:
        if viseme_map.classes[target.viseme].articulator == "bilabial":
            nearest = np.argsort(np.abs(times - target.interval.centre), kind="stable")[:n_frames]
            _raise(held, nearest, viseme_map.visemes.index(target.viseme), CLOSED_WEIGHT)
    closed = [viseme_map.classes[x].articulator == "bilabial" for x in viseme_map.visemes]
    for target in targets:
        if viseme_map.classes[target.viseme].articulator == "labiodental":
            _bite(held, times, target.interval, viseme_map.visemes.index(target.viseme), closed)
    return held


def _bite(held: Floats, times: Floats, sound: Interval, column: int, closed: Sequence[bool]) -> None:
    """Where a closure beside it took the only frame of an F or V, show it on the nearest one that is free, in place."""
    step = float(times[1] - times[0]) if len(times) > 1 else 0.0
    near = (times > sound.start - step) & (times < sound.end + step)
    if not len(times) or (held[near, column] >= BITTEN_WEIGHT - 1e-9).any():
        return
    free = np.flatnonzero(near & (held[:, closed].sum(axis=1) < CLOSED_WEIGHT - 1e-9))
    if len(free):
        _raise(held, free[[np.argmin(np.abs(times[free] - sound.centre))]], column, BITTEN_WEIGHT)


def _raise(held: Floats, frames: npt.NDArray[np.intp], column: int, least: float) -> None:
    """Give a viseme at least that weight on some frames, in place; the others make room in proportion."""
    short = frames[held[frames, column] < least]
    others = 1.0 - held[short, column]
    held[short] *= ((1.0 - least) / np.maximum(others, 1e-9))[:, None]
    held[short, column] = least


def _check_subset(shapes: Sequence[str] | None, channels: Sequence[str]) -> None:
    unknown = [x for x in shapes or () if x not in channels]
    if unknown:
        raise UnknownSymbol(unknown[0], channels)


def _edited(targets: list[VisemeTarget], edit: Edit, viseme_map: VisemeMap) -> list[VisemeTarget]:
    if edit.shape not in viseme_map.classes:
        raise UnknownSymbol(edit.shape, viseme_map.visemes)
    rows: list[VisemeTarget] = []
    for x in targets:
        for start, end in (
            (x.interval.start, min(x.interval.end, edit.start)),
            (max(x.interval.start, edit.end), x.interval.end),
        ):
            if end > start:
                rows.append(replace(x, interval=replace(x.interval, start=start, end=end)))
    start, end = max(edit.start, targets[0].interval.start), min(edit.end, targets[-1].interval.end)
    if end <= start:
        return targets
    phone = next((x.phone for x in targets if x.viseme == edit.shape), next(x.phone for x in targets))
    made = VisemeTarget(Interval(start, end, edit.shape), edit.shape, frozenset({edit.shape}), phone, "")
    return sorted([*rows, made], key=lambda x: x.interval.start)
