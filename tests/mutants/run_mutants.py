"""Do the tests see it when a line is wrong? Mutants of the modules that compute, drawn by a seed.

    python tests/mutants/run_mutants.py --seed 1 --number 100
    python tests/mutants/run_mutants.py --reviewed

Each mutant is one small change (mutant_operators.py) in a copy of the checkout, shown to the tests of its module up to
the first one that fails. One that no test sees is either a test that is missing or an equivalent: then it stands in
equivalent.toml with the reason. `--reviewed` tries those of reviewed.toml, which a person chose.

mutmut 3 leaves alone the constants of a module and whatever has a decorator, cosmic-ray changes the checkout itself and
knows one command for all modules; neither draws a sample, leaves out statements or keeps a list of reasons.
"""

from __future__ import annotations

import argparse
import queue
import random
import resource
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from mutant_operators import Mutant, is_changed, mutants_of
from mutant_trials import Trial, Workshop

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGE = "visalign"
Item = TypeVar("Item")
Result = TypeVar("Result")

# What asks whole parts of the program, and is therefore shown a mutant last.
_AROUND = ("test_explanation.py", "sync/test_evidence.py", "training/test_fitting.py")
_LAGS = ("oracles/test_lag_evidence.py", "test_parameters.py", *_AROUND)
_MAPS = ("visemes", "training/test_map_learning.py", "commands/test_maps_command.py")
TARGETS: dict[str, tuple[str, ...]] = {
    "sync/verdict.py": ("sync/test_verdict.py", "sync/test_estimate.py"),
    "sync/judging.py": ("sync/test_judging.py", "lips/test_clip_faces.py", "test_pipeline.py"),
    "sync/material.py": ("sync/test_material.py", "test_pipeline.py"),
    "sync/legibility.py": ("sync/test_legibility.py",),
    "sync/periodogram.py": ("sync/test_legibility.py",),
    "sync/streams.py": ("sync/test_streams.py", "lips/test_visibility.py", *_LAGS),
    "sync/speaking_face.py": ("sync/test_speaking_face.py", "lips/test_clip_faces.py"),
    "sync/scoring.py": (
        "sync/test_scoring.py", "sync/test_segments.py", "properties/test_score_properties.py", *_AROUND,
    ),
    "sync/drift.py": (
        "sync/test_drift.py", "sync/test_verdict.py", "correct/test_fix.py",
    ),
    "sync/evidence.py": ("sync/test_evidence.py", "reports/test_html_report.py"),
    "sync/sound_evidence.py": ("test_explanation.py", "sync/test_evidence.py"),
    "sync": ("sync", *_LAGS),
    "parameters.py": ("test_parameters.py", "sync/test_scoring.py"),
    "visemes": _MAPS,
    "dtw.py": (
        "test_dtw.py", "oracles/test_dtw_oracles.py", "properties/test_dtw_properties.py", "sync/test_scoring.py",
    ),
    "lips/viseme_decoder.py": (
        "lips/test_viseme_decoder.py", "oracles/test_viseme_posteriors.py", "lips/test_closures.py",
        "training/test_decoder_training.py",
    ),
    "lips/forward_backward.py": ("oracles/test_viseme_posteriors.py", "lips/test_viseme_decoder.py"),
    "lips/lip_features.py": (
        "lips/test_lip_features.py", "training/test_augmentation.py", "lips/test_visibility.py",
        "lips/test_clip_faces.py",
    ),
    "media/remux/time_map.py": ("media/test_time_map.py", "media/test_remux.py", "correct/test_fix.py"),
    "forced_alignment/viterbi.py": ("oracles/test_viterbi_oracles.py", "forced_alignment/test_forced_alignment.py"),
}  # fmt: skip
"""Modules below the package, or folders of them, and the files or folders below tests/ that look at them."""

LEAST_KILLED = 0.9
_LIMIT = 120.0  # seconds for a test file; a test of its own has fewer (mutant_trials.py)
_MEMORY = 8 << 30  # bytes: a mutant may ask for more than there is


@dataclass(frozen=True, slots=True)
class Outcome:
    """A mutant and what became of it; without a trial it is equivalent."""

    mutant: Mutant
    trial: Trial | None
    reason: str = ""

    @property
    def state(self) -> str:
        return "equivalent" if self.trial is None else "killed" if self.trial.is_killed else "alive"


