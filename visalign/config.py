"""Settings: one frozen dataclass a stage, composed into :class:`Config`, read from TOML.

A configuration file names only what differs from the defaults. A key that does not exist is an error, since a
misspelt setting that is silently ignored costs more than one that is refused::

    [alignment]
    lexicon = "names.dict"

    [sync]
    viseme_map = "lee_yook_2002"

    [verdict]
    profile = "itu_bt1359"

Conventions
-----------
Limits of a verdict are positive seconds: how far the audio may lead the lips, and how far it may lag them. The
profiles are those of EBU R37 [1]_, ITU-R BT.1359 [2]_, ATSC IS-191 [3]_, ITU-T J.100 [4]_ and, for film, ITU-R BR.265
[5]_.

References
----------
.. [1] EBU Recommendation R37, "The relative timing of the sound and vision components of a television signal", 2007.
.. [2] ITU-R Recommendation BT.1359-1, "Relative timing of sound and vision for broadcasting", 1998.
.. [3] ATSC IS-191, "Relative timing of sound and vision for broadcast operations", 2003.
.. [4] ITU-T Recommendation J.100, "Tolerances for transmission time differences between the vision and sound components
   of a television signal".
.. [5] ITU-R Recommendation BR.265-9, "Operational practices in the international exchange of programmes on film".
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, TypeVar

from visalign.errors import AnyPath, ConfigError, ParseError
from visalign.files.data_files import read_toml
from visalign.parameters import (
    GATES,
    EvidenceParams,
    GateParams,
    ScoringParams,
    ThresholdParams,
    check_settings,
    choice,
    number,
)

__all__ = [
    "DEFAULT_ALIGNER",
    "OOV_POLICIES",
    "PROFILES",
    "PROFILE_SUFFIX",
    "AlignmentParams",
    "Config",
    "LipParams",
    "SyncParams",
    "VerdictParams",
]

PROFILES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "ebu_r37": (0.040, 0.060),  # [1]_, at the output to the transmitter
        "ebu_r37_production": (0.005, 0.015),  # [1]_, within production
        "itu_j100": (0.020, 0.040),  # [4]_, exchange of programmes
        "film": (0.022, 0.022),  # [5]_, half a film frame to either side
        "atsc_is191": (0.015, 0.045),  # [3]_
        "itu_bt1359": (0.045, 0.125),  # [2]_, where viewers begin to notice
        "itu_bt1359_acceptable": (0.090, 0.185),  # [2]_, what viewers put up with
        "dubbing": (0.060, 0.080),  # a line of a dub, and the rules of GATES; docs/decisions/0175
    }
)
"""Verdict profiles: name -> seconds that the audio may lead, and lag."""

DEFAULT_ALIGNER = "gmm_hmm"
"""What is used where no aligner is named; why this one: docs/decisions/0010."""

OOV_POLICIES = ("error", "g2p", "skip")
"""Ways to treat words without a pronunciation."""

RECOGNISED = ("phones", "words")
"""What can be recognised without a transcript."""

PROFILE_SUFFIX = ".toml"
"""Ending of a file with a profile of one's own."""

DEFAULT_PROFILE = "ebu_r37"  # docs/decisions/0004-verdict-profile.md


@dataclass(frozen=True, slots=True)
class AlignmentParams:
    """How phones are found in the audio.

    Parameters
    ----------
    aligner : str
        Name of the forced aligner.
    lexicon : str
        Path of a pronunciation dictionary that is asked before the built-in one; empty for none.
    oov : {"error", "g2p", "skip"}
        What becomes of words that no dictionary holds.
    g2p : str
        Who guesses their pronunciation: empty for the built-in model, ``espeak:LANGUAGE``, or the path of a model.
    language : str
        In which language the transcript is (``de``, ``pt-BR``, ``ja``); empty for American English.
    enhancement : str
        Clear the sound first by this chain (:mod:`visalign.sound.enhancement`); ``"auto"`` only where the noise makes
        it worth while, ``"off"`` never.
    recognise : str
        What to recognise where there is no transcript: ``"phones"`` or ``"words"``.
    """

    aligner: str = DEFAULT_ALIGNER
    lexicon: str = ""
    oov: str = choice("error", OOV_POLICIES)
    g2p: str = ""
    language: str = ""
    enhancement: str = "off"
    recognise: str = choice("phones", RECOGNISED)

    def __post_init__(self) -> None:
        check_settings(self, "alignment")

    @property
    def chain(self) -> str | None:
        """The chain of enhancement; None for none."""
        return None if self.enhancement == "off" else self.enhancement


