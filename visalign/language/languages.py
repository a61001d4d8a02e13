"""Which language a text is in: what users call it, and where its pronunciations come from.

A language is asked for by its code (BCP 47 [1]_: ``de``, ``pt-BR``, ``zh``), by its three letters (ISO 639-2: ``deu``),
or by the name of its voice in eSpeak NG. A region that has no voice of its own counts as the language (``de-AT`` as
``de``). ``lexicons/languages.toml`` holds all of them.

American English is at home: no name, ``en`` and ``en-us`` mean the embedded dictionary in ARPABET. Any other language
is pronounced by eSpeak NG, in IPA.

References
----------
.. [1] A. Phillips and M. Davis, BCP 47, Matching of Language Tags (RFC 4647), section 3.4, Lookup.
"""

from __future__ import annotations

import difflib
import importlib.resources
from dataclasses import dataclass
from functools import cache
from typing import Any

from visalign.errors import AnyPath, ConfigError
from visalign.files.data_files import parse_toml
from visalign.language.g2p.espeak import EspeakPronunciations
from visalign.language.lexicon import Lexicon, embedded_lexicon, read_lexicon

__all__ = [
    "AMERICAN_ENGLISH",
    "Language",
    "advice_on_words",
    "chosen_language",
    "known_languages",
    "language_lexicon",
    "lexicon_with",
    "measured",
]

TABLE = "languages.toml"
"""The file of `lexicons/` that holds the languages."""

MEASURED = "languages-measured.toml"
"""The file of `lexicons/` that holds what was measured of them."""

HOME_CODES = ("", "en", "en-us", "eng", "english")
"""What is asked for where the embedded dictionary of American English is meant."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that can be aligned without a model of its own.

    Parameters
    ----------
    code : str
        As ``lexicons/languages.toml`` has it; empty for American English, the language at home.
    name : str
        In English.
    voice : str
        eSpeak NG's identifier of the voice that pronounces it.
    scripts : tuple of str
        Scripts that the voice reads beside the Latin one.
    aliases : tuple of str
        Other codes.
    note : str
        What a user has to know.
    """

    code: str
    name: str
    voice: str = ""
    scripts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    note: str = ""


AMERICAN_ENGLISH = Language("", "English (America)", aliases=HOME_CODES[1:])
"""The language at home."""


@cache
def known_languages() -> dict[str, Language]:
    """Every language but the one at home, by its code."""
    text = importlib.resources.files("visalign.lexicons").joinpath(TABLE).read_text(encoding="utf-8")
    return {code: _language(code, row) for code, row in parse_toml(TABLE, text).items()}


def measured(code: str) -> dict[str, Any] | None:
    """How well phones were placed in a language of this code, if that was measured.

    Returns
    -------
    dict or None
        ``within_20_ms`` and ``within_50_ms`` (parts of the starts of phones, 0..1), ``median_ms``, ``n_phones``,
        ``against`` (what the truth was).
    """
    text = importlib.resources.files("visalign.lexicons").joinpath(MEASURED).read_text(encoding="utf-8")
    found: dict[str, Any] | None = parse_toml(MEASURED, text).get(code)
    return found


def _language(code: str, row: dict[str, object]) -> Language:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return Language(code, str(row["name"]), str(row["voice"]), note=str(row.get("note", "")), **lists)


@cache
def _by_any_name() -> dict[str, Language]:
    found = dict.fromkeys(HOME_CODES, AMERICAN_ENGLISH)
    for code, language in known_languages().items():
        voice = language.voice.lower()
        for name in (code, *language.aliases, voice, voice.split("/")[-1], language.name.lower()):
            found.setdefault(name, language)
    return found


def chosen_language(name: str | None) -> Language:
    """The language that a user's word means.

    Parameters
    ----------
    name : str or None
        A code or a name, see this module; None or empty for American English.

    Raises
    ------
    ConfigError
        If there is no such language, or it is to be guessed.

    Examples
    --------
    >>> chosen_language("pt_BR").code, chosen_language("de-AT").name, chosen_language("zh").code
    ('pt-br', 'German', 'cmn')
    """
    asked = (name or "").strip().lower().replace("_", "-")
    if asked == "auto":
        raise ConfigError(
            "language", name, "a language by its name, as --language de: none is guessed from sound or text"
        )
    parts = asked.split("-")
    for n_parts in range(len(parts), 0, -1):
        found = _by_any_name().get("-".join(parts[:n_parts]))
        if found is not None and (n_parts == len(parts) or len(parts[0]) in (2, 3)):
            return found
    near = difflib.get_close_matches(asked, _by_any_name(), n=2, cutoff=0.7)
    hint = f" (did you mean {' or '.join(near)}?)" if near else ""
    raise ConfigError("language", name, f"a language as de, fr or ja{hint}; `visalign languages` lists all of them")


@cache
def language_lexicon(name: str | None = None) -> Lexicon:
    """The pronunciations of a language where no dictionary is given.

    Parameters
    ----------
    name : str or None
        See :func:`chosen_language`, which has its errors.

    Returns
    -------
    Lexicon
        The embedded dictionary in ARPABET for American English; else what eSpeak NG says, in IPA, with the language's
        code as its `language`.

    Raises
    ------
    BackendUnavailable
        When a word is looked up and eSpeak NG is not installed.
    """
    language = chosen_language(name)
    if not language.code:
        return embedded_lexicon()
    entries = EspeakPronunciations(language.voice, language.scripts)
    return Lexicon(entries, f"eSpeak NG's {language.name}", language=language.code)


def lexicon_with(own: AnyPath | None, language: str | None = None) -> Lexicon:
    """The pronunciations of a language, or one's own file before them.

    Raises
    ------
    ParseError
        If the file can't be read.
    BackendUnavailable
        If the embedded dictionary is not installed.
    ConfigError
        If there is no such language.
    """
    known = language_lexicon(language)
    return read_lexicon(own, fallback=known) if own else known


def advice_on_words(code: str) -> str:
    """What to do about words that the voice of a language can't say."""
    language = known_languages()[code]
    scripts = " and ".join(("Latin", *(x.capitalize() for x in language.scripts)))
    advice = (
        f"eSpeak NG reads {language.name} in {scripts} letters. Write the words as they are said in these, or add them "
        "with --lexicon FILE (a line each: word, then its phones in IPA)"
    )
    return f"{language.note} {advice}." if language.note and language.scripts else f"{advice}."
