"""Listening and viewing tests: a page on which people rate clips, and the analysis of what they said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.ratings.analysis import RatingAnalysis, analyse
    from visalign.ratings.design import Question, RatingDesign, Stimulus, make_design
    from visalign.ratings.page import write_rating_kit
    from visalign.ratings.results import RaterSession, read_sessions

__all__ = [
    "Question",
    "RaterSession",
    "RatingAnalysis",
    "RatingDesign",
    "Stimulus",
    "analyse",
    "make_design",
    "read_sessions",
    "write_rating_kit",
]

__getattr__ = lazily(__name__)