@dataclass(frozen=True, slots=True)
class LipParams:
    """How lips are read from the picture.

    Parameters
    ----------
    detect_every : int
        Frames from one search for faces to the next; between them the face is tracked.
    grammar : str
        What may be said, to read words off the lips as well: a file in JSGF, a text of sentences or words, or
        ``"grid"``; empty: they are not read.
    """

    detect_every: int = number(10, 1, math.inf, "1 or more frames", unit="frames")
    grammar: str = ""

    def __post_init__(self) -> None:
        check_settings(self, "lips")


@dataclass(frozen=True, slots=True)
class SyncParams:
    """How sound and lips are compared.

    Parameters
    ----------
    viseme_map : str
        Name of a phoneme→viseme map, or the path of a TOML file with one.
    reference : str
        Path of a clip of the same speaker and camera that is known to be in sync: its lead is taken off every lead
        (:mod:`visalign.sync.reference`); empty for none.
    max_lag_seconds : float
        The offset is searched within plus and minus this. The default is 15 frames at 25 frames a second, the range
        of SyncNet's protocol and its successors'. Beyond a second, up to ten minutes, a quick look at every lag
        (:mod:`visalign.sync.wide_search`) comes first, and the exact search follows where it points.
    """

    viseme_map: str = "jeffers_1971"
    reference: str = ""
    max_lag_seconds: float = number(0.6, 0.1, 600, "0.1 to 600 seconds")

    def __post_init__(self) -> None:
        check_settings(self, "sync")


@dataclass(frozen=True, slots=True)
class VerdictParams:
    """When a clip or a word counts as in sync.

    Parameters
    ----------
    profile : str
        One of :data:`PROFILES`.
    max_lead_seconds, max_lag_seconds : float, optional
        Own limits in place of the profile's.
    strict : bool
        A clip is in sync only where its whole 95 % interval lies within the limits; one whose interval reaches across a
        limit is uncertain. Without, a lead within the limits is enough. A lead beyond them is called early or late
        only where the whole interval is beyond, strict or not.

    Examples
    --------
    >>> VerdictParams("itu_bt1359").limits
    (0.045, 0.125)
    >>> VerdictParams(max_lead_seconds=0.02).name, VerdictParams(max_lead_seconds=0.02).limits
    ('custom', (0.02, 0.06))
    """

    profile: str = choice(DEFAULT_PROFILE, tuple(PROFILES))
    max_lead_seconds: float | None = number(None, math.ulp(0.0), 10, "more than 0, at most 10 seconds")
    max_lag_seconds: float | None = number(None, math.ulp(0.0), 10, "more than 0, at most 10 seconds")
    strict: bool = False

    def __post_init__(self) -> None:
        check_settings(self, "verdict")

    @property
    def limits(self) -> tuple[float, float]:
        """Seconds that the audio may lead, and lag."""
        lead, lag = PROFILES[self.profile]
        return (
            lead if self.max_lead_seconds is None else self.max_lead_seconds,
            lag if self.max_lag_seconds is None else self.max_lag_seconds,
        )

    @property
    def name(self) -> str:
        """The profile's name, or ``"custom"`` where a limit is the user's own."""
        return self.profile if self.limits == PROFILES[self.profile] else "custom"


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a check.

    Parameters
    ----------
    alignment : AlignmentParams
        How phones are found in the audio.
    lips : LipParams
        How lips are read from the picture.
    sync : SyncParams
        How the two are compared.
    verdict : VerdictParams
        When the result counts as in sync.
    evidence : EvidenceParams
        How the streams of the lip model are weighed.
    scoring : ScoringParams
        How words are judged.
    thresholds : ThresholdParams
        From which probability on a verdict is given.
    gate : GateParams
        What the lines of a programme must keep; that of the verdict profile where none was set.

    Examples
    --------
    >>> Config.from_dict({"lips": {"detect_every": 5}}).lips
    LipParams(detect_every=5, grammar='')
    """

    alignment: AlignmentParams = field(default_factory=AlignmentParams)
    lips: LipParams = field(default_factory=LipParams)
    sync: SyncParams = field(default_factory=SyncParams)
    verdict: VerdictParams = field(default_factory=VerdictParams)
    evidence: EvidenceParams = field(default_factory=EvidenceParams)
    scoring: ScoringParams = field(default_factory=ScoringParams)
    thresholds: ThresholdParams = field(default_factory=ThresholdParams)
    gate: GateParams = field(default_factory=GateParams)

    @classmethod
    def load(cls, path: AnyPath) -> Config:
        """Read a TOML file.

        Raises
        ------
        ParseError
            If the file can't be read or is not TOML.
        ConfigError
            If it holds an unknown key or an impossible value.
        """
        return cls.from_dict(read_toml(path))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Config:
        """Build from plain data; what is not named keeps its default.

        Raises
        ------
        ConfigError
            If `data` holds an unknown key or an impossible value.
        """
        _refuse_unknown(data, [f.name for f in fields(cls)], where="")
        default = cls()
        stages = {name: _stage(name, getattr(default, name), part) for name, part in data.items() if name != "gate"}
        verdict = stages.get("verdict", default.verdict)
        return cls(**stages, gate=_stage("gate", GATES.get(verdict.profile, default.gate), data.get("gate", {})))

    def changed(
        self,
        *,
        lexicon: AnyPath | None = None,
        language: str | None = None,
        oov: str | None = None,
        g2p: str | None = None,
        recognise: str | None = None,
        enhancement: str | None = None,
        viseme_map: str | None = None,
        reference: AnyPath | None = None,
        max_lag_seconds: float | None = None,
        profile: str | None = None,
        strict: bool | None = None,
        grammar: str | None = None,
    ) -> Config:
        """These settings with the ones that are given in their place; what is None stays.

        The names are those of the options of the command line and of :func:`visalign.check`. A `profile` brings its
        limits and its gate, whatever was set; where it is a file (.toml), the tables ``[verdict]`` and ``[gate]`` of
        that file.

        Examples
        --------
        >>> Config().changed(profile="film", oov="g2p").verdict.limits
        (0.022, 0.022)

        Raises
        ------
        ConfigError
            If a value is impossible.
        ParseError
            If `profile` is a file that can't be read, is not TOML, or holds what is none of a profile.
        """
        own = None if lexicon is None else str(lexicon)
        chosen = self if profile is None else self._by_profile(profile)
        alignment = {"lexicon": own, "language": language, "oov": oov, "g2p": g2p, "recognise": recognise}
        return replace(
            self,
            alignment=_with(self.alignment, **alignment, enhancement=enhancement),
            lips=_with(self.lips, grammar=grammar),
            sync=_with(
                self.sync,
                viseme_map=viseme_map,
                reference=None if reference is None else str(reference),
                max_lag_seconds=max_lag_seconds,
            ),
            verdict=_with(chosen.verdict, strict=strict),
            gate=chosen.gate,
        )

    def _by_profile(self, profile: str) -> Config:
        """These settings with limits and gate of a profile: its name, or a file."""
        if not profile.lower().endswith(PROFILE_SUFFIX):
            verdict = VerdictParams(profile, strict=self.verdict.strict)
            return replace(self, verdict=verdict, gate=GATES.get(profile, GateParams()))
        tables = read_toml(profile)
        try:
            _refuse_unknown(tables, ["verdict", "gate"], where="")
            read = Config.from_dict(tables)
        except ConfigError as error:
            raise ParseError(profile, None, str(error)) from error
        strict = read.verdict.strict or self.verdict.strict
        return replace(self, verdict=replace(read.verdict, strict=strict), gate=read.gate)

    @property
    def profile_name(self) -> str:
        """Name of the profile; ``"custom"`` where a limit or a rule of its gate is the user's own."""
        own = self.gate != GATES.get(self.verdict.profile, GateParams())
        return "custom" if own else self.verdict.name

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Plain data, all settings named but a language that none was named for."""
        data = asdict(self)
        if not self.alignment.language:  # so that digests of before languages could be named stay what they were
            del data["alignment"]["language"]
        if not self.sync.reference:
            del data["sync"]["reference"]
        if self.gate == GATES.get(self.verdict.profile, GateParams()):  # what the profile brings, none of most
            del data["gate"]
        return data

    @property
    def digest(self) -> str:
        """SHA-256 over all settings, as hex: equal for equal settings, whatever file they came from."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()


