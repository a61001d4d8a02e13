"""Text normalisation: what is written in figures and signs, as it is read aloud in a language."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from visalign.registry import find_class, lazily

if TYPE_CHECKING:
    from visalign.language.normalisation.ways import Normaliser, Stretch

__all__ = ["DEFAULT_LANGUAGE", "NORMALISERS", "Normaliser", "Stretch", "normaliser_of"]

NORMALISERS = {"en": "visalign.language.normalisation.english:american_english"}
"""Code of each language and where its normaliser stands."""

DEFAULT_LANGUAGE = "en"

__getattr__ = lazily(__name__)


def normaliser_of(language: str = DEFAULT_LANGUAGE) -> Normaliser:
    """The normaliser of a language.

    Raises
    ------
    ConfigError
        If there is none.

    Examples
    --------
    >>> [x.ways for x in normaliser_of("en")("7 pm", {"seven", "p", "m"})]
    [('seven p m',)]
    """
    return cast("Normaliser", find_class(NORMALISERS, language, "language"))
