"""Which languages have a normaliser of their own, and what reads the figures of the others.

How to add a language
---------------------
1. Write ``normalisation/<language>.py`` with a function as :class:`~visalign.language.normalisation.ways.Normaliser`
   describes it; :func:`~visalign.language.normalisation.ways.sequence` and its neighbours put ways together.
2. Give it tables as ``lexicons/en-us-written-forms.toml`` has them, with their source.
3. Add it to `NORMALISERS` under the code of the language.
4. ``tests/language/test_english.py`` runs over `NORMALISERS` what each has to keep; add readings of its own.
"""

from __future__ import annotations

from typing import cast

from visalign.language.normalisation.counted import counted
from visalign.language.normalisation.ways import Normaliser
from visalign.registry import find_class

__all__ = ["DEFAULT_LANGUAGE", "NORMALISERS", "normaliser_of"]

NORMALISERS = {"en": "visalign.language.normalisation.english:american_english"}
"""Code of each language and where its normaliser stands."""

DEFAULT_LANGUAGE = "en"


def normaliser_of(language: str = DEFAULT_LANGUAGE) -> Normaliser:
    """The normaliser of a language: its own, or the one that counts by num2words.

    Parameters
    ----------
    language : str
        Code of the language, as :func:`visalign.language.languages.chosen_language` has it.

    Examples
    --------
    >>> [x.ways for x in normaliser_of("en")("7 pm", {"seven", "p", "m"})]
    [('seven p m',)]
    >>> [x.ways for x in normaliser_of("fr")("7", {"sept"})], normaliser_of("sw")("7", {"saba"})[0].ways
    ([('sept',)], ())
    """
    if language in NORMALISERS:
        return cast(Normaliser, find_class(NORMALISERS, language, "language"))
    return counted(language)
