"""What the Montreal Forced Aligner is given to read, and which of its words are which of the transcript's.

Method
------
MFA cuts text into words by its own dictionary: a hyphenated word, or a clitic, stays whole where the dictionary has it
so, capitals become small ones (``str.lower``), and what stands in brackets is a noise with a place in the sound. So it
is given the text nearly as it was written. Left out is only what nobody says and MFA would take for a word or a noise:
the names of speakers, the markup of captions, invisible characters, and signs without a letter or figure.

What comes back may be cut otherwise, in other capitals and without its punctuation; ``<unk>`` stands for whole words,
and ``[bracketed]`` for noises. The two are compared letter by letter (NFKC, small), and each word of the transcript
gets those of MFA's words that its letters are in.

Conventions
-----------
A word is what stands between blanks, with its punctuation, after the noises before it: ``[laughs] "Straße!"``.
Noises at the end of the text belong to its last word.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from visalign.language.lexicon import normalise_word
from visalign.language.markup import decoded
from visalign.language.speaker_labels import SpeakerLabels

__all__ = ["UNKNOWN", "Mismatch", "is_noise", "match_words", "spoken_form", "words_as_written"]

UNKNOWN = "<unk>"
"""What ``mfa align_one`` writes for a word that its dictionary lacks."""

# Not within a word: word(s) is one.
_BRACKETED = re.compile(r"(?<![^\W_])(?:<[^<>\n]*>|\[[^\[\]\n]*\]|\{[^{}\n]*\}|\([^()\n]*\)|＜[^＜＞\n]*＞)")
# Tags of SRT and WebVTT with the times among them, and overrides of ASS: not spoken, and no noises either.
_MARKUP = re.compile(r"</?(?:b|c|font|i|lang|rt|ruby|s|u|v)(?:[.\s][^<>]*)?>|<[\d:.]+>|\{\\[^{}]*\}", re.IGNORECASE)
# What may be a name or the beginning of a sentence is told by English words, so only sure labels are left out.
_SURE_LABELS = SpeakerLabels()
# The byte-order mark, direction marks, soft hyphens, blanks without width; not the joiners of Persian and Hindi.
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])


class Mismatch(Exception):
    """MFA's words are not those of the transcript.

    Parameters
    ----------
    n_matched : int
        Words of MFA's that are.
    """

    def __init__(self, n_matched: int) -> None:
        self.n_matched = n_matched
        super().__init__(n_matched)


def words_as_written(text: str) -> list[str]:
    """The words of a transcript for MFA, see this module.

    Examples
    --------
    >>> words_as_written("ANNA: [laughs] Das ist <i>schön</i> – 3 T-Shirts!")
    ['[laughs] Das', 'ist', 'schön', '3', 'T-Shirts!']
    """
    plain = decoded(_MARKUP.sub("", text)).translate(_INVISIBLE)
    spoken = "\n".join(_SURE_LABELS.split(line)[1] for line in plain.splitlines())
    words: list[str] = []
    noises: list[str] = []
    for piece in _pieces(spoken):
        if is_noise(piece):
            noises.append(piece)
        elif _letters(piece):
            words.append(" ".join([*noises, piece]))
            noises = []
    if words and noises:
        words[-1] = " ".join([words[-1], *noises])
    return words


def _pieces(text: str) -> Iterator[str]:
    """Brackets with all that is in them, and what stands between blanks elsewhere."""
    at = 0
    for bracket in _BRACKETED.finditer(text):
        yield from text[at : bracket.start()].split()
        yield re.sub(r"\s+", " ", bracket[0])
        at = bracket.end()
    yield from text[at:].split()


def is_noise(label: str) -> bool:
    """True for what stands in brackets as a whole, but for ``<unk>``.

    >>> [is_noise(x) for x in ("[laughs]", "<cutoff>", "<unk>", "r")]
    [True, True, False, False]
    """
    return label != UNKNOWN and _BRACKETED.fullmatch(label) is not None


def spoken_form(word: str) -> str:
    """A word as it stands in the result: small letters, without noises and punctuation around it.

    >>> spoken_form('[laughs] "Straße!"')
    'straße'
    """
    bare = _BRACKETED.sub(" ", word).strip()
    low, high = 0, len(bare)
    while low < high and not _sounds(bare[low]):
        low += 1
    while high > low and not _sounds(bare[high - 1]):
        high -= 1
    return normalise_word(bare[low:high])


def _sounds(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM"


def _small(text: str) -> str:
    return text.lower().replace("i\u0307", "i")  # of the Turkish İ, as MFA has it


def _letters(text: str) -> str:
    """What is compared: letters and figures as MFA reads them, with the marks on them."""
    return "".join(found for found in _sounding(text) if found)


def _sounding(text: str) -> Iterator[str]:
    """Each character that is compared, and nothing for each that is not: a mark on no letter is punctuation (´)."""
    before = ""
    for character in _small(unicodedata.normalize("NFKC", text)):
        kept = _sounds(character) and (before != "" or unicodedata.category(character)[0] != "M")
        before = character if kept else ""
        yield before


def match_words(words: Sequence[str], labels: Sequence[str]) -> list[range]:
    """Which of MFA's words each word of the transcript is.

    Parameters
    ----------
    words : sequence of str
        From :func:`words_as_written`.
    labels : sequence of str
        MFA's, in order, without pauses.

    Returns
    -------
    list of range
        Of each word: the labels that are it; a noise is none of them.

    Raises
    ------
    Mismatch
        If they are other words.

    Examples
    --------
    >>> match_words(["[coughs] The", "T-Shirt,", "zorblax"], ["[bracketed]", "the", "t", "shirt", "<unk>"])
    [range(1, 2), range(2, 4), range(4, 5)]
    """
    text, ends, cuts = _spelt(words)
    places = _places(text, ends, cuts, labels)
    found = []
    start, at = 0, 0
    for end in ends:
        while at < len(labels) and places[at + 1] == places[at]:  # a noise
            at += 1
        first = at
        while at < len(labels) and places[at + 1] <= end:
            at += 1
        if first == at or places[first] != start or places[at] != end:
            raise Mismatch(first)
        while places[at] == places[at - 1]:  # noises behind it
            at -= 1
        found.append(range(first, at))
        start = end
    return found


def _spelt(words: Sequence[str]) -> tuple[str, list[int], list[int]]:
    """All letters; where each word ends among them; where MFA may have cut: at signs within a word, and behind it."""
    letters, ends, cuts = list[str](), list[int](), list[int]()
    for word in words:
        for character in _sounding(_BRACKETED.sub(" ", word)):
            if character:
                letters.append(character)
            elif letters and len(letters) > (cuts[-1] if cuts else 0):
                cuts.append(len(letters))
        ends.append(len(letters))
        if not cuts or cuts[-1] < len(letters):
            cuts.append(len(letters))
    return "".join(letters), ends, cuts


def _places(text: str, ends: Sequence[int], cuts: Sequence[int], labels: Sequence[str]) -> list[int]:
    """The letters before each label, and behind the last one."""
    # From each place that the labels so far may lead to, the one before it.
    ways: list[dict[int, int]] = [{0: 0}]
    for number, label in enumerate(labels):
        after: dict[int, int] = {}
        for place in ways[-1]:
            for end in _reached(text, ends, cuts, place, label):
                after.setdefault(end, place)
        if not after:
            raise Mismatch(number)
        # Each word still needs a label; where too few are left, it will be told of which on.
        left = len(labels) - number - 1
        enough = {end: place for end, place in after.items() if len(ends) - bisect_right(ends, end) <= left}
        ways.append(enough or after)
    if len(text) not in ways[-1]:
        raise Mismatch(len(labels))
    places = [len(text)]
    for way in reversed(ways[1:]):
        places.append(way[places[-1]])
    return places[::-1]


def _reached(text: str, ends: Sequence[int], cuts: Sequence[int], place: int, label: str) -> Iterator[int]:
    """Where a label that begins at `place` may end."""
    letters = _letters(label)
    if label == UNKNOWN:
        word = bisect_right(ends, place)
        if word < len(ends):
            yield from cuts[bisect_right(cuts, place) : bisect_right(cuts, ends[word])]
    elif is_noise(label) or not letters:
        yield place
    elif text.startswith(letters, place):
        yield place + len(letters)
