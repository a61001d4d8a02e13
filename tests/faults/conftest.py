"""What the tests of faults share: a warm process, and a clip that is quick to check."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from fault_runs import Warm

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """Commands in forks of a process that has everything loaded."""
    if sys.platform != "linux":
        pytest.skip("forks a process with loaded libraries, and looks into /proc")
    process = Warm(tmp_path_factory.mktemp("warm"))
    yield process
    process.close()


@pytest.fixture(scope="session")
def spoken(generated_clip: GeneratedClip) -> tuple[str, ...]:
    """A clip and its text, as arguments of `visalign check`."""
    return str(generated_clip.path), "--text", generated_clip.transcript
