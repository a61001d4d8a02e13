"""The acoustic models of the Montreal Forced Aligner, read from the zip files in which they are published.

A zip holds Kaldi's ``final.mdl``, ``tree``, sometimes ``final.alimdl`` (for the pass before speaker adaptation) and
``lda.mat``, a table of phones and ``meta.json``; older ones ``meta.yaml`` and no table. Nothing is unpacked to disk.

Conventions
-----------
Phones are written as in the dictionary that belongs to the model, without the suffixes of its table (``_B``, ``_I``,
``_E``, ``_S``: the place in the word).

References
----------
.. [1] M. McAuliffe et al., Montreal Forced Aligner: trainable text-speech alignment using Kaldi, Interspeech 2017.
.. [2] Pretrained models: https://mfa-models.readthedocs.io (CC BY 4.0).
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import cast

import numpy as np
import numpy.typing as npt

from visalign.errors import BAD_DATA, AnyPath, InputError, ParseError, UnknownSymbol, quoted
from visalign.files.archives import DAMAGED_ARCHIVE, opened_archive
from visalign.files.data_files import parse_json, parse_yaml
from visalign.files.limits import excess
from visalign.forced_alignment.decoding_graph import PhoneHmm, SilenceCosts
from visalign.forced_alignment.kaldi_features import FeatureOptions
from visalign.forced_alignment.kaldi_model import ContextTree, KaldiModel, read_matrix, read_model, read_tree
from visalign.hmm_training.gaussians import DiagonalMixtures

__all__ = [
    "MfaModel",
    "ModelOptions",
    "model_of_files",
    "read_meta",
    "read_mfa_model",
    "rescaled",
    "says_positions",
]

SELF_LOOP_SCALE = 0.1
"""How much the probability of staying in a state counts; MFA's own setting, as is a scale of 1 for all others."""

META = frozenset({"meta.json", "meta.yaml"})
WANTED = frozenset({"final.mdl", "final.alimdl", "tree", "lda.mat", "phones.txt", *META})

SUFFIXES = ("_B", "_E", "_I", "_S")

FIRST_VERSIONS = frozenset({"0.9.0", "1.0.0"})
"""Models of these are used with adaptation to the speaker, of which their meta file says nothing."""

FIRST_FEATURES: Mapping[str, object] = {"type": "mfcc", "deltas": True, "snip_edges": True}
"""What MFA 3.4.3 takes "mfcc+deltas" for, the one word by which models of MFA 1 say how they hear."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What the meta file of a model says about its use.

    Parameters
    ----------
    features : FeatureOptions
    uses_deltas, uses_adaptation : bool
        Slopes beside the cepstra; a second pass with fMLLR.
    splice : (int, int)
        Frames before and after that are put beside each other under an LDA transform.
    silence_phone, unknown_phone : str
    phones : tuple of str
        Without silences.
    silence_probability, initial_silence_probability : float
    final_silence, final_speech : float
        Corrections of the end of the utterance.
    """

    features: FeatureOptions
    uses_deltas: bool = True
    uses_adaptation: bool = False
    splice: tuple[int, int] = (3, 3)
    silence_phone: str = "sil"
    unknown_phone: str = "spn"
    phones: tuple[str, ...] = ()
    silence_probability: float = 0.5
    initial_silence_probability: float = 0.5
    final_silence: float = 1.0
    final_speech: float = 1.0

    @property
    def silence_costs(self) -> SilenceCosts:
        """Log weights at the edges of an utterance."""
        p = self.initial_silence_probability
        return SilenceCosts(math.log(p), math.log(1 - p), math.log(self.final_silence), math.log(self.final_speech))


