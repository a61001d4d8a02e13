r"""A bandit that keeps choosing between a handful of configurations while material arrives.

Method
------
Each clip is judged by one configuration only; what it earned tells about that configuration alone. Because a studio's
material changes, what was earned long ago counts less: a reward that is k choices old has the weight :math:`\gamma^k`
(discounted UCB [1]_). With n the discounted number of choices of an arm, m its discounted mean reward, s the spread of
all rewards and N the sum of n over the arms:

* ``ucb`` chooses the arm of the largest :math:`m + s \sqrt{2 \log N / n}`;
* ``thompson`` draws for each arm from a normal distribution of mean m and standard deviation :math:`s / \sqrt n`, and
  chooses the arm of the largest draw [2]_.

An arm that was never chosen comes first; an arm of which nearly all is forgotten is tried again by itself, for its n
falls. The choice depends on the seed and on what was earned alone, so the state can be kept in a file between clips.

References
----------
.. [1] A. Garivier and E. Moulines, On upper-confidence bound policies for switching bandit problems, ALT 2011.
.. [2] W. R. Thompson, On the likelihood that one unknown probability exceeds another, Biometrika 25, 1933.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from visalign.errors import BAD_DATA, AnyPath, ConfigError, ParseError, quoted
from visalign.files.data_files import read_json
from visalign.files.text_files import format_json, write_text

__all__ = ["POLICIES", "Bandit"]

POLICIES = ("ucb", "thompson")
"""How an arm is chosen."""

FORMAT = "visalign bandit 1"
DEFAULT_DISCOUNT = 0.98
"""Weight of a reward against the one after it: half of all that counts is the last 34 choices."""

_MIN_SPREAD = 0.01  # of rewards 0..1: without it, equal first rewards would end the exploration


class Bandit:
    """Chooses between arms, and learns from what they earn.

    Parameters
    ----------
    arms : sequence of str
        Names, at least two.
    policy : str
        One of :data:`POLICIES`.
    discount : float
        Weight of a reward against the one after it; 1 forgets nothing.
    seed : int
        Of Thompson's draws.

    Raises
    ------
    ConfigError
        If there are too few arms, two of one name, or an impossible setting.

    Examples
    --------
    >>> bandit = Bandit(["default", "tuned"], seed=0)
    >>> for _ in range(40):
    ...     arm = bandit.choose()
    ...     bandit.learn(arm, 0.9 if arm == "tuned" else 0.4)
    >>> bandit.choose()
    'tuned'
    """

    def __init__(
        self, arms: Sequence[str], *, policy: str = "ucb", discount: float = DEFAULT_DISCOUNT, seed: int = 0
    ) -> None:
        if len(set(arms)) != len(arms) or len(arms) < 2:
            raise ConfigError("arms", ", ".join(arms), "two or more, with names of their own")
        if policy not in POLICIES:
            raise ConfigError("policy", policy, POLICIES)
        if not 0.5 <= discount <= 1.0:
            raise ConfigError("discount", discount, "0.5 to 1")
        self.arms, self.policy, self.discount, self.seed = tuple(arms), policy, discount, seed
        self.n_choices = 0
        self._counts, self._sums, self._squares = (np.zeros(len(arms)) for _ in range(3))

    def choose(self) -> str:
        """The arm for the next clip. Asked again before anything was learnt, it is the same one."""
        if (self._counts == 0).any():
            return self.arms[int(np.flatnonzero(self._counts == 0)[0])]
        means = self._sums / self._counts
        if self.policy == "ucb":
            total = max(self._counts.sum(), np.e)
            index = means + self._spread() * np.sqrt(2 * np.log(total) / self._counts)
        else:
            rng = np.random.default_rng([self.seed, self.n_choices])
            index = rng.normal(means, self._spread() / np.sqrt(self._counts))
        return self.arms[int(index.argmax())]

    def learn(self, arm: str, reward: float) -> None:
        """Take in what an arm earned.

        Raises
        ------
        ConfigError
            If there is no such arm, or the reward is not from 0 to 1.
        """
        if arm not in self.arms:
            raise ConfigError("arm", arm, self.arms)
        if not 0.0 <= reward <= 1.0:
            raise ConfigError("reward", reward, "0 to 1")
        for kept in (self._counts, self._sums, self._squares):
            kept *= self.discount
        place = self.arms.index(arm)
        self._counts[place] += 1.0
        self._sums[place] += reward
        self._squares[place] += reward**2
        self.n_choices += 1

    @property
    def standings(self) -> dict[str, tuple[float, float]]:
        """Discounted mean reward of each arm (NaN: none yet), and the discounted number of choices behind it."""
        means = np.divide(self._sums, self._counts, out=np.full(len(self.arms), np.nan), where=self._counts > 0)
        return {arm: (float(m), float(n)) for arm, m, n in zip(self.arms, means, self._counts, strict=True)}

    def _spread(self) -> float:
        """Spread of the rewards around the mean of their arm."""
        within = self._squares - self._sums**2 / self._counts
        return max(float(np.sqrt(max(within.sum(), 0.0) / self._counts.sum())), _MIN_SPREAD)

    def save(self, path: AnyPath, seen: Sequence[str] = ()) -> Path:
        """Write the state as JSON, with the names of the clips that it has seen."""
        state = {
            "format": FORMAT,
            "arms": list(self.arms),
            "policy": self.policy,
            "discount": self.discount,
            "seed": self.seed,
            "n_choices": self.n_choices,
            "counts": self._counts.tolist(),
            "sums": self._sums.tolist(),
            "squares": self._squares.tolist(),
            "seen": list(seen),
        }
        return write_text(path, format_json(state))

    @classmethod
    def load(cls, path: AnyPath) -> tuple[Bandit, list[str]]:
        """Read a state and the names of the clips that it has seen.

        Raises
        ------
        ParseError
            If the file is not the state of a bandit.
        """
        try:
            state = read_json(path)
            return cls._from(state), [str(name) for name in state["seen"]]
        except BAD_DATA as error:
            reason = error.reason if isinstance(error, ParseError) else quoted(error)
            raise ParseError(path, None, f"not the state of a bandit ({reason}); move it away to begin anew") from error

    @classmethod
    def _from(cls, state: Mapping[str, Any]) -> Bandit:
        if state["format"] != FORMAT:
            raise ValueError(f"its format is {quoted(state['format'])}, not {quoted(FORMAT)}")
        bandit = cls(state["arms"], policy=state["policy"], discount=state["discount"], seed=state["seed"])
        bandit.n_choices = int(state["n_choices"])
        for name in ("counts", "sums", "squares"):
            values = np.array(state[name], np.float64)
            if values.shape != (len(bandit.arms),) or not np.isfinite(values).all():
                raise ValueError(f"{name} do not fit {len(bandit.arms)} arms")
            setattr(bandit, f"_{name}", values)
        return bandit