# --- which ---------------------------------------------------------------------------------------------------------


def modules_of(package: Path, targets: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The tests of each module; what is said of a module goes before what is said of its folder.

    Of a folder of tests the module's own file comes first.
    """
    found = dict[str, tuple[str, ...]]()
    for target, tests in sorted(targets.items(), key=lambda item: item[0].count("/")):
        path = package / target
        for x in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            own = (f"{test}/test_{x.stem}.py" for test in tests)
            mirrored = [test for test in own if (package.parent / "tests" / test).is_file()]
            found[x.relative_to(package).as_posix()] = (*mirrored, *tests)
    return found


def draw(package: Path, modules: Sequence[str], number: int, seed: int) -> list[Mutant]:
    """So many mutants, spread over the modules by their number of lines; of one place one at most."""
    texts = {module: (package / module).read_text(encoding="utf-8") for module in sorted(modules)}
    shares = _shares({module: text.count("\n") for module, text in texts.items()}, number)
    chosen = list[Mutant]()
    for module, text in texts.items():
        rng, sites = random.Random(f"{seed} {module}"), dict[str, list[Mutant]]()
        for mutant in mutants_of(module, text):
            sites.setdefault(mutant.site, []).append(mutant)
        in_turn = (rng.choice(sites[site]) for site in rng.sample(sorted(sites), len(sites)))
        chosen += islice((mutant for mutant in in_turn if is_changed(text, mutant)), shares[module])
    return chosen


def _shares(lines: Mapping[str, int], number: int) -> dict[str, int]:
    """Whole numbers that add up to `number`, by largest remainders."""
    total = sum(lines.values())
    exact = {module: number * n / total for module, n in lines.items()}
    shares = {module: int(share) for module, share in exact.items()}
    by_remainder = sorted(exact, key=lambda module: (shares[module] - exact[module], module))
    for module in by_remainder[: number - sum(shares.values())]:
        shares[module] += 1
    return shares


def reviewed(package: Path, path: Path) -> list[Mutant]:
    """The mutants of a list: `original` must be there once in its module.

    Raises
    ------
    ValueError
        If it is not.
    """
    found = list[Mutant]()
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
        text = (package / entry["module"]).read_text(encoding="utf-8")
        if text.count(entry["original"]) != 1:
            raise ValueError(f"{entry['module']}: {text.count(entry['original'])} times {entry['original']!r}")
        line = text[: text.index(entry["original"])].count("\n") + 1
        changed = text.replace(entry["original"], entry["mutated"])
        original, mutated = (" ".join(entry[name].split()) for name in ("original", "mutated"))
        found.append(Mutant(entry["module"], line, original, mutated, changed, "reviewed"))
    return found


def equivalents(path: Path) -> dict[tuple[str, str, str], str]:
    """Reasons, by module, original and mutated line."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["equivalent"]
    return {(x["module"], x["original"], x["mutated"]): x["reason"] for x in entries}


# --- trials --------------------------------------------------------------------------------------------------------


def try_all(
    mutants: Sequence[Mutant],
    modules: Mapping[str, Sequence[str]],
    known: Mapping[tuple[str, str, str], str],
    *,
    root: Path = ROOT,
    package: str = PACKAGE,
    n_workers: int = 2,
    tell: Callable[[str], None] = print,
) -> list[Outcome]:
    """Try mutants, each worker in a copy of its own; those that are `known` to be equivalent are only counted.

    Raises
    ------
    ValueError
        If tests fail without a mutant: they would kill everything.
    """
    reasons = [known.get((x.module, x.original, x.mutated), "") for x in mutants]
    tried = [x for x, reason in zip(mutants, reasons, strict=True) if not reason]

    def tested(workshop: Workshop, mutant: Mutant) -> Outcome:
        tests = [*_paths(mutant.module, modules), f"{package}/{mutant.module}"]
        result = Outcome(mutant, workshop.try_out(mutant.module, mutant.text, tests, _LIMIT * len(tests)))
        tell(_line(result))
        return result

    with tempfile.TemporaryDirectory() as scratch:
        crew = _Crew([Workshop(root, Path(scratch) / str(k), package) for k in range(n_workers)])
        names = sorted({test for x in tried for test in _paths(x.module, modules)})
        crew.each(_pass_as_they_are, [names[k::n_workers] for k in range(min(n_workers, len(names)))])
        tell(f"{len(names)} test files pass without a mutant")
        equivalent = [Outcome(x, None, reason) for x, reason in zip(mutants, reasons, strict=True) if reason]
        return equivalent + crew.each(tested, tried)


def _pass_as_they_are(workshop: Workshop, tests: Sequence[str]) -> None:
    trial = workshop.run(tests, _LIMIT * len(tests))
    if trial.is_killed:
        raise ValueError(f"{trial.by} fails without a mutant")


class _Crew:
    """Workers side by side, each with a workshop at a time."""

    def __init__(self, workshops: Sequence[Workshop]) -> None:
        self._free, self._n = queue.SimpleQueue[Workshop](), len(workshops)
        for workshop in workshops:
            self._free.put(workshop)

    def each(self, job: Callable[[Workshop, Item], Result], items: Sequence[Item]) -> list[Result]:
        """What the job gives for each item, in their order."""
        with ThreadPoolExecutor(self._n) as pool:
            return list(pool.map(lambda item: self._one(job, item), items))

    def _one(self, job: Callable[[Workshop, Item], Result], item: Item) -> Result:
        workshop = self._free.get()
        try:
            return job(workshop, item)
        finally:
            self._free.put(workshop)


def _paths(module: str, modules: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"tests/{test}" for test in modules[module]]


# --- what is told --------------------------------------------------------------------------------------------------


def table(results: Sequence[Outcome]) -> str:
    """A line for each module, and the survivors below with their places."""
    modules = sorted({x.mutant.module for x in results})
    counts = {module: Counter(x.state for x in results if x.mutant.module == module) for module in modules}
    rows = {**counts, "all": sum(counts.values(), Counter[str]())}
    head = f"{'module':<32}" + "".join(f"{word:>12}" for word in ("drawn", *_STATES))
    lines = [f"{name:<32}{n.total():>12}" + "".join(f"{n[state]:>12}" for state in _STATES) for name, n in rows.items()]
    alive = [_line(x) for x in results if x.state == "alive"]
    said = f"killed: {killed_share(results):.0%} of those that are not equivalent"
    return "\n".join([head, *lines, said, *alive])


_STATES = ("killed", "alive", "equivalent")


def killed_share(results: Sequence[Outcome]) -> float:
    """How many are killed of those that are not equivalent; 1 of none."""
    counts = Counter(x.state for x in results)
    n = counts["killed"] + counts["alive"]
    return counts["killed"] / n if n else 1.0


def _line(result: Outcome) -> str:
    mutant, trial = result.mutant, result.trial
    by = f"  {trial.seconds:.0f} s {trial.by}" if trial else ""
    place = f"{result.state:<8}{mutant.module}:{mutant.line}{by}"
    return f"{place}\n    - {mutant.original}\n    + {mutant.mutated}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw or read mutants, try them, tell; 1 where too few are killed."""
    options = _options(arguments)
    modules = modules_of(ROOT / PACKAGE, TARGETS)
    mutants = _chosen(options, [x for x in modules if not options.only or x in options.only])
    if options.list:
        _say("\n".join(f"{x.module}:{x.line}\n    - {x.original}\n    + {x.mutated}" for x in mutants))
        return 0
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    began = time.monotonic()
    results = try_all(mutants, modules, equivalents(HERE / "equivalent.toml"), n_workers=options.workers, tell=_say)
    _say(f"\n{table(results)}\n{time.monotonic() - began:.0f} s, seed {options.seed}")
    return int(killed_share(results) < LEAST_KILLED)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", action="append", help="a module below the package; may be given several times")
    parser.add_argument("--reviewed", action="store_true", help="those that a person chose, in place of drawn ones")
    parser.add_argument("--list", action="store_true", help="show the mutants and try none")
    return parser.parse_args(arguments)


def _chosen(options: argparse.Namespace, modules: Sequence[str]) -> list[Mutant]:
    if options.reviewed:
        return [x for x in reviewed(ROOT / PACKAGE, HERE / "reviewed.toml") if x.module in modules]
    return draw(ROOT / PACKAGE, modules, options.number, options.seed)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