class MfaModel:
    """An acoustic model as it lies in MFA's zip, see :func:`read_mfa_model`.

    Parameters
    ----------
    name : str
        For messages and reports.
    options : ModelOptions
    model : KaldiModel
        ``final.mdl``.
    first_model : KaldiModel
        ``final.alimdl``, for speech that is not adapted to; the same as `model` where there is none.
    tree : ContextTree
    lda : ndarray or None
        Shape (n_features, n_spliced).
    symbols : mapping of str to int
        The table of phones.
    """

    def __init__(
        self,
        name: str,
        options: ModelOptions,
        model: KaldiModel,
        first_model: KaldiModel,
        tree: ContextTree,
        lda: Floats | None,
        symbols: Mapping[str, int],
    ) -> None:
        self.name, self.options, self.model, self.first_model = name, options, model, first_model
        self.tree, self.lda, self.symbols = tree, lda, symbols
        self.silence = options.silence_phone
        self.uses_context = tree.width > 1
        # Four of them: "a_B" alone may be a phone of X-SAMPA, a very low vowel.
        stems = {symbol.removesuffix("_B") for symbol in symbols if symbol.endswith("_B")}
        self.has_positions = any(symbols.keys() >= {stem + suffix for suffix in SUFFIXES} for stem in stems)
        self.phone_hmm = lru_cache(maxsize=100_000)(self._phone_hmm)

    def with_mixtures(self, first: DiagonalMixtures, last: DiagonalMixtures) -> MfaModel:
        """The same with other Gaussians: for speech that is not adapted to, and for speech that is."""
        return MfaModel(
            self.name,
            self.options,
            replace(self.model, mixtures=last),
            replace(self.first_model, mixtures=first),
            self.tree,
            self.lda,
            self.symbols,
        )

    def __reduce__(self) -> tuple[type[MfaModel], tuple[object, ...]]:
        """To another process without what was looked up here."""
        parts = (self.name, self.options, self.model, self.first_model, self.tree, self.lda, self.symbols)
        return MfaModel, parts

    @property
    def phone_set(self) -> frozenset[str]:
        """Phones that a dictionary for this model may use."""
        suffix = "_B" if self.has_positions else ""
        own = {symbol.removesuffix(suffix) for symbol in self.symbols if symbol.endswith(suffix)}
        return frozenset(own - {"<eps>", "#0"})

    def number(self, phone: str, position: str = "") -> int:
        """The phone's number in the table; 0 for no phone.

        Raises
        ------
        UnknownSymbol
            If the model has no such phone.
        """
        if not phone:
            return 0
        symbol = self.neighbour(phone, position)
        if symbol not in self.symbols:
            raise UnknownSymbol(phone, sorted(self.phone_set))
        return self.symbols[symbol]

    def neighbour(self, phone: str, position: str) -> str:
        """The symbol of the table, which for phones of a model with positions holds their place in their own word.

        MFA's trees may ask whether the phone before ends a word, is one by itself, and so on (its "extra questions").
        """
        return f"{phone}_{position}" if self.has_positions and position else phone

    def _phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        """See :meth:`visalign.forced_alignment.decoding_graph.PhoneModels.phone_hmm`."""
        number = self.number(phone, position)
        window = self._window(left, number, right)
        states = self.model.topology[number]
        pdfs: list[int] = []
        arcs: list[tuple[int, int, float]] = []
        for index, state in enumerate(states):
            pdf = self.tree.pdf(window, state.pdf_class)
            transitions = None if pdf is None else self.model.transitions.get((number, index, pdf))
            if pdf is None or transitions is None:
                raise InputError(f"{self.name}: the tree gives no pdf to state {index} of phone {quoted(phone)}")
            pdfs.append(pdf)
            arcs += ((index, move.target, move.log_probability) for move in transitions)
        return PhoneHmm(tuple(pdfs), tuple(rescaled(arcs)))

    def _window(self, left: str, number: int, right: str) -> tuple[int, ...]:
        window = [0] * self.tree.width
        window[self.tree.position] = number
        if self.tree.position > 0:
            window[self.tree.position - 1] = self.number(left)
        if self.tree.position + 1 < self.tree.width:
            window[self.tree.position + 1] = self.number(right)
        return tuple(window)


