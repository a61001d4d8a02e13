"""The mutation runner: what each operator changes, how mutants are drawn, and who is killed in a toy package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import run_mutants
from mutant_operators import Mutant, is_changed, mutants_of
from mutant_trials import Trial, Workshop
from run_mutants import (
    HERE,
    PACKAGE,
    ROOT,
    TARGETS,
    Outcome,
    draw,
    equivalents,
    killed_share,
    modules_of,
    reviewed,
    table,
    try_all,
)

# --- operators -----------------------------------------------------------------------------------------------------


def changed(source: str) -> set[str]:
    """First lines of all mutants of a source."""
    return {mutant.mutated for mutant in mutants_of("m.py", source) if is_changed(source, mutant)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 5", {"x = 6", "x = 4", "x = 10", "x = 0"}),
        ("x = 1.5", {"x = 2.5", "x = 0.5", "x = 3.0", "x = 0.0"}),
        ("x = True", {"x = False"}),
        ("x = f(side='left')", {"x = f(side='right')", "x = f()"}),
        ("x = a < b", {"x = a <= b", "x = a >= b"}),
        ("x = (a) >= (b)", {"x = (a) > (b)", "x = (a) < (b)"}),
        ("x = a < b <= c", {"x = a <= b <= c", "x = a >= b <= c", "x = a < b < c", "x = a < b > c"}),
        ("x = a is not b", {"x = a is b"}),
        ("x = a in b", {"x = a not in b"}),
        ("x = a + b", {"x = a - b"}),
        ("x = a / b", {"x = a * b"}),
        ("x = a and b or c", {"x = a or b or c", "x = a and b and c"}),
        ("x = not a", {"x = a"}),
        ("x = -a", {"x = a"}),
        ("x = ~(a)", {"x = (a)"}),
        ("x = np.argmax(a)", {"x = np.argmin(a)"}),
        ("x = a.mean()", {"x = a.sum()"}),
        ("x = abs(a)", {"x = (a)"}),
        ("x = np.maximum.accumulate(a)", {"x = (a)"}),
        ("x = a[b:c]", {"x = a[(b) + 1:c]", "x = a[:c]", "x = a[b:(c) + 1]", "x = a[b:]"}),
        ("x = f(a, axis=0)", {"x = f(a, axis=1)", "x = f(a, axis=(-1))", "x = f(a, )"}),
        ("x = f(b=a, c=d)", {"x = f(c=d)", "x = f(b=a, )"}),
        ("x += a", {"x -= a", "pass"}),
        ("f(a)", {"pass"}),
        ("x = x[a]", {"pass"}),
        ("x[a] = b", {"pass"}),
        ("x = a if b else c", {"x = a if (not (b)) else c"}),
        ("def f(): return a", {"def f(): return None"}),
        ("def f(): return a, b", {"def f(): return (b, a)"}),
        ("def f(): return a < b", {"def f(): return not (a < b)", "def f(): return a <= b", "def f(): return a >= b"}),
        ("def f(a=1): pass", {"def f(a=2): pass", "def f(a=0): pass"}),
    ],
)
def test_what_operators_do(source: str, expected: set[str]) -> None:
    assert changed(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring of 3 words."""',
        "import a.b",
        "__all__ = ['left']",
        "x: TypeAlias = A | B",
        "def f(a: Literal[3]) -> Annotated[int, 3]: pass",
        "@cache(maxsize=8)\ndef f(): pass",
        "x = f'{a + 1:>3}'",
        "assert a > 1",
        "x = zip(a, b, strict=True)",
        "if TYPE_CHECKING:\n    x = 1",
    ],
)
def test_what_no_test_should_look_for_stays(source: str) -> None:
    assert changed(source) == set()


def test_only_the_changed_bytes_change() -> None:
    """Umlauts and Greek letters before a place are several bytes each."""
    source = "größe = 'µ'; b = 3  # λ\nc = 4\n"
    (mutant,) = [x for x in mutants_of("m.py", source) if x.mutated.startswith("größe = 'µ'; b = 6")]
    assert mutant.text == "größe = 'µ'; b = 6  # λ\nc = 4\n"
    assert (mutant.line, mutant.original) == (1, "größe = 'µ'; b = 3 # λ")


