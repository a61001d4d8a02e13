"""Tune: search on some speakers, compare on the others, recommend or refuse."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from threadpoolctl import threadpool_limits

from visalign._version import __version__
from visalign.batch.ledger import only_run
from visalign.config import Config
from visalign.corpora.manifest import listed_clips
from visalign.corpora.training_data import TrainingClip
from visalign.errors import AnyPath, ConfigError, InputError
from visalign.files.outputs import keep_edited, made_folder
from visalign.files.text_files import write_text
from visalign.sync.lip_model import LipModel
from visalign.tuning.configuration import format_config
from visalign.tuning.gathering import Gathered
from visalign.tuning.holdout import Comparison, choose_held_out, compare_outcomes
from visalign.tuning.material import TuningClip
from visalign.tuning.outcome import try_clip
from visalign.tuning.reward import DEFAULT_METRIC, Metric, format_metric, needs_of
from visalign.tuning.space import DEFAULT_GROUPS, config_of, search_space
from visalign.tuning.study import Found, importance_of, require_optuna, run_study

__all__ = ["RECOMMENDED", "TuneSettings", "Tuned", "remove_earlier", "tune", "tune_folder", "write_recommendation"]

Progress: TypeAlias = Callable[[str, float | None], None]

RECOMMENDED = "recommended.toml"
"""Name of the configuration within the folder of a study."""

_MIN_CLIPS = 4
_FOUND_BY = "Found by visalign tune"  # how a recommendation begins


@dataclass(frozen=True, slots=True)
class TuneSettings:
    """How to search.

    Parameters
    ----------
    metric : mapping of str to float
        Weights of the reward's terms (:mod:`visalign.tuning.reward`).
    budget : int
        Trials.
    groups : tuple of str
        Groups of parameters (:data:`visalign.tuning.space.GROUPS`).
    base : Config
        The configuration to start from, and to compare with.
    hold_out : tuple of str
        Speakers to compare on; empty: a third of them.
    seed, workers : int
        As in :func:`~visalign.tuning.study.run_study`.
    """

    metric: Metric = field(default_factory=lambda: DEFAULT_METRIC)
    budget: int = 60
    groups: tuple[str, ...] = DEFAULT_GROUPS
    base: Config = field(default_factory=Config)
    hold_out: tuple[str, ...] = ()
    seed: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        if self.budget < 2:
            raise ConfigError("budget", self.budget, "2 or more trials; the first is the configuration to start from")
        if self.workers < 1:
            raise ConfigError("workers", self.workers, "1 or more")


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a search has given.

    Parameters
    ----------
    settings : TuneSettings
    found : Found
        All trials.
    config : Config
        The best of them.
    comparison : Comparison
        On clips that the search did not see.
    held_out : str
        "speakers", or "clips" where there is one speaker only.
    left_out : tuple of (str, str)
        Clips that could not be used, each with the reason.
    n_search_clips : int
    search_speakers : tuple of str
    """

    settings: TuneSettings
    found: Found
    config: Config
    comparison: Comparison
    held_out: str
    left_out: tuple[tuple[str, str], ...]
    n_search_clips: int
    search_speakers: tuple[str, ...]

    @property
    def is_recommended(self) -> bool:
        """Whether the configuration is better than the one to start from, by more than noise."""
        return self.config != self.settings.base and self.comparison.is_better

    @property
    def verdict(self) -> str:
        """The result in words."""
        difference, unit = self.comparison.difference, self.comparison.unit
        gain = f"{difference.value:+.4f} ({difference.low:+.4f} to {difference.high:+.4f}, 95 %, {unit} resampled)"
        if self.config == self.settings.base:
            return "No trial was better than the configuration to start from."
        if self.is_recommended:
            return f"Recommended: the reward of {self.held_out} that were held out changes by {gain}."
        return (
            f"Not recommended: the reward of {self.held_out} that were held out changes by {gain}, which may be noise."
        )

    @property
    def provenance(self) -> list[str]:
        """Where the configuration comes from, line by line."""
        c, s = self.comparison, self.settings
        return [
            f"{_FOUND_BY} (visalign {__version__}): trial {self.found.best.place + 1} of {len(self.found.trials)}.",
            f"Metric: {format_metric(s.metric)}. Searched: {', '.join(s.groups)}. Seed: {s.seed}.",
            f"Searched on {self.n_search_clips} clips of {', '.join(self.search_speakers)}.",
            f"Compared on {c.n_clips} clips of {', '.join(c.speakers)}, which the search did not see:",
            f"reward {c.found.value:.4f} ({c.found.low:.4f} to {c.found.high:.4f}), the configuration to start from "
            f"{c.default.value:.4f} ({c.default.low:.4f} to {c.default.high:.4f}).",
            self.verdict,
        ]


