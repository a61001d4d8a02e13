"""Spelling to phones by a joint n-gram model: pieces of spelling with their phones, each likely after those before.

Method
------
A word and its pronunciation are cut into *graphones* [1]_, pairs of up to two letters and up to two phones: ``ph:F o:OW
ne:N``. An n-gram model with interpolated Kneser–Ney smoothing [2]_ says how likely each graphone is after the ones
before, and a search with a beam over the letters finds the likeliest sequence of graphones that spells a word; its
phones are the pronunciation. It is the method of Phonetisaurus [3]_, without transducers.

The built-in model was learnt from the dictionary that PocketSphinx brings along, CMUdict without stress, less 1,000
words on which it is measured (``docs/how-to/unknown_words.md``).

Conventions
-----------
Spelling is normalised as in a lexicon (:func:`visalign.language.lexicon.normalise_word`). Phones are as in the
dictionary that was learnt from; for the built-in model ARPABET without stress. Logarithms are natural.

References
----------
.. [1] M. Bisani and H. Ney, Joint-sequence models for grapheme-to-phoneme conversion, Speech Communication 50 (2008).
.. [2] S. Chen and J. Goodman, An empirical study of smoothing techniques for language modeling, Computer Speech and
   Language 13 (1999).
.. [3] J. Novak, N. Minematsu and K. Hirose, Phonetisaurus: exploring grapheme-to-phoneme conversion with joint n-gram
   models in the WFST framework, Natural Language Engineering 22 (2016).
"""

from __future__ import annotations

import importlib.resources
import json
import math
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, ParseError
from visalign.files.archives import DAMAGED_ARCHIVE, opened_archive, read_arrays
from visalign.files.outputs import whole_file
from visalign.language.lexicon import normalise_word

__all__ = ["BEAM", "END", "PACKED", "START", "Graphone", "Guess", "JointNgram", "embedded_g2p"]

FORMAT = "visalign joint n-gram 1"

EMBEDDED = "g2p-en-us.npz"
"""The file of `visalign/models` that is the built-in model."""

PACKED = "pronunciations.npz"
"""The file in the zip of an acoustic model that is a model of its dictionary's pronunciations."""

START, END = 0, 1
"""Graphones before the first letter and after the last."""

BEAM = 40
"""Histories that are kept at each letter."""

N_BEST = 4

MOST_GRAPHONES = 2000
"""With one spelling: each is tried at each letter. The built-in model has 37 at most."""

