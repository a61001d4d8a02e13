"""An adapted model as a file: a zip of MFA or a folder of PocketSphinx, whichever it was made from.

All but the means stays as it is in the model that was adapted; in a zip what belongs to them, too: normalising
constants, and an entry ``visalign`` of ``meta.json`` that says what the model was adapted to. A folder says so in
``visalign.json``. The same model and corpus give the same bytes.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pocketsphinx import get_model_path

from visalign.acoustic_training.adapting import Adapted
from visalign.acoustic_training.contents import BUILT_IN
from visalign.acoustic_training.sphinx_files import write_sphinx_folder
from visalign.errors import AnyPath, ConfigError, OutputError, ParseError
from visalign.files.archives import DAMAGED_ARCHIVE, opened_archive
from visalign.files.outputs import keep_edited, whole_file
from visalign.files.text_files import format_json, rounded
from visalign.forced_alignment.acoustic_model import KaldiAcoustics
from visalign.forced_alignment.kaldi_writing import format_model
from visalign.forced_alignment.user_models import ADAPTED

__all__ = ["check_place", "provenance_of", "write_adapted"]

ZIP = ".zip"

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of all files in an archive, so that its bytes repeat."""


def check_place(out: AnyPath, model: AnyPath, *, overwrite: bool) -> None:
    """Refuse, before any work is done, a place where the adapted model can't go.

    Raises
    ------
    ConfigError
        If a model of MFA is to get another name than that of a zip.
    OutputError
        If there is no folder for it, or it is the model itself.
    """
    place = Path(out)
    is_zip = str(model) != BUILT_IN and not Path(model).is_dir()
    if is_zip and place.suffix.lower() != ZIP:
        raise ConfigError("out", place.name, f"a name that ends in {ZIP}, as the model that is adapted is one")
    if not is_zip and place.suffix:
        raise ConfigError("out", place.name, "the name of a folder: a model of PocketSphinx is one")
    if not place.parent.is_dir():
        raise OutputError(place, f"there is no folder {place.parent}; create it first")
    if place.exists() and Path(model).exists() and place.samefile(model):
        raise OutputError(place, "this is the model itself; visalign never overwrites its inputs: give another name")
    if is_zip:
        keep_edited(place, overwrite=overwrite)


def provenance_of(adapted: Adapted, model: AnyPath, corpus: AnyPath, n_speakers: int) -> dict[str, Any]:
    """What a model says of its making; names only, no place of this machine."""
    return {
        "adapted_from": Path(model).name,
        "corpus": Path(corpus).resolve().name,
        "seconds": rounded(adapted.seconds),
        "speakers": n_speakers,
        "speakers_adapted_to": adapted.n_adapted,
        "rounds": [
            {
                "stretches": x.n_stretches,
                "log_likelihood_before": rounded(x.before),
                "log_likelihood_after": rounded(x.after),
                "tau": None if x.strength is None else x.strength.tau,
                "prior": None if x.strength is None else x.strength.prior,
            }
            for x in adapted.rounds
        ],
    }


def write_adapted(
    out: AnyPath, model: AnyPath, adapted: Adapted, provenance: Mapping[str, Any], *, overwrite: bool = False
) -> Path:
    """Write an adapted model whole under its name, or not at all.

    Parameters
    ----------
    out : path-like
        A zip for a model of MFA, a folder for one of PocketSphinx.
    model : path-like
        What was adapted: a zip, a folder, or `BUILT_IN`.
    adapted : Adapted
    provenance : mapping
        From :func:`provenance_of`.
    overwrite : bool
        Replace what is there.

    Raises
    ------
    OutputError
        If the place can't be written to.
    KeptFile
        If it holds something else.
    """
    if isinstance(adapted.model, KaldiAcoustics):
        return _write_zip(Path(out), Path(model), adapted, provenance)
    source = Path(get_model_path("en-us/en-us")) if str(model) == BUILT_IN else Path(model)
    more = {ADAPTED: format_json(dict(provenance)).encode()}
    return write_sphinx_folder(out, source, adapted.means, more, overwrite=overwrite)


def _write_zip(out: Path, source: Path, adapted: Adapted, provenance: Mapping[str, Any]) -> Path:
    assert isinstance(adapted.model, KaldiAcoustics)
    model = adapted.model.model
    changed = {"final.mdl": format_model(model.model), "final.alimdl": format_model(model.first_model)}
    with whole_file(out) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _members(source).items():
            plain = PurePosixPath(name).name
            if plain == "meta.json":
                content = _with_provenance(source, content, provenance)
            archive.writestr(_row(name), changed.get(plain, content))
    return out


def _row(name: str) -> zipfile.ZipInfo:
    row = zipfile.ZipInfo(name, _EPOCH)
    row.compress_type = zipfile.ZIP_DEFLATED
    row.external_attr = 0o644 << 16
    return row


def _members(source: Path) -> dict[str, bytes]:
    try:
        with opened_archive(source) as (_, archive):
            return {x.filename: archive.read(x) for x in archive.infolist() if not x.is_dir()}
    except ParseError:
        raise
    except DAMAGED_ARCHIVE as error:
        raise ParseError(source, None, f"no readable zip file ({error}). Download the acoustic model again") from error


def _with_provenance(source: Path, content: bytes, provenance: Mapping[str, Any]) -> bytes:
    try:
        meta = json.loads(content)
    except ValueError as error:
        raise ParseError(source, None, f"its meta.json can't be read ({error})") from error
    meta["visalign"] = {**meta.get("visalign", {}), "adapted": dict(provenance)}
    return json.dumps(meta, ensure_ascii=False).encode()
