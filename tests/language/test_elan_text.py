"""What ELAN exports as tab-delimited text."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.language.annotations import read_annotation

SECONDS, CLOCK, MILLISECONDS = ("0.500", "0.750", "0.250"), ("00:00:00.500", "00:00:00.750", "00:00:00.250"), (
    "500", "750", "250"
)  # fmt: skip
CODES = ("00:00:00:12", "00:00:00:18", "00:00:00:06")


@pytest.mark.parametrize(
    "forms",
    [[SECONDS], [CLOCK], [MILLISECONDS], [CLOCK, SECONDS], [CLOCK, SECONDS, MILLISECONDS], [CODES, SECONDS]],
)
@pytest.mark.parametrize("participant", ["", "Anna"])
def test_each_form_of_times(tmp_path: Path, forms: list[tuple[str, ...]], participant: str) -> None:
    times = [form[n] for n in range(3) for form in forms]
    path = tmp_path / "a.txt"
    path.write_text("\t".join(["words", participant, *times, "7"]) + "\n", encoding="utf-8")
    (track,) = read_annotation(path).tracks
    assert track.speaker == participant
    assert [(x.start, x.end, x.label) for x in track.words] == [(0.5, 0.75, "7")]


def test_tiers_are_known_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Anna\t\t0.5\t1.5\t1.0\toh no\nphones\t\t0.5\t1.0\t0.5\tOW\n", encoding="utf-8")
    named, nameless = read_annotation(path).tracks
    assert (named.speaker, named.utterances[0].label, nameless.phones[0].label) == ("Anna", "oh no", "OW")


def test_a_line_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("words\t\t0.5\t1.0\t0.5\toh\n" * 9 + "words\t\t0.5\t1.0\t0.7\toh\n", encoding="utf-8")
    with pytest.raises(ParseError, match=r"a\.txt:10: .* is no row of ELAN"):
        read_annotation(path)