Integers = npt.NDArray[np.int64]
Graphone = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Guess:
    """A guessed pronunciation and the natural logarithm of its probability together with the spelling."""

    phones: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class JointNgram:
    """An n-gram model of graphones.

    Parameters
    ----------
    graphones : tuple of Graphone
        Spelling and phones by number; those of `START` and `END` are empty.
    tables : tuple of mappings
        For order 1, 2 …: from a context's number and a graphone, ``context × n_graphones + graphone``, to the number of
        that n-gram as a context of the next order.
    log_probabilities : tuple of ndarray of float32
        By order and number of the n-gram.
    log_backoffs : tuple of ndarray of float32
        By order and number: what the next lower order is worth where this context never had the graphone.
    provenance : mapping
        What it was learnt from, under which terms.
    """

    graphones: tuple[Graphone, ...]
    tables: tuple[Mapping[int, int], ...] = field(repr=False)
    log_probabilities: tuple[npt.NDArray[np.float32], ...] = field(repr=False)
    log_backoffs: tuple[npt.NDArray[np.float32], ...] = field(repr=False)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    by_letters: Mapping[str, Sequence[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_letters: dict[str, list[int]] = {}
        for number, (letters, _) in enumerate(self.graphones[2:], start=2):
            by_letters.setdefault(letters, []).append(number)
        object.__setattr__(self, "by_letters", by_letters)

    @property
    def order(self) -> int:
        """How many graphones an n-gram has at most."""
        return len(self.tables)

    def score(self, history: Sequence[int], graphone: int) -> float:
        """Log probability of a graphone after those before, latest last."""
        contexts = self._contexts(history)
        total = 0.0
        for length in range(len(contexts) - 1, -1, -1):
            found = self.tables[length].get(contexts[length] * len(self.graphones) + graphone)
            if found is not None:
                return total + float(self.log_probabilities[length][found])
            if length:
                total += float(self.log_backoffs[length - 1][contexts[length]])
        return total - math.log(len(self.graphones)) - 10.0  # never seen at all

    def _contexts(self, history: Sequence[int]) -> list[int]:
        """Number of the context of each length, as long as it was ever seen; that of length 0 is 0."""
        contexts = [0]
        for length in range(1, min(self.order - 1, len(history)) + 1):
            number = 0
            for order, graphone in enumerate(history[-length:]):
                step = self.tables[order].get(number * len(self.graphones) + graphone)
                if step is None:
                    return contexts
                number = step
            contexts.append(number)
        return contexts

    def spell(self, word: str, n_best: int = N_BEST) -> list[Guess]:
        """The likeliest pronunciations of `word`, best first; empty where a letter was never seen.

        Examples
        --------
        >>> " ".join(embedded_g2p().spell("zorblax")[0].phones)
        'Z AO R B L AE K S'
        """
        letters = normalise_word(word)
        stacks: list[dict[tuple[int, ...], tuple[float, tuple[int, ...]]]] = [{} for _ in range(len(letters) + 1)]
        stacks[0][(START,)] = (0.0, ())
        for position, stack in enumerate(stacks[:-1]):
            kept = sorted(stack.items(), key=lambda item: (-item[1][0], item[0]))[:BEAM]
            for history, (score, path) in kept:
                for end, graphone in self._candidates(letters, position):
                    _offer(stacks[end], history, graphone, score + self.score(history, graphone), path, self.order)
        return self._guesses(stacks[-1])[:n_best]

    def _candidates(self, letters: str, position: int) -> Iterator[tuple[int, int]]:
        for end in range(position + 1, min(position + 2, len(letters)) + 1):
            for graphone in self.by_letters.get(letters[position:end], ()):
                yield end, graphone

    def _guesses(self, stack: Mapping[tuple[int, ...], tuple[float, tuple[int, ...]]]) -> list[Guess]:
        best: dict[tuple[str, ...], float] = {}
        for history, (score, path) in stack.items():
            phones = tuple(phone for graphone in path for phone in self.graphones[graphone][1])
            whole = score + self.score(history, END)
            if phones and whole > best.get(phones, -math.inf):
                best[phones] = whole
        return sorted((Guess(*item) for item in best.items()), key=lambda guess: (-guess.score, guess.phones))

    def save(self, path: AnyPath) -> None:
        """Write the model as NPZ: no pickle, the same model gives the same bytes."""
        meta = {"format": FORMAT, "order": self.order, "provenance": dict(self.provenance)}
        arrays: dict[str, npt.NDArray[Any]] = {
            "meta": np.array(json.dumps(meta, sort_keys=True, ensure_ascii=False)),
            "letters": np.array([letters for letters, _ in self.graphones]),
            "phones": np.array([" ".join(phones) for _, phones in self.graphones]),
        }
        for order, table in enumerate(self.tables, start=1):
            keys = np.fromiter(table, dtype=np.int64, count=len(table))  # in the order of their numbers
            arrays[f"contexts{order}"] = (keys // len(self.graphones)).astype(np.uint32)
            arrays[f"graphones{order}"] = (keys % len(self.graphones)).astype(np.uint16)
            arrays[f"log_probabilities{order}"] = self.log_probabilities[order - 1].astype(np.float16)
            arrays[f"log_backoffs{order}"] = self.log_backoffs[order - 1].astype(np.float16)
        with whole_file(path) as draft:
            np.savez_compressed(draft, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: AnyPath) -> JointNgram:
        """Read a model that `save` wrote, or the one in the zip of an acoustic model.

        Raises
        ------
        ParseError
            If it is none, or damaged.
        """
        try:
            if Path(path).suffix.lower() == ".zip":
                return cls._unpacked(path)
            return cls._from_arrays(path, read_arrays(path))
        except ParseError:
            raise
        except OSError as error:
            raise ParseError(path, None, f"can't be read ({error.strerror or error}); check the path") from error
        except DAMAGED_ARCHIVE as error:
            reason = f"no model of pronunciations (an NPZ file of visalign), or a damaged one ({error})"
            raise ParseError(path, None, reason) from error

    @classmethod
    def _unpacked(cls, path: AnyPath) -> JointNgram:
        with opened_archive(path) as (_, archive), tempfile.TemporaryDirectory() as folder:
            rows = [row for row in archive.infolist() if PurePosixPath(row.filename).name == PACKED]
            if not rows:
                reason = "it holds no model of pronunciations; those of `visalign acoustic train` do"
                raise ParseError(path, None, reason)
            place = Path(folder, PACKED)
            place.write_bytes(archive.read(rows[0]))
            return cls._from_arrays(path, read_arrays(place))

    @classmethod
    def _from_arrays(cls, path: AnyPath, data: Mapping[str, npt.NDArray[Any]]) -> JointNgram:
        meta = json.loads(str(data["meta"]))
        if meta.get("format") != FORMAT:
            raise ParseError(path, None, f"no model of pronunciations of this version ({FORMAT})")
        pairs = zip(data["letters"].tolist(), data["phones"].tolist(), strict=True)
        graphones = tuple((letters, tuple(phones.split())) for letters, phones in pairs)
        orders = range(1, meta["order"] + 1)
        _check(data, graphones, orders)
        return cls(
            graphones,
            tuple(_table(data[f"contexts{n}"], data[f"graphones{n}"], len(graphones)) for n in orders),
            tuple(data[f"log_probabilities{n}"].astype(np.float32) for n in orders),
            tuple(data[f"log_backoffs{n}"].astype(np.float32) for n in orders),
            meta["provenance"],
        )


def _check(data: Mapping[str, npt.NDArray[Any]], graphones: Sequence[Graphone], orders: Sequence[int]) -> None:
    """Whether the arrays of a model belong together: what spells a word follows their numbers blindly."""
    spellings = Counter(letters for letters, _ in graphones[2:])
    if not orders or len(graphones) < 3 or max(spellings.values()) > MOST_GRAPHONES:
        raise ValueError("it has no n-grams, no graphones, or too many of them for one spelling")
    n_contexts = 1
    for n in orders:
        table = {name: data[f"{name}{n}"] for name in _KINDS}
        odd = [name for name, kinds in _KINDS.items() if table[name].ndim != 1 or table[name].dtype.kind not in kinds]
        if odd or len({len(array) for array in table.values()}) != 1 or not len(table["contexts"]):
            raise ValueError(f"its arrays of order {n} do not belong together")
        limits = {"contexts": n_contexts, "graphones": len(graphones)}
        if any(not 0 <= table[name].min() <= table[name].max() < limit for name, limit in limits.items()):
            raise ValueError(f"an n-gram of order {n} refers to what is not there")
        if not all(np.isfinite(table[name]).all() for name in ("log_probabilities", "log_backoffs")):
            raise ValueError(f"a probability of order {n} is no number")
        n_contexts = len(table["contexts"])


_KINDS = {"contexts": "u", "graphones": "u", "log_probabilities": "f", "log_backoffs": "f"}


def _offer(
    stack: dict[tuple[int, ...], tuple[float, tuple[int, ...]]],
    history: tuple[int, ...],
    graphone: int,
    score: float,
    path: tuple[int, ...],
    order: int,
) -> None:
    """Keep this way to a history where it is better than the one known."""
    after = (*history, graphone)[1 - order :] if order > 1 else ()
    known = stack.get(after)
    if known is None or score > known[0]:
        stack[after] = (score, (*path, graphone))


def _table(contexts: npt.NDArray[Any], graphones: npt.NDArray[Any], n_graphones: int) -> dict[int, int]:
    keys = contexts.astype(np.int64) * n_graphones + graphones
    return dict(zip(keys.tolist(), range(len(keys)), strict=True))


@cache
def embedded_g2p() -> JointNgram:
    """The built-in model of American English, learnt from CMUdict."""
    return JointNgram.load(Path(str(importlib.resources.files("visalign.models").joinpath(EMBEDDED))))
