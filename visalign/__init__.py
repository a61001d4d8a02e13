"""What is heard against what the lips show: phones, visemes, audio/video offset and sync, word by word.

Names are loaded when they are first used, so that ``import visalign`` and ``visalign --help`` do not wait for numpy,
pandas, FFmpeg and dlib. Which they are, and where each stands, says ``__init__.pyi``.

Examples
--------
>>> import visalign
>>> visalign.Interval(0.5, 0.75, "AA").duration
0.25
"""

from __future__ import annotations

from visalign._version import __version__ as __version__


def __getattr__(name: str) -> object:
    # What only the first name needs.
    from visalign.registry import lazily

    return lazily(__name__)(name)


def __dir__() -> list[str]:
    return list(__getattr__("__all__"))  # type: ignore[call-overload]
