"""What becomes of words that no lexicon holds: an error that helps, a guess that is marked, or nothing.

Three ways, and never a silent one:

* ``error``: all of them are named, each with the words of the lexicon that are spelt nearly so.
* ``g2p``: their pronunciation is guessed from the spelling. The likeliest few compete, as variants of any word do. Each
  guessed word is named in a warning with its phones and marked in every output.
* ``skip``: they are left out, and named in a warning. Where they are said, the alignment has silence or a neighbour.

Conventions
-----------
Words as :func:`visalign.language.transcript.parse_transcript` gives them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from visalign.config import OOV_POLICIES
from visalign.errors import ConfigError
from visalign.language.g2p.espeak import EspeakG2p
from visalign.language.g2p.joint_ngram import JointNgram, embedded_g2p
from visalign.language.languages import advice_on_words, language_lexicon
from visalign.language.lexicon import Lexicon, Pronunciation, missing_words, normalise_word
from visalign.timeline import Interval, Tier

__all__ = ["GUESSED", "Guesser", "Vocabulary", "chosen_g2p", "closest_words", "guesser_of", "settle_vocabulary"]

GUESSED = "guessed"
"""Begins the note of a word whose pronunciation was guessed."""

N_VARIANTS = 3
"""Guesses that compete. Of 1,000 held-out words the first is right for 74 %, one of three for 89 %."""

MIN_SHARE = 0.1
"""A guess is left out where it is less likely than the best by more than this factor."""

N_CLOSEST = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz'"

Guesser = Callable[[str], tuple[Pronunciation, ...]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words to align, their pronunciations, and what was done about those without one.

    Parameters
    ----------
    words : tuple of str
        Without those that were skipped.
    lexicon : Lexicon
        Holds all of them.
    guessed : mapping of str to tuple of Pronunciation
        Words whose pronunciations are guesses.
    skipped : tuple of str
        Words that were left out.
    """

    words: tuple[str, ...]
    lexicon: Lexicon = field(repr=False)
    guessed: Mapping[str, tuple[Pronunciation, ...]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()

    def notes(self, words: Tier, phones: Tier) -> tuple[Interval, ...]:
        """A note on each guessed word of an alignment, with the phones that were taken."""
        guesses = (word for word in words if normalise_word(word.label) in self.guessed)
        return tuple(Interval(x.start, x.end, f"{GUESSED}: {_phones_in(x, phones)}") for x in guesses)

    def warnings(self, words: Tier, phones: Tier) -> tuple[str, ...]:
        """What the user has to know about guessed and skipped words."""
        named: dict[str, str] = {}
        for word in words:
            if normalise_word(word.label) in self.guessed:
                named.setdefault(word.label, _phones_in(word, phones))
        found = []
        if named:
            listed = ", ".join(f"{word} ({said})" for word, said in named.items())
            found.append(f"{len(named)} word(s) are in no lexicon, and guessed from their spelling: {listed}")
        if self.skipped:
            listed = ", ".join(dict.fromkeys(self.skipped))
            found.append(f"{len(set(self.skipped))} word(s) are in no lexicon, and were left out: {listed}")
        return tuple(found)


def _phones_in(word: Interval, phones: Tier) -> str:
    return " ".join(x.label for x in phones.crop(word.start, word.end))


def settle_vocabulary(
    words: Sequence[str],
    lexicon: Lexicon,
    policy: str = "error",
    guesser: Guesser | None = None,
    figures: Mapping[str, int] | None = None,
) -> Vocabulary:
    """Make sure that each word has a pronunciation.

    Parameters
    ----------
    words : sequence of str
    lexicon : Lexicon
    policy : {"error", "g2p", "skip"}
    guesser : callable, optional
        From a word to guesses, none where it can't tell; the built-in model of American English by default.
    figures : mapping of str to int, optional
        Those of the words that are figures which nobody could read aloud, and their lines (0: not known).

    Raises
    ------
    OutOfVocabulary
        If words have no pronunciation and the policy is ``error``, or nothing can be guessed, or no word is left.
    ConfigError
        If there is no such policy.

    Examples
    --------
    >>> mine = Lexicon({"go": (Pronunciation(("G", "OW")),)})
    >>> settle_vocabulary(["go", "zorblax"], mine, "skip").skipped
    ('zorblax',)
    >>> [str(x) for x in settle_vocabulary(["zorblax"], mine, "g2p").guessed["zorblax"]][:1]
    ['Z AO R B L AE K S']
    """
    if policy not in OOV_POLICIES:
        raise ConfigError("oov", policy, OOV_POLICIES)
    missing = list(dict.fromkeys(word for word in words if word not in lexicon))
    if not missing:
        return Vocabulary(tuple(words), lexicon)
    if policy == "skip" and len(missing) < len(set(words)):
        kept = tuple(word for word in words if word in lexicon)
        return Vocabulary(kept, lexicon, skipped=tuple(word for word in words if word not in lexicon))
    if policy == "g2p":
        guess = guesser or chosen_g2p(language=lexicon.spoken)
        guesses = {normalise_word(word): guess(word) for word in missing}
        missing = [word for word in missing if not guesses[normalise_word(word)]]
        if not missing:
            return Vocabulary(tuple(words), Lexicon(guesses, "guesses", lexicon), guesses)
    if lexicon.spoken:  # has no list of words to compare with, and needs no guesses
        raise missing_words(missing, {}, figures or {}, advice_on_words(lexicon.spoken))
    near = {word: closest_words(word, lexicon) for word in missing[:20]}
    raise missing_words(missing, near, figures or {}, can_be_guessed=policy != "g2p")


def chosen_g2p(name: str = "", language: str = "") -> Guesser:
    """Who guesses, by what the user calls it.

    Parameters
    ----------
    name : str
        Empty for the built-in American English; ``espeak:de`` for eSpeak NG in a language; else the path of a model
        from :func:`visalign.language.g2p.training.train_joint_ngram`, or of an acoustic model that holds one.
    language : str
        Code of a language that is pronounced by eSpeak NG: it then guesses where no other is named.

    Raises
    ------
    BackendUnavailable
        If eSpeak NG is not installed.
    ConfigError
        If it does not speak the language.
    ParseError
        If the model can't be read.
    """
    if name.startswith("espeak:"):
        return EspeakG2p(name.removeprefix("espeak:"))
    if language and not name:
        words = language_lexicon(language)
        return lambda word: words[word] if word in words else ()  # noqa: SIM401 - a Lexicon has no get
    return guesser_of(JointNgram.load(Path(name)) if name else embedded_g2p())


def guesser_of(model: JointNgram) -> Guesser:
    """Guesses by a model: the likeliest few."""

    def guess(word: str) -> tuple[Pronunciation, ...]:
        return tuple(_variants(model, word))

    return guess


def _variants(model: JointNgram, word: str) -> Iterator[Pronunciation]:
    guesses = model.spell(word, N_VARIANTS)
    for guess in guesses:
        share = 2.718281828 ** (guess.score - guesses[0].score)
        if share >= MIN_SHARE:
            yield Pronunciation(guess.phones, round(share, 4))


def closest_words(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Words of the lexicon that are spelt nearly so, the nearest first: those one letter away.

    Examples
    --------
    >>> closest_words("gren", Lexicon({"green": (Pronunciation(("G",)),), "blue": (Pronunciation(("B",)),)}))
    ('green',)
    """
    wanted = normalise_word(word)
    near = [other for other in dict.fromkeys(_one_letter_away(wanted)) if other != wanted and other in lexicon]
    return tuple(difflib.get_close_matches(wanted, near, n=N_CLOSEST, cutoff=0.0))


def _one_letter_away(word: str) -> Iterable[str]:
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    yield from (a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1)
    yield from (a + b[1:] for a, b in splits if b and len(word) > 1)
    yield from (a + letter + b[1:] for a, b in splits if b for letter in _LETTERS)
    yield from (a + letter + b for a, b in splits for letter in _LETTERS)
