"""From a model and a folder of recordings with texts to an adapted model: what ``visalign acoustic adapt`` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from visalign.acoustic_training.adapting import Adapted, adapt
from visalign.acoustic_training.contents import BUILT_IN, model_named
from visalign.acoustic_training.corpus import SpokenCorpus, Stretch, read_spoken_corpus
from visalign.acoustic_training.pronunciations import read_language
from visalign.acoustic_training.reports import as_row, tell_nobody
from visalign.errors import AnyPath, ConfigError
from visalign.forced_alignment.aligner import whole_lexicon
from visalign.language.g2p.unknown_words import chosen_g2p, settle_vocabulary

__all__ = ["adapt_to_corpus", "adaptation_report"]

Say = Callable[[str, float | None], None]


def adapt_to_corpus(
    model: str,
    corpus: AnyPath,
    *,
    dictionary: AnyPath | None = None,
    lexicon: AnyPath | None = None,
    language: str | None = None,
    oov: str = "error",
    g2p: str = "",
    layout: str = "folder",
    speakers: AnyPath | None = None,
    progress: Say | None = None,
) -> tuple[Adapted, SpokenCorpus]:
    """Move a model to the speech of a corpus; the model, and what was read.

    Parameters
    ----------
    model : str
        See :func:`visalign.acoustic_training.contents.model_named`.
    corpus, layout, speakers
        See :func:`visalign.acoustic_training.corpus.read_spoken_corpus`.
    dictionary, lexicon, language, oov, g2p
        As for :func:`visalign.force_align`.
    progress : callable, optional

    Raises
    ------
    InputError
        If nothing can be learnt from the corpus.
    OutOfVocabulary
        If words have no pronunciation, and `oov` does not help.
    ParseError, ConfigError
        If an input can't be read, or there is no such language or layout.
    """
    acoustics = model_named(model)
    known = whole_lexicon(
        None if lexicon is None else str(lexicon), None if dictionary is None else str(dictionary), language
    )
    if model == BUILT_IN and known.spoken:
        raise ConfigError(
            "language",
            language,
            f"English with the model {BUILT_IN}; one of another language is trained from it: visalign acoustic train",
        )
    spoken = read_language(known if dictionary is not None else None, language)
    read = read_spoken_corpus(
        corpus, known, layout=layout, language=spoken, speakers=speakers, progress=progress or tell_nobody
    )
    guesser = chosen_g2p(g2p, known.spoken) if oov == "g2p" else None
    vocabulary = settle_vocabulary(read.words, known, oov, guesser)
    skipped = set(vocabulary.skipped)
    stretches = [Stretch(x.name, x.speaker, x.sound, _without(x.words, skipped), x.place) for x in read.stretches]
    stretches = [x for x in stretches if x.words]
    return adapt(acoustics, stretches, vocabulary.lexicon, progress=progress), read


def _without(words: Sequence[str], skipped: set[str]) -> tuple[str, ...]:
    return tuple(x for x in words if x not in skipped)


def adaptation_report(adapted: Adapted, read: SpokenCorpus, about: Mapping[str, Any]) -> dict[str, Any]:
    """What an adaptation did, ready for JSON."""
    left_out = [as_row(x.name, x.speaker, "left out", x.reason) for x in (*read.left_out, *adapted.left_out)]
    return {**about, "n_utterances": len(read.stretches), "left_out": left_out, "doubted": []}
