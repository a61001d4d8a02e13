"""What a trial measured, made by hand, for the tests of tuning."""

from __future__ import annotations

from dataclasses import replace

from visalign.tuning.outcome import ClipOutcome

TEXT, OTHER_TEXT = "bin blue at f two now", "set red in a six soon"


def outcome(name: str = "a", speaker: str = "s", **parts: object) -> ClipOutcome:
    return replace(ClipOutcome(name, speaker), **parts)  # type: ignore[arg-type]
