"""``visalign languages``: which languages can be named with --language, and what is known of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from visalign.commands.console import facts_table, screen, write_json
from visalign.commands.options import Json, Overwrite

if TYPE_CHECKING:
    from visalign.language.languages import Language

__all__ = ["LANGUAGES_EPILOG", "languages"]

LANGUAGES_EPILOG = (
    "visalign languages\n\n"
    "visalign languages de ja    (these alone, with what you have to know of them)\n\n"
    "visalign languages --json - | jq 'keys'\n\n"
    'visalign align rede.wav --text "Guten Morgen" --language de -o rede.TextGrid\n\n'
    "A code is that of BCP 47 (de, pt-BR, zh) or ISO 639 (deu), or the name of a voice of eSpeak NG. A region without "
    "a voice of its own counts as the language (de-AT as de). Words are pronounced by your --lexicon, and by eSpeak NG "
    "where it does not hold them: pip install 'visalign\\[languages]'."
)


def languages(
    named: Annotated[list[str] | None, typer.Argument(metavar="LANGUAGE…", help="Show these alone.")] = None,
    json: Json = None,
    overwrite: Overwrite = False,
) -> None:
    """The languages that --language takes: who says their words, whether figures are read, how well it was measured."""
    # Loads the lexicon's room.
    from visalign.language.languages import AMERICAN_ENGLISH, chosen_language, known_languages

    chosen = [chosen_language(x) for x in named or ()] or [AMERICAN_ENGLISH, *known_languages().values()]
    facts = {x.code or "en-us": _facts(x) for x in chosen}
    if json is not None:
        write_json(json, facts, overwrite=overwrite)
        return
    rows = [
        (code, x["name"], x["voice"], "yes" if x["figures"] else "no", _measured_in_words(x["measured"]))
        for code, x in facts.items()
    ]
    console = screen()
    console.print(facts_table(("code", "language", "pronounced by", "figures", "phone starts, measured"), rows))
    if named:
        for code, x in facts.items():
            if x["note"]:
                console.print(f"{code}: {x['note']}", soft_wrap=True)
    console.print(
        "Figures: whether 25 and 3,5 are read aloud; elsewhere they are refused with their line. Measured: starts of "
        "phones within 20 ms of where the made voice of that language has them (docs/benchmarks.md); English against "
        "hand labels. Recorded speech is harder.",
        style="dim",
    )


def _facts(language: Language) -> dict[str, Any]:
    # As above.
    from visalign.language.languages import measured
    from visalign.language.normalisation.counted import can_count

    return {
        "name": language.name,
        "voice": language.voice or "the embedded dictionary",
        "alphabet": "ipa" if language.code else "arpabet",
        "scripts": ["LATIN", *language.scripts],
        "aliases": list(language.aliases),
        "figures": not language.code or can_count(language.code),
        "measured": measured(language.code or "en-us"),
        "note": language.note,
    }


def _measured_in_words(found: dict[str, Any] | None) -> str:
    if found is None:
        return "not yet"
    return f"{found['within_20_ms']:.0%} within 20 ms, median {found['median_ms']:.0f} ms ({found['n_phones']} phones)"
