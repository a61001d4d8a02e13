"""Clips for the tests: generated ones with known truth, and the development clips where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings

# No time limit an example: a busy machine is no failure. The same examples for everybody, so that no change fails by
# chance; HYPOTHESIS_PROFILE=random looks for others.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None)
# That a mutant fails is enough; the smallest example of it may take minutes to find.
settings.register_profile("mutants", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

# Before numpy is loaded: the tests' matrices are small, and on a busy machine the threads of its linear algebra wait
# for one another. A training of ten clips took 1.0 s of processor time with one thread and 14 s with two.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip
    from visalign.lips.lip_features import LipFeatures
    from visalign.signals import Audio

# The sentence of the documentation's examples; a command sentence in the style of the GRID corpus.
SENTENCE = "bin blue at f two now"
LEAD_SECONDS = 0.12


@pytest.fixture(scope="session")
def generated_clip(tmp_path_factory: pytest.TempPathFactory) -> GeneratedClip:
    """A generated clip whose audio is `LEAD_SECONDS` early, with the truth about it."""
    # Here, because most test files need no clip and should not load the media and speech libraries for it.
    from visalign.face.generated_clip import generate_clip

    path = tmp_path_factory.mktemp("generated") / "clip.mp4"
    return generate_clip(path, text=SENTENCE, lead_seconds=LEAD_SECONDS, seed=0)


@pytest.fixture(scope="session")
def generated_lips(generated_clip: GeneratedClip) -> LipFeatures:
    """The lips of `generated_clip`: reading them takes longer than checking them."""
    from visalign.lips.lip_features import read_lips

    return read_lips(generated_clip.path)


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


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Only test files are looked into: doctests are those of the package, and helpers may not be imported as tests."""
    helper = collection_path.suffix == ".py" and not collection_path.name.startswith("test_")
    return True if helper else None
