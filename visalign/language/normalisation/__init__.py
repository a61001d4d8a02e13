"""Text normalisation: what is written in figures and signs, as it is read aloud in a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.language.normalisation.languages import DEFAULT_LANGUAGE, NORMALISERS, normaliser_of
    from visalign.language.normalisation.ways import Normaliser, Stretch

__all__ = ["DEFAULT_LANGUAGE", "NORMALISERS", "Normaliser", "Stretch", "normaliser_of"]

__getattr__ = lazily(__name__)
