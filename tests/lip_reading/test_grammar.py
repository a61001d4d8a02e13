"""Grammars: what they accept, their weights, and their errors with lines."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from visalign.errors import InputError, ParseError
from visalign.lip_reading.grammar import Arc, WordGraph, bigram_graph, parse_jsgf, read_grammar, refuse_impossible

HEADER = "#JSGF V1.0 UTF-8 en;\n// a comment\ngrammar test;\n"
# each rule calls the next ten times: 10^8 words
BOMB = "".join(f"<r{k}> = {f'<r{k + 1}> ' * 10};\n" for k in range(8)) + "<r8> = a;"


def weight(graph: WordGraph, sentence: str) -> float:
    """Summed probability of all ways that make a sentence, by brute force."""
    words, total = sentence.split(), 0.0
    waiting = [(0, 0, 0.0, 0)]
    while waiting:
        node, n_said, log_p, n_steps = waiting.pop()
        if node == graph.final and n_said == len(words):
            total += math.exp(log_p)
        for arc in graph.arcs:
            fits = arc.word is None or (n_said < len(words) and arc.word == words[n_said])
            if arc.start == node and fits and n_steps < 40:
                waiting.append((arc.end, n_said + (arc.word is not None), log_p + arc.log_weight, n_steps + 1))
    return total


@pytest.mark.parametrize(
    ("rule", "accepted", "refused"),
    [
        ("a b", ["a b"], ["a", "b a", "a b a"]),
        ("a | b c", ["a", "b c"], ["a c", "b"]),
        ("(a | b) c", ["a c", "b c"], ["a", "c"]),
        ("[a] b", ["b", "a b"], ["a", "a a b"]),
        ("a* b", ["b", "a b", "a a a b"], ["a"]),
        ("a+ b", ["a b", "a a b"], ["b"]),
        ("<x> <x>; <x> = a | b", ["a a", "a b"], ["a"]),
        ("a {tag = 'x;'} /* b */ c", ["a c"], ["a b c"]),
        ('"New York" a', ["new york a"], ["york a"]),
        ("[[a]* b]* c", ["c", "a b c", "b b a b c"], ["a c"]),
        ("a <NULL> b | <VOID> c", ["a b"], ["c"]),
        ("twenty-one", ["twenty one"], ["twenty"]),
        ("a; public <other> = b", ["a", "b"], ["a b"]),
    ],
)
def test_sentences(rule: str, accepted: list[str], refused: list[str]) -> None:
    graph = parse_jsgf(f"{HEADER}public <s> = {rule};\n")
    assert [x for x in accepted if not graph.accepts(x.split())] == []
    assert [x for x in refused if graph.accepts(x.split())] == []


def test_weights_are_probabilities() -> None:
    graph = parse_jsgf(f"{HEADER}public <s> = (/3/ a | /1/ b) [c];")
    assert weight(graph, "a") == pytest.approx(0.375)
    assert weight(graph, "b c") == pytest.approx(0.125)
    assert sum(weight(graph, x) for x in ("a", "b", "a c", "b c")) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("bin blue", ":1: not a JSGF grammar"),
        (f"{HEADER}<s> = a;", "no rule in it is public"),
        (f"{HEADER}public <s> = a\n<t> = b;", ":5: ';' was expected; '=' stands there"),
        (f"{HEADER}public <s> = (a;", r":4: '\)' was expected"),
        (f"{HEADER}public <s> = a <t>;", r":4: there is no rule <t>; there are <s>"),
        (f"{HEADER}public <s> = a <s>;", ":4: the rule <s> calls itself"),
        (f"{HEADER}import <com.x.*>;\npublic <s> = a;", ":4: imports are not read"),
        (f"{HEADER}public <s> = a;\npublic <s> = b;", ":5: the rule <s> stands in it twice"),
        (f"{HEADER}public <s> = ;", ":4: a word, a <rule> or a bracket was expected"),
        (f"{HEADER}public <s> = /0/ a | b;", ":4: a weight must be above 0"),
        (f"{HEADER}public <s> = {'(' * 200}a{')' * 200};", "more than 100 levels"),
        (f"{HEADER}public <s> = a > b;", "'>' has no meaning here"),
        (HEADER + "public <s> = <r0>;\n" + BOMB, "too large"),
    ],
)
def test_errors_name_the_line(text: str, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse_jsgf(text, name="test.jsgf")


def test_a_grammar_without_sentences() -> None:
    with pytest.raises(InputError, match="no sentence"):
        refuse_impossible(parse_jsgf(f"{HEADER}public <s> = a <VOID>;"))


def test_the_shipped_grammar_of_grid() -> None:
    graph = read_grammar("grid")
    assert len(graph.words) == 4 + 4 + 4 + 25 + 10 + 4
    assert graph.accepts(["bin", "blue", "at", "f", "two", "now"])
    assert not graph.accepts(["bin", "blue", "at", "w", "two", "now"])


def test_bigrams_of_sentences_are_probabilities() -> None:
    graph = bigram_graph([x.split() for x in ("good day", "good day now", "good night")])
    leaving: dict[int, float] = {}
    for arc in graph.arcs:
        leaving[arc.start] = leaving.get(arc.start, 0.0) + math.exp(arc.log_weight)
    # of the beginning, the share of empty sentences is missing
    assert [leaving[node] for node in sorted(leaving)[1:]] == pytest.approx([1.0] * 4)
    assert leaving[0] < 1
    # good -> day twice of three, two followers: (2 + 2 * 2/10) / 5
    good, day = 1 + graph.words.index("good"), 1 + graph.words.index("day")
    [arc] = [x for x in graph.arcs if (x.start, x.end) == (good, day)]
    assert math.exp(arc.log_weight) == pytest.approx((2 + 2 * 2 / 10) / 5)


def test_words_alone_may_follow_any_other(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("one\ntwo\nthree\n", encoding="utf-8")
    graph = read_grammar(tmp_path / "words.txt")
    for n in (1, 2, 3):
        assert all(graph.accepts(x) for x in itertools.product(("one", "two", "three"), repeat=n))
    from_one = [math.exp(x.log_weight) for x in graph.arcs if x.start == 1]
    assert from_one == pytest.approx([0.25] * 4, rel=0.1)


def test_files_that_hold_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    with pytest.raises(ParseError, match="no word in it"):
        read_grammar(tmp_path / "empty.txt")
    with pytest.raises(ParseError, match="can't be read"):
        read_grammar(tmp_path / "missing.jsgf")


def test_arcs_are_plain() -> None:
    assert parse_jsgf("#JSGF V1.0; grammar g; public <s> = a;").arcs[-1] == Arc(2, 1, "a", 0.0)
