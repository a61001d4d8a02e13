"""A worker that has rehearsed is ready."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip

REHEARSAL = """
import sys
from visalign.batch.rehearsal import rehearse
from visalign.config import Config
from visalign.sync.lip_model import LipModel
from visalign.pipeline import check
model = LipModel.load(None)
rehearse(Config(), model)
before = set(sys.modules)
check(sys.argv[1], "bin blue at f two now", model=model)
print(*sorted(name for name in set(sys.modules) - before if not name.startswith("av.")))
"""


@pytest.mark.slow
def test_a_rehearsed_worker_has_loaded_all_that_a_check_needs(generated_clip: GeneratedClip) -> None:
    command = [sys.executable, "-c", REHEARSAL, str(generated_clip.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
