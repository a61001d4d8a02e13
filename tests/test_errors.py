"""Errors keep their facts, also through a worker process, and tell what to do next."""

from __future__ import annotations

import copy
import inspect
import pickle
from pathlib import Path

import pytest

from visalign import errors
from visalign.errors import (
    AlignmentError,
    BackendError,
    BackendFailed,
    BackendUnavailable,
    ConfigError,
    CorrectionRefused,
    EditRefused,
    FaceNotFound,
    InputError,
    KeptFile,
    MediaError,
    MissingStream,
    OutOfVocabulary,
    OutputError,
    ParseError,
    TimelineError,
    UnknownSymbol,
    VisalignError,
)

# One of each, with the facts that a program reads from it and a phrase that its message must hold.
KEPT = (
    "a.TextGrid: this file exists and holds something else, corrected by hand perhaps; it stays as it is. Give another "
    "name, or replace it with --overwrite"
)
EXAMPLES: list[tuple[VisalignError, dict[str, object], str]] = [
    (VisalignError("no"), {}, "no"),
    (InputError("no"), {}, "no"),
    (BackendError("no"), {}, "no"),
    (
        MediaError(Path("a.mp4"), "not a media file", "Convert it."),
        {"path": "a.mp4", "reason": "not a media file", "hint": "Convert it."},
        "a.mp4: not a media file. Convert it.",
    ),
    (MissingStream("a.mp4", "audio"), {"path": "a.mp4", "kind": "audio"}, "as a separate file"),
    (MissingStream("a.wav", "video"), {"path": "a.wav", "kind": "video"}, "visalign align"),
    (FaceNotFound("a.mp4", 0.125), {"path": "a.mp4", "fraction": 0.125}, "12% of the frames"),
    (ParseError("a.dict", 7, "no phones"), {"path": "a.dict", "line": 7, "reason": "no phones"}, "a.dict:7: no phones"),
    (ParseError("a.toml", None, "no visemes"), {"path": "a.toml", "line": None}, "a.toml: no visemes"),
    (OutOfVocabulary(["zig", "zag", "zig"]), {"words": ("zig", "zag")}, "2 word(s) are not in the lexicon: zig, zag."),
    (EditRefused("there is no word there"), {}, "no word there"),
    (UnknownSymbol("A1", ["AA", "AE"]), {"symbol": "A1", "inventory": ("AA", "AE")}, "'A1'"),
    (TimelineError("the end comes first"), {"reason": "the end comes first"}, "the end comes first"),
    (
        ConfigError("sync.band", -1, "a positive number of seconds"),
        {"key": "sync.band", "value": -1, "allowed": "a positive number of seconds"},
        "sync.band = -1 is not possible; allowed: a positive number of seconds.",
    ),
    (ConfigError("map", "x", ["neti_2000", "cmu"]), {"allowed": "neti_2000, cmu"}, "allowed: neti_2000, cmu."),
    (KeptFile("a.TextGrid"), {"path": "a.TextGrid"}, KEPT),
    (OutputError("out.csv", "the folder is missing"), {"path": "out.csv"}, "out.csv: the folder is missing"),
    (BackendUnavailable("mfa", "Install it."), {"name": "mfa", "hint": "Install it."}, "mfa is not available. Install"),
    (
        BackendFailed("mfa", ["mfa", "align"], "out of beam"),
        {"name": "mfa", "command": ("mfa", "align"), "stderr_tail": "out of beam"},
        "mfa failed: mfa align\nout of beam",
    ),
    (AlignmentError("the audio is shorter than its words"), {"reason": "the audio is shorter than its words"}, "audio"),
    (
        CorrectionRefused("a.mp4", "it is in sync already", "in-sync"),
        {"path": "a.mp4", "reason": "it is in sync already", "verdict": "in-sync"},
        "a.mp4: not corrected, it is in sync already. To correct it all the same: --force.",
    ),
]
EACH_ERROR = pytest.mark.parametrize(
    ("error", "facts", "phrase"), [pytest.param(*example, id=type(example[0]).__name__) for example in EXAMPLES]
)

# design: child -> parents
HIERARCHY = {
    InputError: (VisalignError, ValueError),
    MediaError: (InputError,),
    MissingStream: (MediaError,),
    FaceNotFound: (InputError,),
    ParseError: (InputError,),
    OutOfVocabulary: (InputError,),
    EditRefused: (InputError,),
    UnknownSymbol: (InputError,),
    TimelineError: (InputError,),
    KeptFile: (OutputError,),
    ConfigError: (VisalignError, ValueError),
    OutputError: (VisalignError,),
    BackendError: (VisalignError,),
    BackendUnavailable: (BackendError,),
    BackendFailed: (BackendError,),
    AlignmentError: (VisalignError,),
    CorrectionRefused: (VisalignError,),
}


def _classes() -> set[type[VisalignError]]:
    found = (member for _, member in inspect.getmembers(errors, inspect.isclass))
    return {member for member in found if issubclass(member, VisalignError)}


def test_every_error_has_an_example() -> None:
    assert {type(error) for error, _, _ in EXAMPLES} == _classes()


def test_every_error_is_listed() -> None:
    listed = {name for name in errors.__all__ if name[0].isupper() and not name.isupper()}
    assert {cls.__name__ for cls in _classes()} == listed


def test_hierarchy() -> None:
    assert {cls: cls.__bases__ for cls in _classes() - {VisalignError}} == HIERARCHY


@EACH_ERROR
def test_facts_are_attributes(error: VisalignError, facts: dict[str, object], phrase: str) -> None:
    assert {name: getattr(error, name) for name in facts} == facts


@EACH_ERROR
def test_message_holds_the_facts(error: VisalignError, facts: dict[str, object], phrase: str) -> None:
    assert phrase in str(error)


@EACH_ERROR
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(error: VisalignError, facts: dict[str, object], phrase: str, protocol: int) -> None:
    again = pickle.loads(pickle.dumps(error, protocol))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.args == error.args
    assert vars(again) == vars(error)


@EACH_ERROR
def test_copies(error: VisalignError, facts: dict[str, object], phrase: str) -> None:
    assert vars(copy.copy(error)) == vars(error)


def test_notes_survive_pickling() -> None:
    error = MediaError("a.mp4", "not a media file")
    error.add_note("clip 7 of 12")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["clip 7 of 12"]


def test_media_error_without_a_hint_ends_with_the_reason() -> None:
    assert str(MediaError("a.mp4", "not a media file")) == "a.mp4: not a media file."


def test_unknown_symbol_suggests_the_nearest() -> None:
    assert "Did you mean AA1?" in str(UnknownSymbol("AA2", ["AA1", "B", "ZH"]))


def test_unknown_symbol_lists_the_inventory_when_nothing_is_near() -> None:
    assert "Known: AA B." in str(UnknownSymbol("xyzzy", ["AA", "B"]))


def test_out_of_vocabulary_lists_the_first_twenty_and_keeps_all() -> None:
    error = OutOfVocabulary(f"w{i}" for i in range(25))
    assert len(error.words) == 25
    assert "25 word(s)" in str(error)
    assert "w19 …" in str(error)
    assert "w20" not in str(error)


def test_a_message_has_an_end() -> None:
    """Whatever a file holds; the facts are whole."""
    error = ParseError("a.csv", 3, "a" * 100_000 + " and its end")
    assert len(str(error)) < 6000
    assert str(error).startswith("a.csv:3: aaa")
    assert str(error).endswith("and its end")
    assert len(error.reason) > 100_000
    assert len(str(pickle.loads(pickle.dumps(error)))) < 6000
