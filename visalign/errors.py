"""Every exception that visalign raises.

Facts are attributes, so that a program can react to them; the message is built from the facts and ends with
what to do next. Each class keeps its facts through pickling, because clips are analysed in worker processes
and an error that can't be unpickled there takes the whole pool down.
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

__all__ = [
    "BAD_DATA",
    "INSTALL_ANEW",
    "AlignmentError",
    "BackendError",
    "BackendFailed",
    "BackendUnavailable",
    "ConfigError",
    "CorrectionRefused",
    "EditRefused",
    "FaceNotFound",
    "InputError",
    "KeptFile",
    "MediaError",
    "MissingStream",
    "OutOfVocabulary",
    "OutputError",
    "ParseError",
    "TimelineError",
    "UnknownSymbol",
    "VisalignError",
    "did_you_mean",
    "quoted",
]

AnyPath = str | PathLike[str]

INSTALL_ANEW = "pip install --force-reinstall PLACE"
"""How a damaged installation is mended: visalign is on no package index, so PLACE is the folder of its repository or
the wheel that it came from."""

BAD_DATA = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What plain code raises on data that are not what it takes them for: a name that is missing, a list that ends early, a
number that no float holds, a text in the place of a table."""


class _Quotation(reprlib.Repr):
    """``repr`` that neither grows with its value nor fails on one: Python refuses to write an integer of 4,300 digits,
    and a list that holds itself twice, thirty times over, would take all memory."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 6
        self.maxstring, self.maxother = 200, 300

    def repr_int(self, x: int, _level: int) -> str:
        n_digits = round(x.bit_length() * 0.30103)
        return repr(x) if n_digits <= 40 else f"a number of about {n_digits} digits"

    def repr_instance(self, x: object, level: int) -> str:
        if isinstance(x, BaseException):
            told = ", ".join(self.repr1(fact, level - 1) for fact in x.args)
            return f"{type(x).__name__}({told})"
        try:
            text = repr(x)
        except (ValueError, RecursionError):
            return f"a {type(x).__name__}"
        return text if len(text) <= self.maxother else f"{text[: self.maxother]}..."


def quoted(value: object) -> str:
    """A value from a file or a command line as a message quotes it: short, whatever it is, and always possible.

    Examples
    --------
    >>> quoted("film"), quoted(0.3), quoted(16**5000), quoted(KeyError("end"))
    ("'film'", '0.3', 'a number of about 6021 digits', "KeyError('end')")
    """
    return _QUOTATION.repr(value)


_QUOTATION = _Quotation()


_LONGEST_MESSAGE, _ITS_END = 5000, 500


class VisalignError(Exception):
    """Base of every error that visalign raises on purpose. Of a message without end the middle is left out."""

    def __init__(self, message: str = "") -> None:
        if len(message) > _LONGEST_MESSAGE:
            message = f"{message[: _LONGEST_MESSAGE - _ITS_END]} … {message[-_ITS_END:]}"
        super().__init__(message)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception.__reduce__ would call __init__ with the finished message instead of the facts.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[VisalignError], args: tuple[Any, ...], facts: dict[str, Any]) -> VisalignError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(facts)
    return error


class InputError(VisalignError, ValueError):
    """The user's material can't be analysed as it is."""


class MediaError(InputError):
    """A media file is missing, unreadable or not what it claims to be.

    Parameters
    ----------
    path : path-like
        The file.
    reason : str
        What is wrong with it.
    hint : str
        What to do next.
    """

    def __init__(self, path: AnyPath, reason: str, hint: str = "") -> None:
        self.path, self.reason, self.hint = str(path), reason, hint
        super().__init__(f"{self.path}: {reason}." + (f" {hint}" if hint else ""))


class MissingStream(MediaError):
    """A media file lacks the audio or video that the task needs.

    Parameters
    ----------
    path : path-like
        The file.
    kind : str
        ``"audio"`` or ``"video"``.
    is_strange : bool
        There is such a stream, but in a codec that can't be decoded.
    """

    def __init__(self, path: AnyPath, kind: str, *, is_strange: bool = False) -> None:
        self.kind, self.is_strange = kind, is_strange
        if is_strange:
            hint = "Is it protected? Export the clip anew, as MP4 with H.264 and AAC say."
            super().__init__(path, f"the {kind} of this file has a codec that can't be decoded", hint)
            return
        remedy = {
            "audio": "Give a clip with sound, or the sound as a separate file.",
            "video": "Give a clip with a picture; for sound alone use `visalign align`.",
        }
        super().__init__(path, f"no {kind} stream in this file", remedy.get(kind, ""))

    def for_options(self, options: Collection[str]) -> VisalignError:
        """The same error with advice that a command with these options can follow."""
        if self.kind != "audio" or self.is_strange or "--audio" not in options:
            return self
        return MediaError(self.path, self.reason, "Give the sound as a separate file with --audio FILE.")


class FaceNotFound(InputError):
    """No face could be tracked in enough of the picture.

    Parameters
    ----------
    path : path-like
        The clip.
    fraction : float
        Part of the frames in which a face was found, 0..1.
    streams : sequence of str
        The video streams that were looked at, in words, where the clip has several.
    """

    def __init__(self, path: AnyPath, fraction: float, streams: Sequence[str] = ()) -> None:
        self.path, self.fraction, self.streams = str(path), fraction, tuple(streams)
        where, part = "", f"{fraction:.0%}"
        if streams:
            where = f" of each of its {len(self.streams)} video streams ({', '.join(self.streams)})"
            part = f"at most {part}"
        super().__init__(
            f"{self.path}: a face was found in {part} of the frames{where}, too few to read lips from. "
            "Use a clip in which one face looks roughly at the camera (a profile shows too little of the lips) and is "
            "at least 80 pixels wide."
        )


class ParseError(InputError):
    """A text file (TextGrid, lexicon, viseme map, transcript, manifest) can't be understood.

    Parameters
    ----------
    path : path-like
        The file.
    line : int or None
        1-based line of the fault, where it can be told.
    reason : str
        What is wrong there, and what is expected instead.
    """

    def __init__(self, path: AnyPath, line: int | None, reason: str) -> None:
        self.path, self.line, self.reason = str(path), line, reason
        place = self.path if line is None else f"{self.path}:{line}"
        super().__init__(f"{place}: {reason}")


class OutOfVocabulary(InputError):
    """Words of the transcript that the lexicon does not hold, all of them at once.

    Parameters
    ----------
    words : iterable of str
        The words.
    suggestions : mapping of str to sequence of str, optional
        Of some of them, words of the lexicon that are spelt nearly so.
    figures : mapping of str to int, optional
        Those of the words that are figures, and the lines in which they stand (0: not known).
    remedy : str, optional
        What to do, where it is not what is said of a lexicon of one's own, or the words are not English.
    can_be_guessed : bool
        False where guessing their pronunciation was tried.
    options : collection of str
        The options that the running command has, of those which help.
    """

    def __init__(
        self,
        words: Iterable[str],
        suggestions: Mapping[str, Sequence[str]] | None = None,
        figures: Mapping[str, int] | None = None,
        remedy: str = "",
        *,
        can_be_guessed: bool = True,
        options: Collection[str] = ("--lexicon", "--oov"),
    ) -> None:
        self.words = tuple(dict.fromkeys(words))
        self.remedy, self.can_be_guessed = remedy, can_be_guessed
        self.figures = {word: line for word, line in (figures or {}).items() if word in self.words}
        self.suggestions = {word: tuple(near) for word, near in (suggestions or {}).items() if near}
        letters = [word for word in self.words if word not in self.figures]
        found = []
        if self.figures:
            listed = _listed([f"line {line}: {word!r}" if line else repr(word) for word, line in self.figures.items()])
            found.append(
                f"{len(self.figures)} figure(s) can't be read aloud: {listed}. Write them as they are said"
                + ("." if remedy else " ('1984' may be 'nineteen eighty-four').")
            )
        if letters:
            listed = _listed(map(self._with_suggestions, letters))
            can_not = "" if can_be_guessed else ", and can't be guessed from their spelling"
            advice = remedy or self._advice(options)
            found.append(f"{len(letters)} word(s) are not in the lexicon{can_not}: {listed}. {advice}")
        super().__init__(" ".join(found))

    def for_options(self, options: Collection[str]) -> OutOfVocabulary:
        """The same error with advice that a command with these options can follow."""
        facts = (self.words, self.suggestions, self.figures, self.remedy)
        return OutOfVocabulary(*facts, can_be_guessed=self.can_be_guessed, options=options)

    def _advice(self, options: Collection[str]) -> str:
        ways = ["Correct the spelling"]
        if "--lexicon" in options:
            ways.append("add them with --lexicon FILE (a line each: word, then its phones)")
        if self.can_be_guessed and "--oov" in options:
            ways.append("have them guessed with --oov g2p")
        elif self.can_be_guessed and "--config" in options:
            ways.append('have them guessed (oov = "g2p" under [alignment] in the file of --config)')
        return ", or ".join(ways) + "."

    def _with_suggestions(self, word: str) -> str:
        near = self.suggestions.get(word)
        return f"{word} (near: {', '.join(near)})" if near else word


def _listed(parts: Iterable[str]) -> str:
    rows = list(parts)
    return ", ".join(rows[:20]) + (" …" if len(rows) > 20 else "")


_OPTIONS = {
    "audio track": ("--track",),
    "closure_frames": ("--closure-hold-frames",),
    "cancel": ("--chain",),
    "hold_frames": ("--min-hold-frames",),
    "kind of phone": ("--phones",),
    "plot file": ("--output", "-o"),
    "reference": ("--original",),
    "step": ("--enhance", "--chain"),
    "chain": ("--enhance", "--chain"),
    "sync.max_lag_seconds": ("--max-lag",),
    "sync.viseme_map": ("--map",),
    "viseme map": ("--map",),
    "viseme_map": ("--map",),
    "workers": ("--jobs",),
    **dict.fromkeys(("floor", "floor_db", "gain_db", "highpass", "loudness", "over", "q"), ("--enhance", "--chain")),
}
"""What a message calls a value that an option of another name gave."""


def did_you_mean(value: str, names: Sequence[str]) -> str:
    """A question with the names that begin like `value`, else those that are spelt nearly so; empty without any.

    Examples
    --------
    >>> did_you_mean("ebu", ["ebu_r37", "film"]), did_you_mean("FLIM", ["ebu_r37", "film"]), did_you_mean("x", ["film"])
    (' Did you mean ebu_r37?', ' Did you mean film?', '')
    """
    spelt = {name.lower(): name for name in names}
    begin = [name for name in spelt if value and name.startswith(value.lower())]
    near = begin[:3] or difflib.get_close_matches(value.lower(), spelt, n=2, cutoff=0.5)
    return f" Did you mean {' or '.join(spelt[name] for name in near)}?" if near else ""


class UnknownSymbol(InputError):
    """A phone or viseme that the inventory does not hold."""

    def __init__(self, symbol: str, inventory: Iterable[str]) -> None:
        self.symbol, self.inventory = symbol, tuple(inventory)
        near = difflib.get_close_matches(symbol, self.inventory, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {' '.join(self.inventory[:60])}."
        super().__init__(f"unknown symbol {quoted(symbol)}. {hint}")


class EditRefused(InputError):
    """A change by hand that can't be made; the message says why, and what would go."""


