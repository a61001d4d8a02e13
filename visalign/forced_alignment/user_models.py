"""Acoustic models that users bring: of the Montreal Forced Aligner, of Julius, and folders of PocketSphinx's models.

A folder holds ``mdef``, ``means``, ``variances``, ``sendump``, ``transition_matrices`` and ``feat.params``, as
PocketSphinx reads it. The English model itself, adapted by ``visalign acoustic adapt``, is used as the built-in one is,
weak forms and doubts included. Another can be used if its model is of the kind of the English one (phonetically tied
mixtures, binary ``mdef``) and hears sound as that one does, which ``feat.params`` says.
"""

from __future__ import annotations

import filecmp
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from pocketsphinx import get_model_path

from visalign.errors import AnyPath, ParseError
from visalign.files.data_files import read_bytes
from visalign.files.decoding import decode_text
from visalign.files.inputs import opened_file, read_at_most
from visalign.forced_alignment.acoustic_model import AcousticModel, KaldiAcoustics, SphinxAcoustics
from visalign.forced_alignment.decoding_graph import Variant
from visalign.forced_alignment.htk_acoustics import HtkAcoustics
from visalign.forced_alignment.julius_model import SIGNATURE, read_julius_model
from visalign.forced_alignment.mapped_acoustics import PAUSE_WEIGHT
from visalign.forced_alignment.mfa_archive import read_mfa_model
from visalign.forced_alignment.sphinx_model import read_sphinx_model
from visalign.language.lexicon import Pronunciation
from visalign.language.phones import is_silence, strip_stress

__all__ = ["ADAPTED", "FolderAcoustics", "read_user_model"]

HEARD: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "-lowerf": frozenset(["130", "130.0"]),
        "-upperf": frozenset(["6800", "6800.0"]),
        "-nfilt": frozenset(["25"]),
        "-transform": frozenset(["dct"]),
        "-lifter": frozenset(["22"]),
        "-feat": frozenset(["1s_c_d_dd"]),
        "-svspec": frozenset(["0-12/13-25/26-38"]),
    }
)
"""What :mod:`~visalign.forced_alignment.sphinx_features` computes, to be said by ``feat.params``."""

DEFAULTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "-agc": frozenset(["none"]),
        "-varnorm": frozenset(["no"]),
        "-remove_noise": frozenset(["yes"]),
        "-samprate": frozenset(["16000", "16000.0"]),
        "-frate": frozenset(["100"]),
        "-model": frozenset(["ptm"]),
    }
)
"""The same, where ``feat.params`` need not say it."""


ADAPTED = "visalign.json"
"""The file that says how a model was adapted, beside those of PocketSphinx."""


class FolderAcoustics(SphinxAcoustics):
    """A model of another language; its phones are what its dictionary calls them.

    Parameters
    ----------
    folder : Path
    """

    has_filler = False
    judges_words = False

    def __init__(self, folder: Path) -> None:
        super().__init__(read_sphinx_model(folder))
        self.name = folder.name

    def variants(self, word: str, pronunciations: Sequence[Pronunciation]) -> list[Variant]:
        """Pronunciations whose phones the model has, as they stand, or without stress in capitals or small letters."""
        found = list[Variant]()
        for pronunciation in pronunciations:
            spoken = [x for x in pronunciation.phones if not is_silence(x)]
            for change in (str, strip_stress, str.upper, str.lower):
                phones = tuple(map(change, spoken))
                if phones and self.phone_set.issuperset(phones):
                    found.append(Variant(phones, before_silence=PAUSE_WEIGHT, before_speech=PAUSE_WEIGHT))
                    break
        return found


def read_user_model(path: AnyPath) -> AcousticModel:
    """Read a model: a folder is PocketSphinx's, a file Julius's or the Montreal Forced Aligner's, by its first bytes.

    Raises
    ------
    ParseError
        If a file is missing, damaged or of another kind, or the model hears sound in another way.
    """
    if Path(path).is_dir():
        return _read_folder(Path(path))
    if _begins_with(path, SIGNATURE):
        return HtkAcoustics(read_julius_model(path))
    if _begins_with(path, _HTK_TEXT):
        reason = (
            "a model of HTK in text; turn it into Julius's binary form (mkbinhmm hmmdefs model.binhmm) and give that"
        )
        raise ParseError(path, 1, reason)
    return KaldiAcoustics(read_mfa_model(path))


_HTK_TEXT = b"~"


def _begins_with(path: AnyPath, signature: bytes) -> bool:
    try:
        with opened_file(path) as file:
            return read_at_most(file, len(signature)).startswith(signature)
    except (OSError, ValueError):  # whoever reads it says why it can't be
        return False


def _read_folder(folder: Path) -> SphinxAcoustics:
    path = folder / "feat.params"
    if not path.is_file():
        raise ParseError(folder, None, "no folder of an acoustic model of PocketSphinx: it has no feat.params")
    said = dict(_settings(path))
    for key, wanted in (*HEARD.items(), *DEFAULTS.items()):
        number, value = said.get(key, (None, ""))
        if value not in wanted and (value or key in HEARD):
            reason = f"{key} is {value or 'missing'}; models with {key} {min(wanted)} alone can be used"
            raise ParseError(path, number, reason)
    return _adapted_english(folder) if _is_english(folder) else FolderAcoustics(folder)


def _is_english(folder: Path) -> bool:
    """Whether a folder holds the English model, adapted: it says so, and phones and states are the built-in ones."""
    home = Path(get_model_path("en-us/en-us"))
    try:
        return (folder / ADAPTED).is_file() and filecmp.cmp(folder / "mdef", home / "mdef", shallow=False)
    except OSError:  # one of the two is not there, which whoever reads it tells
        return False


def _adapted_english(folder: Path) -> SphinxAcoustics:
    """The English model with the weak forms, fillers and judgements that go with it."""
    found = SphinxAcoustics(read_sphinx_model(folder))
    found.name = folder.name
    return found


def _settings(path: Path) -> list[tuple[str, tuple[int, str]]]:
    rows = []
    for number, line in enumerate(decode_text(path, read_bytes(path)).text.splitlines(), start=1):
        words = line.split()
        if words:
            rows.append((words[0], (number, " ".join(words[1:]))))
    return rows
