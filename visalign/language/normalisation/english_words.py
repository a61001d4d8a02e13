"""What is written in letters and not said as it stands: abbreviations, Roman numerals, codes, addresses.

A rule here looks at the text before its place as well, since "St. John" and "Main St." differ by that alone.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from visalign.language.normalisation.english_figures import BLANK, GAP, MAYBE_GAP, RANGE, STOP, Said
from visalign.language.normalisation.english_numbers import cardinal, digits, number, ordinal, pairs, plural
from visalign.language.normalisation.english_tables import english_tables
from visalign.language.normalisation.ways import Ways, distinct, sequence

__all__ = ["abbreviation", "address", "before_number", "code", "hexadecimal", "initials", "roman", "short_form"]

_POINT = re.compile(r"\.(?![^\W_])")
_TO_NUMBER = re.compile(rf"(?P<point>\.)?{MAYBE_GAP}(?=[0-9]|[.][0-9])")
_TO_ROMAN = re.compile(rf"(?P<point>\.)?{MAYBE_GAP}(?=[IVXLC]{{1,7}}\b)")
# "No. I won't": whoever speaks, and no numeral.
_SPEAKER_NEXT = re.compile(r"I\b")
_GOES_ON = re.compile(rf"I(?:['’]|{GAP}[a-z])")
_CAPITALISED_NEXT = re.compile(rf"\.?{GAP}[A-Z]")
_LAST_WORD = re.compile(rf"([^\W_](?:[^\W_]|['’](?=[^\W_])){{0,30}})\.?{BLANK}{{1,2}}$")
_NUMBERED = re.compile(r"[0-9]{1,4}(?:st|nd|rd|th)")
_ROMAN = re.compile(
    rf"(?P<first>[IVXLC]{{1,7}})(?:(?P<dash>{RANGE}|{GAP}(?:and|&|to){GAP})(?P<last>[IVXLC]{{1,7}}))?(?![^\W_])"
    r"(?P<own>['’]s(?![^\W_]))?(?!['’][^\W_])"
)
_CANONICAL = re.compile(r"(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_CODE = re.compile(rf"(?=[^\W_]{{0,23}}[0-9])[^\W_]{{2,24}}(?:\.[0-9]{{1,6}}){{0,3}}{STOP}")
_RUNS = re.compile(r"[0-9]+|[^\W\d_]+|\.")
_HEXADECIMAL = re.compile(r"0x[0-9A-Fa-f]{1,16}(?![^\W_])")
_INITIALS = re.compile(r"[A-Z]{1,3}(?:&[A-Z]{1,3}){1,3}(?![^\W_])")
_MAIL = re.compile(r"[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_WEB = re.compile(
    r"(?:(?:https?|ftp)://[^\s<>\"“”]{3,400}|(?:www\.)?[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{2,62}){0,3}"
    r"\.(?:com|org|net|edu|gov|io|info|tv|ai|co|uk|de|eu|fr)(?![^\W_])(?:/[^\s<>\"“”]{0,200})?)"
)
_TAG = re.compile(r"#(?P<tag>[^\W\d_]\w{0,60})")
_HUMPS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W_]")
_ADDRESS_SIGNS = {
    **{".": "dot", "@": "at", "/": "slash", "-": "dash", "_": "underscore", "+": "plus", ":": "colon", "#": "hash"},
    **{"?": "question mark", "=": "equals", "&": "and", "%": "percent", "~": "tilde"},
}
_LONGEST_SPELT = 3
_BESIDE_NAMES = ("st", "dr", "mt", "ft")
_VERSUS = re.compile(rf"v\.?(?={GAP}[A-Z])")
_WITH = re.compile(r"w/(?P<out>o(?![^\W_]))?")


def _word_before(text: str, at: int) -> str:
    found = _LAST_WORD.search(text, max(0, at - 34), at)
    return found[1] if found else ""


def abbreviation(text: str, at: int, word: str, known: Container[str]) -> Said | None:
    """An abbreviation with its point: Sgt., approx.; of two meanings the one that its neighbours call for comes first.

    What the lexicon has with its point is left to it.
    """
    short, end = word.lower(), at + len(word)
    ways = english_tables().abbreviations.get(short)
    if ways is None or not _POINT.match(text, end):
        return None
    if short in _BESIDE_NAMES:
        name = _word_before(text, at)
        is_name = name[:1].isupper() and not _CAPITALISED_NEXT.match(text, end)
        is_behind = is_name or bool(_NUMBERED.fullmatch(name))
        ways = ways[::-1] if is_behind else ways
    if short + "." in known:
        return Said(end + 1, [ways[0], short + "."]) if short in _BESIDE_NAMES and is_behind else None
    return Said(end + 1, ways)


def before_number(text: str, at: int, word: str) -> Said | None:
    """What stands before a figure: No. 5, pp. 3–5, vol. IV."""
    tables = english_tables()
    short = word.lower()
    ways = tables.before_numbers.get(short)
    found = _TO_NUMBER.match(text, at + len(word)) or _TO_ROMAN.match(text, at + len(word))
    if ways is None or not found or not (found["point"] or short in tables.bare):
        return None
    if _SPEAKER_NEXT.match(text, found.end()) and (short == "no" or _GOES_ON.match(text, found.end())):
        return None
    return Said(found.end(), ways)


def roman(text: str, at: int, word: str) -> Said | None:
    """A Roman numeral behind a noun that is numbered or a name: Chapter IV, Henry VIII; elsewhere it is letters."""
    found = _ROMAN.match(text, at)
    if not found or found["first"] != word:
        return None
    ends = [_value(x) for x in (found["first"], found["last"]) if x]
    name = _word_before(text, at)
    tables = english_tables()
    is_short = name.lower() in tables.before_numbers
    if is_short and word == "I" and (name.lower() == "no" or _GOES_ON.match(text, at)):
        return None
    is_numbered = is_short or name.lower() in tables.counted
    if not all(ends) or not name or (name == name.lower() and not is_numbered):
        return None
    between = "and" if re.search("and|&", found["dash"] or "") else "to"
    counted: Ways = sequence(*[part for n in ends for part in ([between], cardinal(str(n))[:1])][1:])
    letters = [word.lower()] if len(word) == 1 and len(ends) == 1 else []
    if is_numbered:
        return Said(found.end(), distinct(counted, letters))
    ranked: Ways = [f"the {ordinal(str(ends[0]))[0]}"] if len(ends) == 1 else []
    if found["own"]:
        ranked, counted = (distinct([f"{way}'s" for way in ways], ways) for ways in (ranked, counted))
    if name.lower() in tables.crowned:
        if word == "I":  # "Charles I think" is no king
            ways = distinct(letters, ranked) if name.isupper() else distinct(ranked, letters)
            return Said(found.end(), ways, is_doubtful=True)
        return Said(found.end(), distinct(ranked, counted, letters))
    if len(word) > 1 and set(word) <= set("IVX") and name[:1].isupper():
        return Said(found.end(), distinct(counted, ranked), is_doubtful=True)
    return None


def short_form(text: str, at: int, word: str, known: Container[str]) -> Said | None:
    """Short forms that need no point: vs, w/, w/o, Tues, and the v between two parties."""
    short, tables = word.lower(), english_tables()
    if short in tables.weekdays and short not in known and word[0].isupper():
        return Said(at + len(word) + (text[at + len(word) : at + len(word) + 1] == "."), [tables.weekdays[short]])
    if short == "vs":
        return Said(at + 2 + (text[at + 2 : at + 3] == "."), ["versus", "v s"])
    if found := _WITH.match(text, at):
        return Said(found.end(), ["without" if found["out"] else "with"])
    if short == "v" and _word_before(text, at)[:1].isupper() and (found := _VERSUS.match(text, at)):
        return Said(found.end(), ["versus", "v"])
    return None


def _value(numeral: str) -> int:
    if not _CANONICAL.fullmatch(numeral):
        return 0
    values = [_VALUES[x] for x in numeral]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def code(text: str, at: int, known: Container[str]) -> Said | None:
    """Letters and figures in one: MP3, H2O, 3D, B52, 1080p."""
    found = _CODE.match(text, at)
    if not found:
        return None
    runs = _RUNS.findall(found[0])
    several = runs[-1] == "s" and runs[-2][0] in "0123456789"
    parts = [_in_code(run, known) for run in (runs[:-1] if several else runs)]
    if several:
        parts[-1] = [plural(way) for way in parts[-1]]
    if runs[0] in ("v", "V"):
        parts[0] = ["version", "v"]
    return Said(found.end(), sequence(*parts))


def hexadecimal(text: str, at: int) -> Said | None:
    """A number of programmers, sign by sign: 0x1F."""
    found = _HEXADECIMAL.match(text, at)
    if not found:
        return None
    signs = [digits(x)[0] if x in "0123456789" else x.lower() for x in found[0][1:]]
    return Said(found.end(), [" ".join(["zero", *signs]), " ".join(["oh", *signs])])


def _in_code(run: str, known: Container[str]) -> Ways:
    if run == ".":
        return ["point", "dot"]
    if run[0] in "0123456789":
        if len(run) in (3, 4) and run[0] != "0":
            return distinct(pairs(run), number(run)[:2], digits(run)[:1])
        return number(run)[:2] if len(run) < 3 else digits(run)
    word = run.lower()
    is_word = word in known and (len(word) > _LONGEST_SPELT or (len(word) > 1 and not run.isupper()))
    if len(word) > _LONGEST_SPELT or is_word:
        return [word]
    return [" ".join(word)]


def initials(text: str, at: int) -> Said | None:
    """Initials that an "and" joins: AT&T, R&B, Q&A."""
    found = _INITIALS.match(text, at)
    if not found:
        return None
    return Said(found.end(), [" and ".join(" ".join(x.lower()) for x in found[0].split("&"))])


def address(text: str, at: int, known: Container[str]) -> Said | None:
    """An address of mail or of the web, or a hashtag; doubtful, since people read out as much of it as they like."""
    if tag := _TAG.match(text, at):
        humps = [x.lower() for x in _HUMPS.findall(tag["tag"])]
        whole = tag["tag"].lower()
        said = whole if whole in known else " ".join(_spelt(humps, known))
        return Said(tag.end(), [f"hashtag {said}", said], is_doubtful=True)
    found = _MAIL.match(text, at) or _WEB.match(text, at)
    if not found:
        return None
    written = found[0].rstrip(".,;:!?)")
    body = re.sub(r"^(?:https?|ftp)://", "", written)
    said = " ".join(_pieces_of_address(body.rstrip("/"), known))
    return Said(at + len(written), [said], is_doubtful=True)


def _pieces_of_address(body: str, known: Container[str]) -> Iterator[str]:
    for piece in re.findall(r"[^\W\d_]+|[0-9]+|[^\w\s]|_", body):
        if piece in _ADDRESS_SIGNS:
            yield _ADDRESS_SIGNS[piece]
        elif piece[0] in "0123456789":
            yield (cardinal(piece) if len(piece) < 3 else digits(piece))[0]
        else:
            yield from _spelt([piece.lower()], known)


def _spelt(words: list[str], known: Container[str]) -> Iterator[str]:
    for word in words:
        if word[:1] in "0123456789":
            yield number(word)[0]
        else:
            yield " ".join(word) if len(word) <= _LONGEST_SPELT and word not in known else word
