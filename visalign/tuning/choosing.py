"""Let a bandit choose a configuration for each clip that arrives, and keep what it has learnt in a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from visalign.config import Config
from visalign.corpora.manifest import listed_clips
from visalign.errors import AnyPath, ConfigError, InputError, VisalignError
from visalign.sync.lip_model import LipModel
from visalign.tuning.bandit import Bandit
from visalign.tuning.material import TuningClip, prepare_clip
from visalign.tuning.outcome import try_clip
from visalign.tuning.reward import Metric, needs_of, reward

__all__ = ["STATE_FILE", "Choosing", "choose_as_clips_arrive"]

Progress: TypeAlias = Callable[[str, float | None], None]

STATE_FILE = "bandit.json"
"""Name of the state within its folder."""

DEFAULT_ARM = "default"


@dataclass(frozen=True, slots=True)
class Choosing:
    """What a bandit did with new clips.

    Parameters
    ----------
    choices : tuple of (str, str, float)
        Clip, configuration, reward, in their order.
    standings : mapping of str to (float, float)
        Discounted mean reward of each configuration, and the discounted number of clips behind it.
    next_arm : str
        What it would choose for the next clip.
    left_out : tuple of (str, str)
        Clips that could not be used, each with the reason.
    """

    choices: tuple[tuple[str, str, float], ...]
    standings: Mapping[str, tuple[float, float]]
    next_arm: str
    left_out: tuple[tuple[str, str], ...]


def choose_as_clips_arrive(
    folder: AnyPath,
    out: AnyPath,
    files: Sequence[AnyPath],
    metric: Metric,
    *,
    model: LipModel | AnyPath | None = None,
    policy: str = "ucb",
    discount: float = 0.98,
    seed: int = 0,
    progress: Progress | None = None,
) -> Choosing:
    """Judge each clip of a folder that was not seen before with the configuration that the bandit chooses.

    Parameters
    ----------
    folder : path-like
        Laid out as :mod:`visalign.corpora.training_data` says; it may grow between calls. Clips are known by their
        content.
    out : path-like
        A folder that keeps the state.
    files : sequence of path-like
        Configurations. The built-in one stands beside a single file, under the name "default".
    metric : mapping of str to float
        Weights of the reward's terms.
    model : LipModel or path-like, optional
        The shipped one by default.
    policy, discount, seed
        As in :class:`~visalign.tuning.bandit.Bandit`; those of a state that is there already count.
    progress : callable, optional
        Is told what is done and which part of it is behind.

    Raises
    ------
    ConfigError
        If two files have one name, or the state in `out` was made for other configurations.
    """
    arms = {Path(file).stem: Config.load(file) for file in files}
    if len(arms) != len(files):
        raise ConfigError("choose-between", ", ".join(str(file) for file in files), "files with names of their own")
    if len(arms) == 1:
        arms = {DEFAULT_ARM: Config()} | arms
    state = Path(out) / STATE_FILE
    bandit, seen = (
        Bandit.load(state)
        if state.is_file()
        else (Bandit(tuple(arms), policy=policy, discount=discount, seed=seed), [])
    )
    if set(bandit.arms) != set(arms):
        raise ConfigError("choose-between", ", ".join(arms), f"those of {state}: {', '.join(bandit.arms)}")
    lip_model = model if isinstance(model, LipModel) else LipModel.load(model)
    choices, left_out = list[tuple[str, str, float]](), list[tuple[str, str]]()
    clips, _ = listed_clips(folder)
    for turn, clip in enumerate(clips):
        if progress is not None:
            progress(f"judging {clip.path.name}", turn / len(clips))
        content = hashlib.sha256(clip.path.read_bytes()).hexdigest()
        if content in seen:
            continue
        arm = bandit.choose()
        try:
            earned = _earned(prepare_clip(clip, model=lip_model, config=arms[arm], turn=turn), arms[arm], metric)
        except VisalignError as error:  # a damaged clip must not cost the others
            left_out.append((clip.path.name, str(error)))
            continue
        bandit.learn(arm, earned)
        seen.append(content)
        state.parent.mkdir(parents=True, exist_ok=True)
        bandit.save(state, seen)
        choices.append((clip.path.name, arm, earned))
    return Choosing(tuple(choices), bandit.standings, bandit.choose(), tuple(left_out))


def _earned(clip: TuningClip, config: Config, metric: Metric) -> float:
    """Reward of one clip; terms that need a second clip of the speaker are left out."""
    value = reward([try_clip(clip, config, needs_of(metric))], metric)
    if not np.isfinite(value):
        raise InputError("one clip by itself gives nothing for this metric; take more terms")
    return value