Params = TypeVar(
    "Params",
    AlignmentParams,
    LipParams,
    SyncParams,
    VerdictParams,
    EvidenceParams,
    ScoringParams,
    ThresholdParams,
    GateParams,
)


def _with(stage: Params, **given: Any) -> Params:
    """A stage with those settings in their place that are not None."""
    return replace(stage, **{name: value for name, value in given.items() if value is not None})


def _stage(name: str, default: Params, part: object) -> Params:
    if not isinstance(part, dict):
        raise ConfigError(name, part, f"a table of settings, [{name}]")
    kinds = {f.name: f.type for f in fields(default)}
    _refuse_unknown(part, list(kinds), where=f"{name}.")
    return replace(default, **{key: _typed(f"{name}.{key}", value, str(kinds[key])) for key, value in part.items()})


def _refuse_unknown(part: Mapping[str, Any], allowed: list[str], *, where: str) -> None:
    for key, value in part.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ConfigError(f"{where}{key}", value, f"the settings {', '.join(allowed)}{hint}")


def _typed(key: str, value: object, kind: str) -> Any:
    # Annotations are strings here (from __future__ import annotations): "int", "str", "float | None" …
    if value is None and kind.endswith("| None"):
        return None
    if kind.startswith("float") and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    wanted = {"int": "a whole number", "str": "a text", "bool": "true or false"}.get(kind, "a number")
    raise ConfigError(key, value, wanted)
