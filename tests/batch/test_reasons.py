"""Every error of this package has a code, and the nearest one."""

from __future__ import annotations

import pytest

from visalign import errors
from visalign.batch.reasons import REASONS, reason_of
from visalign.errors import (
    AlignmentError,
    ConfigError,
    FaceNotFound,
    InputError,
    MediaError,
    MissingStream,
    OutOfVocabulary,
    ParseError,
    VisalignError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FaceNotFound("a.mp4", 0.1), "no-face"),
        (MissingStream("a.mp4", "video"), "no-video"),
        (MissingStream("a.mp4", "audio"), "no-audio"),
        (MediaError("a.mp4", "damaged"), "media"),
        (ParseError("a.txt", None, "no text"), "text"),
        (OutOfVocabulary(["blorp"]), "unknown-words"),
        (InputError("nothing"), "input"),
        (AlignmentError("no"), "alignment"),
        (ConfigError("a", 1, "2"), "config"),
        (VisalignError("new"), "internal"),
    ],
)
def test_the_nearest_class_decides(error: VisalignError, code: str) -> None:
    assert reason_of(error) == code
    assert code in REASONS


def test_no_class_of_errors_is_forgotten() -> None:
    """A class that only the base class stands for would be told as a fault of visalign."""
    classes = [x for x in vars(errors).values() if isinstance(x, type) and issubclass(x, VisalignError)]
    made = [x.__new__(x) for x in classes if x not in (VisalignError, MissingStream)]
    assert [type(x).__name__ for x in made if reason_of(x) == "internal"] == TOLD_AS_INTERNAL


TOLD_AS_INTERNAL = ["CorrectionRefused"]  # a batch corrects nothing
