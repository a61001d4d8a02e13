"""Files of the single stages: alignments from ``visalign align``, observed lips from ``visalign observe``.

Conventions
-----------
Seconds throughout. An alignment's CSV has one row a phone, with the word it belongs to; silences are left out of it. A
lip file has one row a frame: its time, the viseme decoded there, then every feature under the name (and in the unit)
that :mod:`visalign.lip_features` documents; a frame without a face has empty cells (NaN in NPZ).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from visalign.errors import AnyPath, ConfigError
from visalign.outputs import whole_file
from visalign.phones import is_silence
from visalign.text_files import format_json, format_table, rounded, write_text, write_textgrid
from visalign.timeline import Interval, Tier

if TYPE_CHECKING:  # to write an alignment, nobody should have to load dlib
    from visalign.forced_alignment.aligner import Alignment
    from visalign.lip_features import LipFeatures

__all__ = ["ALIGNMENT_SUFFIXES", "OBSERVATION_SUFFIXES", "write_alignment", "write_observation"]

ALIGNMENT_SCHEMA_VERSION = 1
"""Version of an alignment's JSON form."""

Writer = TypeVar("Writer")


def write_alignment(path: AnyPath, alignment: Alignment) -> Path:
    """Write words and phones as .TextGrid, .csv or .json, by the ending of `path`.

    Raises
    ------
    ConfigError
        If the ending is another one.
    OutputError
        If the file can't be written there.
    """
    write = _choose(path, _ALIGNMENT_WRITERS, "alignment file")
    return write(Path(path), alignment)


def write_observation(path: AnyPath, lips: LipFeatures, visemes: Tier, *, silence: str) -> Path:
    """Write lip features and observed visemes as .csv or .npz, the visemes alone as .TextGrid.

    Parameters
    ----------
    path : path-like
        Where to.
    lips : LipFeatures
        Features, shape (n_frames, n_features).
    visemes : Tier
        What was decoded from them.
    silence : str
        The viseme of silence, which becomes the empty label in a TextGrid.

    Raises
    ------
    ConfigError
        If the ending is another one.
    OutputError
        If the file can't be written there.
    """
    write = _choose(path, _OBSERVATION_WRITERS, "lips file")
    return write(Path(path), lips, visemes, silence)


def _choose(path: AnyPath, writers: Mapping[str, Writer], what: str) -> Writer:
    suffix = Path(path).suffix.lower()
    for known, writer in writers.items():
        if known.lower() == suffix:
            return writer
    raise ConfigError(what, Path(path).name, f"a name that ends in {' or '.join(writers)}")


def _spoken(tier: Tier) -> Iterator[Interval]:
    return (x for x in tier if not is_silence(x.label))


def _alignment_textgrid(path: Path, alignment: Alignment) -> Path:
    tiers = (alignment.words, alignment.phones)
    return write_textgrid(path, [tier.relabel(lambda x: "" if is_silence(x) else x) for tier in tiers])


def _alignment_csv(path: Path, alignment: Alignment) -> Path:
    rows = ((alignment.words.label_at(x.centre), x.label, x.start, x.end, x.score) for x in _spoken(alignment.phones))
    return write_text(path, format_table(("word", "phone", "start_seconds", "end_seconds", "confidence"), rows))


def _alignment_json(path: Path, alignment: Alignment) -> Path:
    data = {
        "schema_version": ALIGNMENT_SCHEMA_VERSION,
        "engine": alignment.engine,
        "words": [_item(x) for x in _spoken(alignment.words)],
        "phones": [_item(x) for x in alignment.phones],
        "warnings": list(alignment.warnings),
    }
    return write_text(path, format_json(data))


def _item(x: Interval) -> dict[str, str | float | None]:
    return {"label": x.label, "start": rounded(x.start), "end": rounded(x.end), "confidence": rounded(x.score)}


def _lips_csv(path: Path, lips: LipFeatures, visemes: Tier, silence: str) -> Path:
    times = lips.times.times
    labels = visemes.sample(lips.times.centres)
    frames = zip(times.tolist(), labels, lips.values.tolist(), strict=True)
    rows = ((time, label, *values) for time, label, values in frames)
    return write_text(path, format_table(("time_seconds", "viseme", *lips.names), rows))


def _lips_npz(path: Path, lips: LipFeatures, visemes: Tier, silence: str) -> Path:
    labels = np.array(visemes.sample(lips.times.centres), dtype=np.str_)
    names = np.array(lips.names, dtype=np.str_)
    with whole_file(path) as draft:
        np.savez(draft, times=lips.times.times, visemes=labels, names=names, values=lips.values)
    return path


def _lips_textgrid(path: Path, lips: LipFeatures, visemes: Tier, silence: str) -> Path:
    return write_textgrid(path, [visemes.relabel(lambda x: "" if x == silence else x)])


_ALIGNMENT_WRITERS: Mapping[str, Callable[[Path, Alignment], Path]] = MappingProxyType(
    {".TextGrid": _alignment_textgrid, ".csv": _alignment_csv, ".json": _alignment_json}
)
_OBSERVATION_WRITERS: Mapping[str, Callable[[Path, LipFeatures, Tier, str], Path]] = MappingProxyType(
    {".csv": _lips_csv, ".npz": _lips_npz, ".TextGrid": _lips_textgrid}
)

ALIGNMENT_SUFFIXES = tuple(_ALIGNMENT_WRITERS)
"""Endings that :func:`write_alignment` understands."""

OBSERVATION_SUFFIXES = tuple(_OBSERVATION_WRITERS)
"""Endings that :func:`write_observation` understands."""