def tune_folder(
    folder: AnyPath,
    out: AnyPath,
    settings: TuneSettings | None = None,
    *,
    model: LipModel | AnyPath | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Search for better settings on the clips of a folder.

    Parameters
    ----------
    folder : path-like
        Laid out as :mod:`visalign.corpora.training_data` says; clips without a transcript are left out.
    out : path-like
        A folder for the study, the lips, and the configuration where one is recommended. Where a study is there
        already, it goes on.
    settings : TuneSettings, optional
    model : LipModel or path-like, optional
        The shipped one by default. It should not have been trained on these speakers.
    progress : callable, optional
        Is told what is done and which part of it is behind.

    Raises
    ------
    InputError
        If too few clips can be used.
    ConfigError
        If a setting is impossible, or the study in `out` was made for something else.
    BackendUnavailable
        If optuna is not installed.
    """
    clips, _ = listed_clips(folder)
    lip_model = model if isinstance(model, LipModel) else LipModel.load(model)
    require_optuna()  # now, and not when all clips are prepared
    with only_run(made_folder(out)):
        return tune(clips, out, settings or TuneSettings(), model=lip_model, progress=progress)


def tune(
    clips: Sequence[TrainingClip],
    out: AnyPath,
    settings: TuneSettings,
    *,
    model: LipModel,
    models: Mapping[str, LipModel] | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Search for better settings; parameters and errors as :func:`tune_folder`.

    Parameters
    ----------
    models : mapping of str to LipModel, optional
        Models for some speakers that were trained without them.
    """
    gathered = Gathered(clips, out, model, models, progress)
    everything = gathered(settings.base)
    if len(everything) < _MIN_CLIPS:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in gathered.left_out[:3])
        raise InputError(f"{len(everything)} clips can be used; at least {_MIN_CLIPS} are needed. {reasons}")
    held_out, search = _split([clip.speaker for clip in everything], settings)
    names = [clip.name for clip in everything]
    searched = _Part(gathered, frozenset(names[k] for k in search))
    space = search_space(settings.groups, settings.base)
    trials = run_study(
        searched,
        space,
        settings.metric,
        budget=settings.budget,
        folder=out,
        base=settings.base,
        seed=settings.seed,
        workers=settings.workers,
        facts={"clips": gathered.digest, "clips held out": ",".join(names[k] for k in held_out)},
        progress=progress,
    )
    found = Found(trials, importance_of(trials, space))
    config = config_of(found.best.values, settings.base)
    if progress is not None:
        progress("comparing on what was held out", None)
    compared = _Part(gathered, frozenset(names[k] for k in held_out))
    comparison = _compared(compared, settings, config)
    speakers = tuple(sorted({everything[k].speaker for k in search}))
    by = "clips" if set(speakers) & set(comparison.speakers) else "speakers"
    tuned = Tuned(settings, found, config, comparison, by, tuple(gathered.left_out), len(search), speakers)
    file = Path(out) / RECOMMENDED
    if tuned.is_recommended:
        write_recommendation(file, format_config(config, tuned.provenance))
    else:
        remove_earlier(file)
    return tuned


def write_recommendation(file: Path, text: str) -> None:
    """Write what is recommended, with a digest that proves it to be as it was found.

    Raises
    ------
    KeptFile
        If a person has edited what is there, and :func:`~visalign.files.outputs.keep_edited` was told of it.
    OutputError
        If the file can't be written there.
    """
    if _is_as_found(file):
        keep_edited(file, overwrite=True)
    write_text(file, f"{text}{_proof(text)}\n")


def remove_earlier(file: Path) -> None:
    """Remove what an earlier, shorter run recommended; a file that somebody has made or edited stays."""
    if _is_as_found(file):
        file.unlink()


def _is_as_found(file: Path) -> bool:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    whole, _, proof = text.rstrip("\n").rpartition("\n")
    return text.startswith(f"# {_FOUND_BY}") and proof == _proof(f"{whole}\n")


def _proof(text: str) -> str:
    return f"# as found: {hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of the clips."""

    gathered: Gathered
    names: frozenset[str]

    def __call__(self, config: Config) -> list[TuningClip]:
        return [clip for clip in self.gathered(config) if clip.name in self.names]


def _split(speakers: Sequence[str], settings: TuneSettings) -> tuple[list[int], list[int]]:
    """Places of the clips that are held out, and of the others."""
    chosen = choose_held_out(speakers, settings.hold_out, seed=settings.seed)
    is_out = [speaker in chosen if chosen else k % 3 == 2 for k, speaker in enumerate(speakers)]
    return [k for k, out in enumerate(is_out) if out], [k for k, out in enumerate(is_out) if not out]


def _compared(material: _Part, settings: TuneSettings, config: Config) -> Comparison:
    needs = needs_of(settings.metric)
    with threadpool_limits(1):
        default, found = (
            [try_clip(clip, chosen, needs) for clip in material(chosen)] for chosen in (settings.base, config)
        )
    return compare_outcomes(default, found, settings.metric, seed=settings.seed)
