"""What an acoustic model holds: phones, states, Gaussians, how it hears, and what it was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from visalign.errors import AnyPath
from visalign.files.archives import DAMAGED_ARCHIVE, opened_archive
from visalign.files.data_files import parse_json, read_bytes
from visalign.forced_alignment.acoustic_model import AcousticModel, KaldiAcoustics, SphinxAcoustics
from visalign.forced_alignment.htk_acoustics import HtkAcoustics
from visalign.forced_alignment.htk_features import RATE_HZ
from visalign.forced_alignment.mfa_archive import MfaModel, read_meta
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.forced_alignment.user_models import ADAPTED, read_user_model
from visalign.language.g2p.joint_ngram import PACKED

__all__ = ["BUILT_IN", "describe_model", "model_named"]

BUILT_IN = "english"
"""What a user calls the model that comes with visalign."""


def model_named(name: AnyPath) -> AcousticModel:
    """The model that a user names: `BUILT_IN`, a zip of MFA, a binary model of Julius, or a folder of PocketSphinx.

    Raises
    ------
    ParseError
        If it can't be read.
    BackendUnavailable
        If PocketSphinx's model is asked for and not installed.
    """
    return SphinxAcoustics(embedded_model()) if str(name) == BUILT_IN else read_user_model(name)


def describe_model(name: AnyPath) -> dict[str, Any]:
    """Facts about a model, ready for JSON.

    Parameters
    ----------
    name : path-like
        See :func:`model_named`, which has its errors.

    Examples
    --------
    >>> facts = describe_model("english")
    >>> facts["kind"], facts["n_phones"], facts["n_gaussians"], facts["features"]["dimensions"]
    ('PocketSphinx, phonetically tied mixtures', 39, 16128, 39)
    """
    model = model_named(name)
    if isinstance(model, KaldiAcoustics):
        return _of_mfa(Path(name), model.model)
    if isinstance(model, HtkAcoustics):
        return _of_julius(model)
    assert isinstance(model, SphinxAcoustics)
    return _of_sphinx(name, model)


def _of_sphinx(name: AnyPath, acoustics: SphinxAcoustics) -> dict[str, Any]:
    model = acoustics.model
    n_books, n_streams, n_densities, width = model.means.shape
    return {
        "name": acoustics.name,
        "kind": "PocketSphinx, phonetically tied mixtures",
        "phones": sorted(acoustics.phone_set),
        "n_phones": len(acoustics.phone_set),
        "silence": model.silence,
        "n_contexts": len(model.definition.phones),
        "n_states": int(model.weights.shape[2]),
        "n_gaussians": n_books * n_streams * n_densities,
        "gaussians": f"{n_books} codebooks of {n_densities} in {n_streams} streams",
        "features": {
            "kind": "mel cepstra with slopes and their changes",
            "dimensions": n_streams * width,
            "frame_shift_ms": 10.0,
            "rate_hz": 16000,
            "lda": None,
        },
        "speaker_adaptation": False,
        "pronunciations": False,
        "training": _provenance(Path(name)),
    }


def _of_julius(acoustics: HtkAcoustics) -> dict[str, Any]:
    features, mixtures = acoustics.model.features, acoustics.model.mixtures
    return {
        "name": acoustics.name,
        "kind": "Julius, phones without context",
        "phones": sorted(acoustics.phone_set),
        "n_phones": len(acoustics.phone_set),
        "silence": acoustics.silence,
        "n_contexts": 1,
        "n_states": mixtures.n_mixtures,
        "n_gaussians": len(mixtures.constants),
        "features": {
            "kind": f"{features.n_cepstra} mel cepstra as HTK has them",
            "dimensions": features.width,
            "frame_shift_ms": round(1000 * acoustics.frame_shift, 3),
            "rate_hz": RATE_HZ,
            "lda": None,
        },
        "speaker_adaptation": False,
        "pronunciations": False,
        "training": {},
    }


def _provenance(folder: Path) -> dict[str, Any]:
    place = folder / ADAPTED
    if not place.is_file():
        return {}
    found = parse_json(place, read_bytes(place).decode("utf-8", "replace"))
    return found if isinstance(found, dict) else {}


def _of_mfa(path: Path, model: MfaModel) -> dict[str, Any]:
    meta, options = read_meta(path), model.options
    mixtures = model.model.mixtures
    said = meta.get("training")
    training = said if isinstance(said, dict) else {}
    return {
        "name": model.name,
        "kind": f"Montreal Forced Aligner {meta.get('version', '')}".strip(),
        "language": training.get("language") or meta.get("language") or None,
        "phones": sorted(model.phone_set - {options.silence_phone, options.unknown_phone}),
        "n_phones": len(model.phone_set - {options.silence_phone, options.unknown_phone}),
        "silence": options.silence_phone,
        "n_contexts": model.tree.width,
        "n_states": mixtures.n_mixtures,
        "n_gaussians": len(mixtures.constants),
        "positions": model.has_positions,
        "features": {
            "kind": _features_in_words(model),
            "dimensions": mixtures.n_dimensions,
            "frame_shift_ms": round(1000 * options.features.frame_shift, 3),
            "rate_hz": options.features.rate_hz,
            "lda": None if model.lda is None else list(model.lda.shape),
        },
        "speaker_adaptation": options.uses_adaptation,
        "pronunciations": _holds(path, PACKED),
        "training": {
            "date": meta.get("train_date") or None,
            **training,
            **{key: value for key, value in meta.items() if key == "visalign"},
        },
    }


def _features_in_words(model: MfaModel) -> str:
    options = model.options
    base = f"{options.features.n_coefficients} mel cepstra"
    if model.lda is not None:
        left, right = options.splice
        return f"{base}, {left} frames before and {right} after beside them, under an LDA transform"
    return f"{base} with slopes and their changes" if options.uses_deltas else base


def _holds(path: Path, name: str) -> bool:
    try:
        with opened_archive(path) as (_, archive):
            return any(Path(row.filename).name == name for row in archive.infolist())
    except DAMAGED_ARCHIVE:
        return False