class TimelineError(InputError):
    """Times that contradict each other."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ConfigError(VisalignError, ValueError):
    """A setting that does not exist, or a value that it can't take.

    Parameters
    ----------
    key : str
        The setting, or what it is called where the user named it.
    value : object
        What it was to be.
    allowed : str or sequence
        What it can be: in words, or the values, of which those that are spelt nearly so are suggested.
    """

    def __init__(self, key: str, value: object, allowed: str | Sequence[object]) -> None:
        self.key, self.value = key, value
        self.allowed = allowed if isinstance(allowed, str) else ", ".join(map(str, allowed))
        can_be_near = isinstance(value, str) and not isinstance(allowed, str)
        self.hint = did_you_mean(str(value), [str(x) for x in allowed]) if can_be_near else ""
        super().__init__(self._said_of(f"{key} = {quoted(value)}"))

    def _said_of(self, what: str) -> str:
        return f"{what} is not possible; allowed: {self.allowed}.{self.hint}"

    def for_options(self, options: Collection[str]) -> ConfigError:
        """The same error, speaking of the option that was typed in place of the setting, where it is one of these."""
        plain = self.key.rpartition(".")[2].replace("_", "-").replace(" ", "-").removeprefix("--")
        named = [f"--{plain}", *(f"--{plain}-{unit}" for unit in ("ms", "px", "frames")), *_OPTIONS.get(self.key, ())]
        option = next((name for name in named if name in options), None)
        if option is None:
            return self
        told = ConfigError(option, self.value, self.allowed)
        told.hint = self.hint
        told.args = (told._said_of(f"{option} {quoted(self.value)}"),)
        return told


class OutputError(VisalignError):
    """A result can't be written where it was asked for."""

    def __init__(self, path: AnyPath, reason: str) -> None:
        self.path, self.reason = str(path), reason
        super().__init__(f"{self.path}: {reason}")


