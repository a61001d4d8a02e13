"""Choosing a configuration as clips arrive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visalign.errors import ConfigError, ParseError
from visalign.tuning import Bandit

ARMS = ("a", "b", "c")


def regret(bandit: Bandit, n: int, seed: int) -> float:
    """Reward lost against the best arm at each time: half-way the worst one becomes the best, the others stay."""
    rng, lost = np.random.default_rng(seed), 0.0
    for k in range(n):
        means = {"a": 0.6, "b": 0.5, "c": 0.4 if k < n // 2 else 0.8}
        arm = bandit.choose()
        lost += max(means.values()) - means[arm]
        bandit.learn(arm, float(np.clip(rng.normal(means[arm], 0.1), 0, 1)))
    return lost


@pytest.mark.parametrize("policy", ["ucb", "thompson"])
def test_a_bandit_follows_a_change_of_material(policy: str) -> None:
    """At random 0.1 a clip is lost before the change and 0.17 after it; without forgetting, most of what follows it."""
    n = 600
    losses = [regret(Bandit(ARMS, policy=policy, seed=seed), n, seed) for seed in range(5)]
    assert np.mean(losses) < 0.5 * (0.1 + 0.17) / 2 * n
    stubborn = [regret(Bandit(ARMS, policy=policy, discount=1.0, seed=seed), n, seed) for seed in range(5)]
    assert np.mean(losses) < np.mean(stubborn)


@pytest.mark.parametrize("policy", ["ucb", "thompson"])
def test_a_bandit_goes_on_from_its_file(policy: str, tmp_path: Path) -> None:
    rng, path = np.random.default_rng(0), tmp_path / "bandit.json"
    whole, parts = (Bandit(ARMS, policy=policy, seed=3) for _ in range(2))
    for k in range(30):
        parts.save(path, [f"clip {k}"])
        parts, seen = Bandit.load(path)
        assert seen == [f"clip {k}"]
        assert whole.choose() == parts.choose() == parts.choose()
        earned = float(rng.random())
        for bandit in (whole, parts):
            bandit.learn(bandit.choose(), earned)
    assert whole.standings == parts.standings


def test_a_bandit_tries_every_arm_first() -> None:
    bandit, tried = Bandit(ARMS), []
    for _ in ARMS:
        tried.append(bandit.choose())
        bandit.learn(tried[-1], 0.5)
    assert sorted(tried) == sorted(ARMS)


@pytest.mark.parametrize(
    "arguments", [{"arms": ["a"]}, {"arms": ["a", "a"]}, {"arms": ARMS, "policy": "x"}, {"arms": ARMS, "discount": 0.1}]
)
def test_impossible_bandits_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Bandit(**arguments)  # type: ignore[arg-type]


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bandit.json"
    for text in ("{", "[]", '{"format": "x"}', '{"format": "visalign bandit 1", "arms": ["a", "b"]}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ParseError, match="not the state of a bandit"):
            Bandit.load(path)
    with pytest.raises(ConfigError, match="reward"):
        Bandit(ARMS).learn("a", 1.5)
