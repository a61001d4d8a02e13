"""Clips for the tests: generated ones with known truth, and the development clips where they are at hand."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis.internal.conjecture import engine

# No time limit an example: a busy machine is no failure. The same examples for everybody, so that no change fails by
# chance; HYPOTHESIS_PROFILE=random looks for others.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None)
# That a mutant fails is enough; the smallest example of it may take minutes to find.
settings.register_profile("mutants", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

# Seconds for which a failing example is made smaller. Hypothesis has no setting for it and takes five minutes, in which
# a property of whole faces found nothing better: the time limit of the test (setup.cfg) came first and hid the example.
SHRINKING_SECONDS = 10
engine.MAX_SHRINKING_SECONDS = SHRINKING_SECONDS

# Before numpy is loaded: the tests' matrices are small, and on a busy machine the threads of its linear algebra wait
# for one another. A training of ten clips took 1.0 s of processor time with one thread and 14 s with two.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# No test finds the lips of another run, nor leaves any in the home of who runs it.
os.environ["VISALIGN_CACHE"] = "off"

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip
    from visalign.lips.lip_features import LipFeatures
    from visalign.signals import Audio

try:
    import fcntl
except ImportError:  # Windows, where the tests run in one process: JOBS=0
    fcntl = None  # type: ignore[assignment]

Made = TypeVar("Made")

# The sentence of the documentation's examples; a command sentence in the style of the GRID corpus.
SENTENCE = "bin blue at f two now"
LEAD_SECONDS = 0.12


class MadeOnce:
    """What takes seconds to make, made once a run, by whichever of the processes of pytest-xdist asks first.

    Parameters
    ----------
    folder : path
        A folder that all these processes have.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def __call__(self, name: str, make: Callable[[Path], Made]) -> Made:
        """What `make` gives; it may write files into the folder that it is given, and nobody changes these."""
        place, made = self.folder / name, self.folder / f"{name}.pickle"
        with self._alone(name):
            if not made.exists():
                place.mkdir(exist_ok=True)
                made.write_bytes(pickle.dumps(make(place)))
        found: Made = pickle.loads(made.read_bytes())  # of this very run
        return found

    def clip(self, **settings: Any) -> GeneratedClip:
        """A clip generated with these settings of `generate_clip`."""
        # Here, because most test files need no clip and should not load the media and speech libraries for it.
        from visalign.face.generated_clip import generate_clip

        name = hashlib.sha256(repr(sorted(settings.items())).encode()).hexdigest()[:16]
        return self(f"clip-{name}", lambda folder: generate_clip(folder / "clip.mp4", **settings))

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with (self.folder / f"{name}.lock").open("w") as lock:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@pytest.fixture(autouse=True)
def same_environment() -> Iterator[None]:
    """No test leaves an environment variable to the next one; `--max` sets some in this very process."""
    before = dict(os.environ)
    yield
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> MadeOnce:
    """A place for what several tests need and which takes seconds to make (see :class:`MadeOnce`)."""
    own = tmp_path_factory.getbasetemp()
    return MadeOnce((own.parent if hasattr(request.config, "workerinput") else own) / "made-once")


@pytest.fixture(scope="session")
def generated_clip(made_once: MadeOnce) -> GeneratedClip:
    """A generated clip whose audio is `LEAD_SECONDS` early, with the truth about it."""
    return made_once.clip(text=SENTENCE, lead_seconds=LEAD_SECONDS, seed=0)


@pytest.fixture(scope="session")
def generated_lips(generated_clip: GeneratedClip, made_once: MadeOnce) -> LipFeatures:
    """The lips of `generated_clip`: reading them takes longer than checking them."""
    from visalign.lips.lip_features import read_lips

    return made_once("generated-lips", lambda _: read_lips(generated_clip.path))


@pytest.fixture(scope="session")
def generated_audio(generated_clip: GeneratedClip) -> Audio:
    """The sound of `generated_clip`, 16 kHz mono."""
    from visalign.media.clips import read_audio

    return read_audio(generated_clip.path)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of development clips (see CONTRIBUTING.md); the test is skipped where it is missing.

    Mark such tests with ``@pytest.mark.corpus``.
    """
    folder = Path(os.environ.get("VISALIGN_DATA") or Path(__file__).parents[1] / "../shared/data")
    if not folder.is_dir():
        pytest.skip(f"no development clips: {folder} is missing (set VISALIGN_DATA to their folder)")
    return folder.resolve()


class LeftOut:
    """Counts the tests that ``-m "not slow"`` leaves for `make test-all`, and tells of them in the last line."""

    def __init__(self) -> None:
        self.n_slow = 0

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.n_slow += sum(item.get_closest_marker("slow") is not None for item in items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of pytest-xdist has ended; each has collected all the tests."""
        self.n_slow = max(self.n_slow, getattr(node, "workeroutput", {}).get("n_slow", 0))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):  # this is such a worker
            session.config.workeroutput["n_slow"] = self.n_slow

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and self.n_slow and not hasattr(config, "workeroutput"):
            terminal.write_line(f"{self.n_slow} slow tests were left for `make test-all`.")


# What a test file has in it that opens files beside it, or starts programs.
_KNOWS_ITS_PLACE = re.compile(r"__file__|sys\.executable|subprocess|\bWarm\b")


@functools.cache
def _knows_its_place(path: Path) -> bool:
    return path.name.startswith("test_") and _KNOWS_ITS_PLACE.search(path.read_text(encoding="utf-8")) is not None


BROWSER = Path(__file__).parent / "browser"


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark with `paths` what may go wrong in a folder of another name, which .ci/run runs in such a folder, and with
    `slow` what drives a browser: most machines have none, and the others are not to wait longer for it.
    """
    for item in items:
        if _knows_its_place(item.path):
            item.add_marker(pytest.mark.paths)
        if item.path.is_relative_to(BROWSER):
            item.add_marker(pytest.mark.slow)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LeftOut())


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Only test files are looked into: doctests are those of the package, and helpers may not be imported as tests."""
    helper = collection_path.suffix == ".py" and not collection_path.name.startswith("test_")
    return True if helper else None
