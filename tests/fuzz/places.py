"""Where something went wrong: the innermost function of visalign's own that an error came through."""

from __future__ import annotations

import traceback
from pathlib import Path


def place_of(error: BaseException) -> str:
    """``file.py:function``, or "?" for an error that came through none of the package's own files.

    The package is known by its folder, and not by its name: a checkout may be called visalign, too, and the tests and
    the virtual environment lie in it.
    """
    # Here, because under atheris a child imports the package under its instrumentation, and not before.
    import visalign

    package = Path(visalign.__file__).parent
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(package)]
    return f"{Path(frames[-1].filename).name}:{frames[-1].name}" if frames else "?"
