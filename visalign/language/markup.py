"""What stands in a text beside its words: tags, character references, invisible characters, notes in brackets.

Captions, web pages and mails bring these along, and no one of them is spoken. Everything here keeps the ends of lines,
so that what is found later can be named by its line.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from visalign.language.normalisation.english_tables import english_tables

__all__ = ["LeftOut", "decoded", "tidy", "without_code_lines", "without_directions", "without_tags"]

MAX_NESTING = 3
"""Levels of brackets within brackets that are left out."""

_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029\v\f]")
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\ufe63", "-"))
# Zero-width characters, direction marks and the byte-order mark: invisible, and not part of any word.
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x34F, 0x61C, 0x180E, *range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)
# A word that is divided at the end of a line.
_DIVIDED = re.compile(r"\u00ad[ \t]*\n[ \t]*(\S{1,200})")

# Ligatures, the wide forms of ASCII in texts of East Asia, the letters of mathematics.
_FORMS = re.compile(r"[\ufb00-\ufb06\uff01-\uff5e\U0001d400-\U0001d7ff]+")
# Emoji, with what may stand behind one: another colour, another form, a flag's letters.
_PICTURES = re.compile(r"[\u2600-\u27bf\u2b00-\u2bff\u20e3\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e007f]+")

_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

# <i>, </v>, <c.yellow>, <00:01.500>, <unk> and whisper's <|0.50|>; not "3 < 5 > 2" or "<3".
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[0-9][0-9:.,]*[0-9]>|<\|[^<>|]*\|>|<!--[^<>]*-->|<[?!][A-Za-z][^<>]*>")
# Within a word, as in <b>H</b>ello and Hel<00:01.200>lo; any other one stands between words.
_INLINE_TAG = re.compile(
    r"<(?:[0-9]|/?(?:a|abbr|acronym|b|bdi|bdo|big|c|cite|code|del|dfn|em|font|i|ins|kbd|lang|mark|q|rb|rp|rt|rtc|ruby|s"
    r"|samp|small|span|strike|strong|sub|sup|tt|u|v|var)[\s.>/])",
    re.IGNORECASE,
)
# What a page does not show as its text.
_UNSEEN = re.compile(r"<(script|style|head|title|template)(?:\s[^<>]*)?>", re.IGNORECASE)

# Innermost brackets.
_BRACKETS = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|\{[^{}]*\}")
# (555) 123-4567 and 401(k) are said with what their brackets hold.
_SPOKEN_BRACKETS = re.compile(r"\(([0-9]{2,5})\)(?=[ \u00a0-]?[0-9]{3})|(?<=[0-9])\(([A-Za-z])\)")

# Codes of CHAT: what is done (&=laughs), a filled pause or a fragment (&-uh, &+fr), how an utterance ends (+...), and
# angle brackets around words that a code is about (<she had> [//]).
_DONE_CODE = re.compile(r"&=[^\s<>]+")
_SAID_CODE = re.compile(r"(?<!\S)&[-+~](?=[^\W\d_])")
_END_CODE = re.compile(r"(?<!\S)\+[^\w\s]{1,5}(?!\S)")
_SCOPE = re.compile(r"<([^<>\n]{1,200})>(?=[ \t]{0,3}\[[/=!?*+<>])")
_CHAT_LINE = re.compile(r"^\*[A-Z0-9]{2,8}:\t", re.MULTILINE)
_CHAT_EXTRA = re.compile(r"^(?:%[a-z]{2,8}:|@[A-Z]).*$", re.MULTILINE)

_STARRED = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,60})(?<=[^\s*])\*(?![\w*])")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was taken out of a text, or kept though it may be no speech (`kept`), and where it began."""

    at: int
    written: str
    kept: bool = False


def tidy(text: str) -> str:
    """Lines end with a line feed, characters are composed (NFC), invisible ones are gone.

    Letters in other forms (ligatures, full width, the bold ones of mathematics) are letters; pictures are none. A soft
    hyphen joins what it stands between; a zero-width space is a place to break a line, and stays.
    """
    text = _LINE_ENDS.sub("\n", text)
    if text.isascii():
        return text
    if "\u00ad" in text:
        text = _DIVIDED.sub(r"\1\n", text)
    text = _PICTURES.sub(" ", _FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text))
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE).translate(_HYPHENS))


def decoded(text: str) -> str:
    """Character references of HTML as characters; ``AT&T`` and ``R&D;`` stay.

    Examples
    --------
    >>> decoded("Questions &amp; answers, 5 &lt; 6&nbsp;kg, R&D;")
    'Questions & answers, 5 < 6\\xa0kg, R&D;'
    """
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    found = html.unescape(reference[0])
    # A control character, or the end of a line, would be none of the text's.
    return " " if any(unicodedata.category(x) == "Cc" for x in found) else found


def without_tags(text: str) -> str:
    """Without tags of HTML, WebVTT and recognisers; ends of lines within them stay."""
    if "<" not in text:
        return text
    text = _SCOPE.sub(r" \1 ", _without_unseen(text))
    return _TAG.sub(_tag_gap, text)


def _tag_gap(tag: re.Match[str]) -> str:
    return "\n" * tag[0].count("\n") or ("" if _INLINE_TAG.match(tag[0]) else " ")


def _without_unseen(text: str) -> str:
    """Without the scripts and styles of a page, and its head; the lines stay."""
    if not _UNSEEN.search(text):
        return text
    kept, open_ended, at = list[str](), set[str](), 0
    for found in _UNSEEN.finditer(text):
        name = found[1].lower()
        if found.start() < at or name in open_ended:
            continue
        end = re.compile(f"</{name}", re.IGNORECASE).search(text, found.end())
        if end is None:
            open_ended.add(name)
            continue
        kept += [text[at : found.start()], "\n" * text.count("\n", found.start(), end.start())]
        at = end.start()
    return "".join([*kept, text[at:]])


def without_code_lines(text: str) -> str:
    """Without what a transcript in CHAT has beside its utterances: headers and tiers of codes; the lines stay."""
    return _CHAT_EXTRA.sub("", text) if _CHAT_LINE.search(text) else text


def without_directions(text: str) -> tuple[str, list[LeftOut]]:
    """Without what is done and not said: notes in brackets, codes of CHAT, ``*laughs*``.

    Returns
    -------
    text : str
        As long as the one that was given, with blanks for what was left out.
    left_out : list of LeftOut
        What a user may have to know: notes that hold figures, and stars that may stand for stress.
    """
    text = _SPOKEN_BRACKETS.sub(lambda found: f" {found[1] or found[2]} ", text)
    for code in (_DONE_CODE, _END_CODE):
        text = code.sub(_blank, text)
    text = _SAID_CODE.sub("  ", text)
    told: list[LeftOut] = []
    text = _STARRED.sub(lambda found: _starred(found, told), text)
    # Nobody nests deeper; a fixed number of rounds keeps hostile text from taking for ever.
    for _ in range(MAX_NESTING):
        text = _BRACKETS.sub(lambda found: _note(found, told), text)
    return text, sorted(told, key=lambda x: x.at)


def _note(found: re.Match[str], told: list[LeftOut]) -> str:
    if any(x.isdigit() for x in found[0]):
        told.append(LeftOut(found.start(), found[0]))
    return _blank(found)


def _starred(found: re.Match[str], told: list[LeftOut]) -> str:
    words = re.findall(r"[^\W\d_]+", found[1].lower())
    if english_tables().done.intersection(words):
        return _blank(found)
    told.append(LeftOut(found.start(), found[0], kept=True))
    return f" {found[1]} "


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
