"""Files of what the lips show, from ``visalign observe``: track, probabilities, features and closures.

Conventions
-----------
Seconds on the clip's clock. A CSV has one row a frame: its time, the viseme decoded there, every feature under the name
(and in the unit) that :mod:`visalign.lips.lip_features` documents, how well the mouth is seen (``seen_`` and the
measures of :mod:`visalign.lips.visibility`), then the probability that the lips close (``p_closed``) and that of each
viseme (``p_`` and its name). A frame without a face has empty cells.

An NPZ holds the same as arrays without pickled objects:

==================  ============================================================================
times               when each frame appears, shape (n_frames,)
visemes             the viseme of each frame
names, values       features: names, and the table (n_frames, n_features); NaN without a face
centre, scale       mean and spread of each feature, by which the decoder measures it
visibility_names    what is known of how well the mouth is seen
visibility          its values, shape (n_frames, n_measures)
mouth               landmarks 48–67 of each frame, pixels, shape (n_frames, 20, 2)
moments             the decoder's grid, 40 ms apart, shape (n_moments,)
viseme_names        columns of `posteriors`
posteriors          probability of each viseme, shape (n_moments, n_visemes)
closed              probability that the lips close, shape (n_moments,)
closures            start, end, moment, aperture and probability of each closure, shape (n, 5)
==================  ============================================================================

A TextGrid has two tiers, the visemes and the closures.

Where the times of given visemes were sought (:mod:`visalign.lips.forced_visemes`), each has them too: a column
``forced_viseme`` in the CSV; ``forced_visemes``, the one of each frame, with ``forced_labels`` and ``forced_times``
(n, 2) in the NPZ; and tiers of visemes and, where they are known, words in the TextGrid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath
from visalign.files.outputs import whole_file, writer_for
from visalign.files.text_files import format_table, write_text, write_textgrid
from visalign.lips.closures import find_closures
from visalign.lips.forced_visemes import ForcedVisemes
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import UNSEEN, DecodedVisemes
from visalign.lips.visibility import VISIBILITY
from visalign.timeline import Tier

__all__ = ["OBSERVATION_SUFFIXES", "write_observation"]


def write_observation(
    path: AnyPath, lips: LipFeatures, decoded: DecodedVisemes, *, silence: str, forced: ForcedVisemes | None = None
) -> Path:
    """Write what was observed as .csv, .npz or .TextGrid, by the ending of `path`.

    Parameters
    ----------
    path : path-like
        Where to.
    lips : LipFeatures
        Features, shape (n_frames, n_features).
    decoded : DecodedVisemes
        What was decoded from them.
    silence : str
        The viseme of silence, which becomes the empty label in a TextGrid.
    forced : ForcedVisemes, optional
        When given visemes are shown.

    Raises
    ------
    ConfigError
        If the ending is another one.
    OutputError
        If the file can't be written there.
    """
    write = writer_for(path, _WRITERS, "lips file")
    return write(Path(path), lips, decoded, silence, forced)


def _write_csv(
    path: Path, lips: LipFeatures, decoded: DecodedVisemes, silence: str, forced: ForcedVisemes | None
) -> Path:
    tiers = {"viseme": decoded.tier} | ({} if forced is None else {"forced_viseme": forced.tier})
    labels = [tier.sample(lips.times.centres, outside=UNSEEN) for tier in tiers.values()]
    nearest = _nearest(decoded.times, lips.times.centres)
    posteriors = np.column_stack([decoded.closed_probabilities, decoded.probabilities])[nearest]
    seen = [] if lips.visibility is None else [lips.visibility]
    table = np.column_stack([lips.values, *seen, posteriors])
    table[~lips.has_face] = np.nan
    measures = [f"seen_{x.name}" for x in VISIBILITY] if seen else []
    visemes = [f"p_{name or 'none'}" for name in decoded.visemes]
    header = ("time_seconds", *tiers, *lips.names, *measures, "p_closed", *visemes)
    frames = zip(lips.times.times.tolist(), zip(*labels, strict=True), table.tolist(), strict=True)
    return write_text(path, format_table(header, ((time, *shown, *values) for time, shown, values in frames)))


def _nearest(moments: npt.NDArray[np.float64], times: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Index of the moment nearest to each time."""
    after = np.clip(np.searchsorted(moments, times), 1, max(len(moments) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(moments) - 1)
    return np.where(np.abs(moments[before] - times) <= np.abs(moments[after] - times), before, after)


def _write_npz(
    path: Path, lips: LipFeatures, decoded: DecodedVisemes, silence: str, forced: ForcedVisemes | None
) -> Path:
    closures = [astuple(closure) for closure in find_closures(lips, decoded)]
    arrays = {
        "times": lips.times.times,
        "visemes": np.array(decoded.tier.sample(lips.times.centres), dtype=np.str_),
        "names": np.array(lips.names, dtype=np.str_),
        "values": lips.values,
        "centre": lips.centre,
        "scale": lips.scale,
        "moments": decoded.times,
        "viseme_names": np.array(decoded.visemes, dtype=np.str_),
        "posteriors": decoded.probabilities,
        "closed": decoded.closed_probabilities,
        "closures": np.array(closures, np.float64).reshape(-1, 5),
    }
    if lips.mouth is not None:
        arrays["mouth"] = lips.mouth
    if lips.visibility is not None:
        arrays["visibility_names"] = np.array([x.name for x in VISIBILITY])
        arrays["visibility"] = lips.visibility
    if forced is not None:
        arrays["forced_visemes"] = np.array(forced.tier.sample(lips.times.centres, outside=UNSEEN), dtype=np.str_)
        arrays["forced_labels"] = np.array(forced.tier.labels, dtype=np.str_)
        arrays["forced_times"] = np.array([(x.start, x.end) for x in forced.tier], np.float64)
    with whole_file(path) as draft, draft.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    return path


def _write_textgrid(
    path: Path, lips: LipFeatures, decoded: DecodedVisemes, silence: str, forced: ForcedVisemes | None
) -> Path:
    visemes = decoded.tier.relabel(lambda x: "" if x == silence else x)
    events = [x.interval for x in find_closures(lips, decoded)]
    inside = [x for x in events if x.start >= visemes.start and x.end <= visemes.end]
    closures = Tier.from_intervals("lip closures", inside, start=visemes.start, end=visemes.end)
    tiers = [visemes, closures]
    if forced is not None:
        tiers.append(forced.tier.relabel(lambda x: "" if x == silence else x))
        tiers += [] if forced.words is None else [forced.words]
    return write_textgrid(path, tiers)


_WRITERS: Mapping[str, Callable[[Path, LipFeatures, DecodedVisemes, str, ForcedVisemes | None], Path]] = (
    MappingProxyType({".csv": _write_csv, ".npz": _write_npz, ".TextGrid": _write_textgrid})
)

OBSERVATION_SUFFIXES = tuple(_WRITERS)
"""Endings that :func:`write_observation` understands."""