class KeptFile(OutputError):
    """A file that exists holds something else than what would be written, and nobody said that it may be replaced."""

    def __init__(
        self, path: AnyPath, because: str = "this file exists and holds something else, corrected by hand perhaps"
    ) -> None:
        super().__init__(path, f"{because}; it stays as it is. Give another name, or replace it with --overwrite")


class BackendError(VisalignError):
    """A library, model or program that visalign relies on did not serve."""


class BackendUnavailable(BackendError):
    """An optional library, model or program is not installed."""

    def __init__(self, name: str, hint: str) -> None:
        self.name, self.hint = name, hint
        super().__init__(f"{name} is not available. {hint}")


class BackendFailed(BackendError):
    """An external program ran and failed."""

    def __init__(self, name: str, command: Sequence[str], stderr_tail: str) -> None:
        self.name, self.command, self.stderr_tail = name, tuple(command), stderr_tail
        super().__init__(f"{name} failed: {' '.join(self.command)}\n{stderr_tail}")


class AlignmentError(VisalignError):
    """Transcript and audio could not be aligned."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class CorrectionRefused(VisalignError):
    """A clip is not corrected, because it needs none or because its offset is not certain enough.

    Parameters
    ----------
    path : path-like
        The clip.
    reason : str
        Why not.
    verdict : str
        The verdict that stands against it.
    """

    def __init__(self, path: AnyPath, reason: str, verdict: str) -> None:
        self.path, self.reason, self.verdict = str(path), reason, verdict
        super().__init__(f"{self.path}: not corrected, {reason}. To correct it all the same: --force.")