def rescaled(arcs: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Arcs as MFA weighs them: a loop, and leaving it, count a tenth; where one leaves to counts in full."""
    loops = {a: weight for a, b, weight in arcs if a == b}
    rows = []
    for a, b, weight in arcs:
        if a == b:
            weight *= SELF_LOOP_SCALE
        elif a in loops:
            leaving = math.log1p(-math.exp(min(loops[a], -1e-10)))
            weight += (SELF_LOOP_SCALE - 1.0) * leaving
        rows.append((a, b, weight))
    return rows


@lru_cache(maxsize=4)
def _cached(path: str, modified: int, size: int) -> MfaModel:
    return _read(Path(path))


def read_mfa_model(path: AnyPath) -> MfaModel:
    """Read an acoustic model of the Montreal Forced Aligner; a second time it comes from memory.

    Parameters
    ----------
    path : path-like
        The zip file as it was downloaded.

    Raises
    ------
    ParseError
        If it can't be read, is no such zip, is damaged, or of an architecture other than GMM-HMM.
    """
    try:
        facts = Path(path).stat()
    except OSError as error:
        raise ParseError(path, None, f"can't be read: {error.strerror}. Check the path of the model") from error
    return _cached(str(path), facts.st_mtime_ns, facts.st_size)


def _read(path: Path) -> MfaModel:
    return model_of_files(path, _unpack(path, WANTED))


def model_of_files(path: AnyPath, files: Mapping[str, bytes]) -> MfaModel:
    """The model whose zip holds `files`, by their names; `path` is for messages.

    Raises
    ------
    ParseError
        As :func:`read_mfa_model`.
    """
    path = Path(path)
    missing = {"final.mdl", "tree"} - files.keys()
    if missing or not files.keys() & META:
        lacking = sorted(missing) or ["meta.json"]
        raise ParseError(path, None, f"no acoustic model of MFA: {', '.join(lacking)} is not in the zip")
    options = _options(path, _meta(path, files), files.keys())
    model = read_model(files["final.mdl"], f"{path}:final.mdl")
    first = read_model(files["final.alimdl"], f"{path}:final.alimdl") if "final.alimdl" in files else model
    lda = read_matrix(files["lda.mat"], f"{path}:lda.mat") if "lda.mat" in files else None
    symbols = _symbols(path, files.get("phones.txt"), options, model)
    tree = read_tree(files["tree"], f"{path}:tree")
    _check(path, options, (model, first), tree, lda, symbols)
    return MfaModel(path.name, options, model, first, tree, lda, symbols)


def _unpack(path: Path, wanted: Container[str]) -> dict[str, bytes]:
    """The wanted files of the zip, by name; its folders do not matter and nothing is written."""
    files: dict[str, bytes] = {}
    try:
        with opened_archive(path) as (_, archive):
            rows = [row for row in archive.infolist() if PurePosixPath(row.filename).name in wanted]
            for row in rows:
                fault = excess("archive-ratio", row.file_size / max(row.compress_size, 1))
                if fault is not None:
                    raise ParseError(path, None, f"{row.filename} is packed more tightly than a model can be: {fault}")
                files.setdefault(PurePosixPath(row.filename).name, archive.read(row))
    except ParseError:
        raise
    except DAMAGED_ARCHIVE as error:
        raise ParseError(path, None, f"no readable zip file ({error}). Download the acoustic model again") from error
    return files


def _meta(path: Path, files: Mapping[str, bytes]) -> dict[str, object]:
    name = f"{path}: meta file"
    if "meta.json" in files:
        meta = parse_json(name, files["meta.json"].decode("utf-8", "replace"), strict=False)
    else:
        meta = parse_yaml(name, files["meta.yaml"])
    if not isinstance(meta, dict):
        raise ParseError(path, None, "the meta file holds no table of settings")
    architecture = meta.get("architecture", "gmm-hmm")
    if architecture != "gmm-hmm":
        raise ParseError(
            path, None, f"an acoustic model of architecture {quoted(architecture)}; only gmm-hmm can be used"
        )
    return cast(dict[str, object], meta)


def read_meta(path: AnyPath) -> dict[str, object]:
    """The meta file of a model, as it stands.

    Raises
    ------
    ParseError
        If it is no zip with a meta file.
    """
    files = _unpack(Path(path), META)
    if not files:
        raise ParseError(path, None, "no acoustic model of MFA: meta.json is not in the zip")
    return _meta(Path(path), files)


def says_positions(path: AnyPath) -> bool:
    """Whether MFA 3.4.3 takes a model's phones to be other ones by their place in the word (``N_B``, ``N_E`` …).

    Where the meta file says nothing of it, MFA does: of its own models those that do are the older ones.

    Raises
    ------
    ParseError
        If it is no zip with a meta file.
    """
    meta = read_meta(path)
    dictionaries = meta.get("dictionaries")
    if not isinstance(dictionaries, dict):
        return bool(meta.get("position_dependent_phones", True))
    unsaid = meta.get("position_dependent_phones", str(meta.get("version", "")) < "2.0")
    return bool(dictionaries.get("position_dependent_phones", unsaid))


class _Settings:
    """Numbers and names of a meta file, checked as they are asked for."""

    def __init__(self, path: Path, table: object) -> None:
        self.path = path
        self.table = table if isinstance(table, dict) else {}

    def number(self, key: str, default: float, low: float, high: float) -> float:
        value = self.table.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ParseError(
                self.path, None, f"{key} is {quoted(value)} in the meta file; {low:g} to {high:g} is possible"
            )
        return float(value)

    def flag(self, default: bool, *keys: str) -> bool:
        return next((bool(self.table[key]) for key in keys if self.table.get(key) is not None), default)

    def text(self, key: str, default: str) -> str:
        value = self.table.get(key)
        return value if isinstance(value, str) and value else default


def _options(path: Path, meta: Mapping[str, object], files: Container[str]) -> ModelOptions:
    """The settings of the meta file, and what MFA concludes from the files beside it where that is silent."""
    features = meta.get("features")
    table = _Settings(path, features if isinstance(features, dict) else FIRST_FEATURES)
    if table.text("type", "mfcc") not in ("mfcc", "deltas", "lda"):
        raise ParseError(path, None, f"features of type {quoted(table.text('type', ''))}; only MFCC can be used")
    if table.flag(False, "use_pitch", "pitch", "use_voicing"):
        raise ParseError(path, None, "a model with pitch features, which can't be computed here; use one without")
    top = _Settings(path, meta)
    splices = table.flag(False, "lda", "uses_splices") or "lda.mat" in files
    adapts = table.flag(False, "uses_speaker_adaptation", "fmllr") or "final.alimdl" in files
    phones = meta.get("phones", ())
    return ModelOptions(
        features=_feature_options(table),
        uses_deltas=table.flag(True, "uses_deltas", "deltas") and not splices,
        uses_adaptation=adapts or top.text("version", "") in FIRST_VERSIONS,
        splice=(
            int(table.number("splice_left_context", 3, 0, 20)),
            int(table.number("splice_right_context", 3, 0, 20)),
        ),
        silence_phone=top.text("optional_silence_phone", "sil"),
        unknown_phone=top.text("oov_phone", "spn"),
        phones=tuple(map(str, phones)) if isinstance(phones, list) else (),
        silence_probability=top.number("silence_probability", 0.5, 0.001, 0.999),
        initial_silence_probability=top.number("initial_silence_probability", 0.5, 0.001, 0.999),
        final_silence=top.number("final_silence_correction", 1.0, 0.001, 1000.0),
        final_speech=top.number("final_non_silence_correction", 1.0, 0.001, 1000.0),
    )


def _feature_options(table: _Settings) -> FeatureOptions:
    return FeatureOptions(
        rate_hz=int(table.number("sample_frequency", 16000, 4000, 192_000)),
        frame_shift=table.number("frame_shift", 10, 1, 100) / 1000,
        frame_length=table.number("frame_length", 25, 2, 1000) / 1000,
        n_coefficients=int(table.number("num_coefficients", 13, 1, 200)),
        n_mel_bins=int(table.number("num_mel_bins", 23, 3, 400)),
        low_hz=table.number("low_frequency", 20, 0, 20_000),
        high_hz=table.number("high_frequency", 7800, -10_000, 96_000),
        snip_edges=table.flag(False, "snip_edges"),
        dither=table.number("dither", 0.0, 0, 100),
        energy_floor=table.number("energy_floor", 0.0, 0, 1e9),
        preemphasis=table.number("preemphasis_coefficient", 0.97, 0, 1),
        lifter=table.number("cepstral_lifter", 22, 0, 1000),
        use_energy=table.flag(False, "use_energy"),
    )


def _symbols(path: Path, table: bytes | None, options: ModelOptions, model: KaldiModel) -> dict[str, int]:
    if table is None:
        return _guessed_symbols(path, options, len(model.topology))
    try:
        rows = [line.split() for line in table.decode("utf-8").splitlines() if line.strip()]
        return {symbol: int(number) for symbol, number in rows if not symbol.startswith("#")}
    except BAD_DATA as error:  # not UTF-8, not two columns, not a number
        raise ParseError(path, None, f"phones.txt can't be read: {error}") from error


def _guessed_symbols(path: Path, options: ModelOptions, n_phones: int) -> dict[str, int]:
    """The table that MFA 1 and 2 made anew each time: silences first, then the phones, each with its places."""
    for silences in (("sil", "sp", "spn"), ("sil", "spn")):
        for suffixes in (SUFFIXES, ()):
            pauses = [name + suffix for name in silences for suffix in ("", *suffixes)]
            names = pauses + [phone + suffix for phone in options.phones for suffix in suffixes or ("",)]
            if len(names) == n_phones:
                return {name: number for number, name in enumerate(names, start=1)}
    raise ParseError(path, None, f"no table of phones, and {len(options.phones)} phones do not make {n_phones} symbols")


def _check(
    path: Path,
    options: ModelOptions,
    models: tuple[KaldiModel, ...],
    tree: ContextTree,
    lda: Floats | None,
    symbols: Mapping[str, int],
) -> None:
    if not 1 <= tree.width <= 3 or tree.position < tree.width - 2:
        raise ParseError(path, None, f"a tree over {tree.width} phones; at most one neighbour a side can be used")
    strays = sorted(symbol for symbol, number in symbols.items() if number and number not in models[0].topology)
    if strays or options.silence_phone not in symbols:
        raise ParseError(path, None, f"phones without a topology: {', '.join(strays[:5]) or options.silence_phone}")
    n = options.features.n_coefficients
    width = n * (sum(options.splice) + 1)
    if lda is not None and lda.shape[1] != width:
        raise ParseError(path, None, f"lda.mat takes {lda.shape[1]} values, the features have {width}")
    dimension = lda.shape[0] if lda is not None else n * (3 if options.uses_deltas else 1)
    for model in models:
        if model.mixtures.n_dimensions != dimension:
            raise ParseError(
                path, None, f"the model takes {model.mixtures.n_dimensions} features, its meta file makes {dimension}"
            )
