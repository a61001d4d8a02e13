"""How words are said that a person types at the desk."""

from __future__ import annotations

from dataclasses import dataclass

from visalign.config import Config
from visalign.desk.document import Document
from visalign.errors import EditRefused, InputError, OutOfVocabulary, quoted
from visalign.forced_alignment.aligner import whole_lexicon
from visalign.language.g2p.unknown_words import chosen_g2p, settle_vocabulary
from visalign.language.lexicon import Lexicon, Pronunciation, arpabet_phones, normalise_word
from visalign.language.transcript import parse_transcript

__all__ = ["Pronouncer"]


@dataclass(frozen=True, slots=True)
class Pronouncer:
    """Knows the pronunciations of a clip's language; what no lexicon holds is guessed.

    Parameters
    ----------
    lexicon : Lexicon
    g2p : str
        Who guesses.
    """

    lexicon: Lexicon
    g2p: str = ""

    @classmethod
    def of(cls, settings: Config) -> Pronouncer:
        """By the settings of a clip."""
        how = settings.alignment
        return cls(whole_lexicon(how.lexicon or None, None, how.language or None), how.g2p)

    def words_of(self, text: str) -> list[str]:
        """The words of a transcript.

        Raises
        ------
        EditRefused
            If there is none.
        """
        try:
            words = parse_transcript(text, known=self.lexicon)
        except InputError as error:
            raise EditRefused(f"this is no transcript: {error}") from error
        if not words:
            raise EditRefused("nothing in this transcript is spoken; give the words that are heard")
        return words

    def ways(self, word: str, document: Document) -> tuple[Pronunciation, ...]:
        """How a word is said: as the person says, else as the lexicon does, else as is guessed.

        Raises
        ------
        EditRefused
            If nobody knows.
        """
        own = document.pronunciations.get(normalise_word(word))
        if own is not None:
            return (Pronunciation(tuple(own.split())),)
        if word not in self.lexicon and parse_transcript(word, known=self.lexicon) != [word]:
            raise EditRefused(f"{quoted(word)} is not one word that is spoken; write it as it is said")
        try:
            known = settle_vocabulary([word], self.lexicon, "g2p", chosen_g2p(self.g2p, self.lexicon.spoken))
        except OutOfVocabulary as error:
            raise EditRefused(f"nobody knows how {quoted(word)} is said; choose another spelling") from error
        ways = known.lexicon[word]
        if document.alphabet == "arpabet":
            return tuple(Pronunciation(tuple(arpabet_phones(x)), x.probability) for x in ways)
        return ways