def test_a_change_over_several_lines_is_told_as_one() -> None:
    source = "x = (\n    a\n    + b\n)\n"
    (mutant,) = mutants_of("m.py", source)
    assert (mutant.line, mutant.original, mutant.mutated) == (3, "+ b", "- b")


# --- which are tried -----------------------------------------------------------------------------------------------


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A checkout with a package of two modules, of which tests see the one through and through."""
    root = tmp_path / "toy"
    (root / "toy").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "toy" / "__init__.py").write_text("")
    (root / "toy" / "seen.py").write_text("def add(a, b):\n    return a + b\n")
    (root / "toy" / "unseen.py").write_text("def double(a):\n    while a < 0:\n        a += 1\n    return a * 2\n")
    for name, said in {"seen": "add(2, 1) == 3", "unseen": "double(-3) is not None"}.items():
        test = f"from toy.{name} import *\n\n\ndef test_it():\n    assert {said}\n"
        (root / "tests" / f"test_{name}.py").write_text(test)
    return root


TOY_MODULES = {"seen.py": ("test_seen.py",), "unseen.py": ("test_unseen.py",)}


def test_a_seed_draws_the_same_and_another_one_others(toy: Path) -> None:
    def drawn(seed: int) -> list[tuple[str, str]]:
        return [(x.module, x.mutated) for x in draw(toy / "toy", sorted(TOY_MODULES), 6, seed)]

    assert drawn(1) == drawn(1)
    assert any(drawn(1) != drawn(seed) for seed in range(2, 6))
    # two lines and four share six; of the two places of the first, both
    assert [module for module, _ in drawn(1)] == ["seen.py"] * 2 + ["unseen.py"] * 4


def test_of_one_place_one_mutant_is_drawn() -> None:
    mutants = draw(ROOT / PACKAGE, sorted(modules_of(ROOT / PACKAGE, TARGETS)), 60, 3)
    assert len({(x.module, x.site) for x in mutants}) == len(mutants) == 60


def test_folders_stand_for_their_modules(toy: Path) -> None:
    (toy / "toy" / "part").mkdir()
    for name in ("a.py", "b.py"):
        (toy / "toy" / "part" / name).write_text("")
    (toy / "tests" / "part").mkdir()
    (toy / "tests" / "part" / "test_a.py").write_text("")
    found = modules_of(toy / "toy", {"part/b.py": ("test_b.py",), "part": ("part",), "seen.py": ("test_seen.py",)})
    assert found == {"seen.py": ("test_seen.py",), "part/a.py": ("part/test_a.py", "part"), "part/b.py": ("test_b.py",)}


def test_targets_and_their_tests_are_there() -> None:
    for module, tests in modules_of(ROOT / PACKAGE, TARGETS).items():
        assert (ROOT / PACKAGE / module).is_file()
        assert [test for test in tests if not (ROOT / "tests" / test).exists()] == []


def test_lists_name_lines_that_are_there() -> None:
    """A reviewed mutant's text stands once in its module; an equivalent's line is one that operators make."""
    assert len(reviewed(ROOT / PACKAGE, HERE / "reviewed.toml")) >= 18
    made = dict[str, set[tuple[str, str]]]()
    for module, original, mutated in equivalents(HERE / "equivalent.toml"):
        if module not in made:
            text = (ROOT / PACKAGE / module).read_text(encoding="utf-8")
            made[module] = {(x.original, x.mutated) for x in mutants_of(module, text)}
        assert (original, mutated) in made[module], f"{module}: {original}"


def test_a_reviewed_mutant_that_is_not_there_is_refused(toy: Path, tmp_path: Path) -> None:
    listed = tmp_path / "listed.toml"
    listed.write_text('[[mutant]]\nmodule = "seen.py"\noriginal = "a * b"\nmutated = "a"\n')
    with pytest.raises(ValueError, match="0 times 'a \\* b'"):
        reviewed(toy / "toy", listed)


# --- trials --------------------------------------------------------------------------------------------------------


def test_killed_alive_and_equivalent_in_a_toy_package(toy: Path) -> None:
    """A sum that is a difference is seen; a product that is a quotient is not, for the test only asks for something."""
    seen = [x for x in mutants_of("seen.py", (toy / "toy/seen.py").read_text()) if x.mutated == "return a - b"]
    unseen = mutants_of("unseen.py", (toy / "toy/unseen.py").read_text())
    quotient = [x for x in unseen if x.mutated == "return a / 2"]
    bound = [x for x in unseen if x.mutated == "while a <= 0:"]
    known = {(x.module, x.original, x.mutated): "only a number of this test" for x in bound}
    said = list[str]()
    results = try_all([*seen, *quotient, *bound], TOY_MODULES, known, root=toy, package="toy", tell=said.append)
    assert {x.mutant.mutated: x.state for x in results} == {
        "return a - b": "killed",
        "return a / 2": "alive",
        "while a <= 0:": "equivalent",
    }
    (killed,) = [x.trial for x in results if x.state == "killed"]
    assert killed is not None
    assert killed.by == "tests/test_seen.py::test_it"
    assert killed_share(results) == 0.5
    shown = table(results)
    assert "killed: 50 %" in shown.replace("%", " %").replace("  ", " ")
    assert "alive   unseen.py:4" in shown
    assert "    + return a / 2" in shown
    assert (toy / "toy/seen.py").read_text().endswith("return a + b\n")  # the checkout is as it was


def test_what_never_ends_is_killed_by_the_limit(toy: Path, tmp_path: Path) -> None:
    workshop = Workshop(toy, tmp_path / "copy", "toy")
    text = "def double(a):\n    while a < 0:\n        a -= 1\n    return a * 2\n"
    trial = workshop.try_out("unseen.py", text, ["tests/test_unseen.py"], 3.0)
    assert (trial.is_killed, trial.by) == (True, "time")
    after = workshop.run(["tests/test_unseen.py"], 60.0)
    assert not after.is_killed  # the copy is whole again


def test_the_command_lists_a_draw_and_fails_where_too_few_are_killed(
    toy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_mutants, "ROOT", toy)
    monkeypatch.setattr(run_mutants, "PACKAGE", "toy")
    monkeypatch.setattr(run_mutants, "TARGETS", TOY_MODULES)
    assert run_mutants.main(["--list", "--number", "2", "--only", "seen.py"]) == 0
    listed = capsys.readouterr().out
    assert listed.count("seen.py:") == 2
    assert "    - return a + b" in listed

    def nine_killed(mutants: Sequence[Mutant], *_: object, **__: object) -> list[Outcome]:
        return [Outcome(x, Trial(k < 9, "", 1.0)) for k, x in enumerate(mutants)]

    monkeypatch.setattr(run_mutants, "try_all", nine_killed)
    monkeypatch.setattr(run_mutants.resource, "setrlimit", lambda *_: None)
    mutants = [Mutant("seen.py", 1, "a", "b", "", "")] * 11
    monkeypatch.setattr(run_mutants, "draw", lambda *_: mutants[:10])
    assert run_mutants.main([]) == 0  # nine of ten
    monkeypatch.setattr(run_mutants, "draw", lambda *_: mutants)
    assert run_mutants.main(["--seed", "7"]) == 1
    assert "seed 7" in capsys.readouterr().out


def test_tests_that_fail_by_themselves_are_no_judges(toy: Path) -> None:
    (toy / "tests" / "test_seen.py").write_text("def test_it():\n    assert False\n")
    mutant = Mutant("seen.py", 1, "", "", "", "")
    with pytest.raises(ValueError, match=r"test_seen\.py::test_it fails without a mutant"):
        try_all([mutant], TOY_MODULES, {}, root=toy, package="toy")


def test_missing_tests_are_no_judges_either(toy: Path) -> None:
    mutant = Mutant("seen.py", 1, "", "", "", "")
    with pytest.raises(FileNotFoundError, match="no tests in tests/test_gone"):
        try_all([mutant], {"seen.py": ("test_gone.py",)}, {}, root=toy, package="toy")
