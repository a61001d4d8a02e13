r"""What may be said: grammars in JSGF, and bigrams counted from sentences, as one graph of words.

Grammars are read in the part of the JSpeech Grammar Format [1]_ that has no side effects: rules, sequences,
alternatives with weights, groups, options, ``*`` and ``+``, quoted words, comments; tags are skipped. Imports are
refused, since a grammar could then name other files, and so are rules that call themselves.

A bigram is counted from sentences, a line each, and smoothed after Witten and Bell [2]_:

.. math:: P(w \mid v) = \frac{c(v, w) + n(v)\,P(w)}{c(v) + n(v)}

where n(v) is the number of words that follow v, and P(w) the share of w among all words, ends of sentences included.
A file of single words, a line each, has no pairs to count: any word may follow any other.

References
----------
.. [1] W3C Note, JSpeech Grammar Format, 5 June 2000, https://www.w3.org/TR/jsgf/
.. [2] I. H. Witten and T. C. Bell, The zero-frequency problem, IEEE Trans. Information Theory 37(4), 1991.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from visalign.errors import AnyPath, InputError, ParseError, quoted
from visalign.language.transcript import parse_transcript, read_transcript

__all__ = ["Arc", "WordGraph", "bigram_graph", "parse_jsgf", "read_grammar"]

_MAX_ARCS = 200_000
_MAX_DEPTH = 100
_MAX_TOKENS = 2 * _MAX_ARCS  # a step is a word and mostly a mark
_EXAMPLES = {"grid": "grid.jsgf"}
"""Grammars that are shipped, beside this module."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A step through a grammar.

    Parameters
    ----------
    start, end : int
        Nodes.
    word : str or None
        What is said on the way; None for nothing.
    log_weight : float
        Natural logarithm of the step's probability.
    """

    start: int
    end: int
    word: str | None
    log_weight: float


@dataclass(frozen=True, slots=True)
class WordGraph:
    """All sentences that a grammar allows: the ways from node 0 to `final`.

    Parameters
    ----------
    arcs : tuple of Arc
    final : int
    name : str
        For messages and reports.
    """

    arcs: tuple[Arc, ...]
    final: int
    name: str = ""

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return 1 + max(max(arc.start, arc.end) for arc in self.arcs)

    @property
    def words(self) -> tuple[str, ...]:
        """All words, sorted."""
        return tuple(sorted({arc.word for arc in self.arcs if arc.word is not None}))

    def accepts(self, words: Sequence[str]) -> bool:
        """Whether a sentence is allowed.

        Examples
        --------
        >>> graph = parse_jsgf("#JSGF V1.0; grammar tea; public <s> = [please] (tea | coffee)+;")
        >>> [graph.accepts(x.split()) for x in ("tea", "please tea coffee", "please", "tea please")]
        [True, True, False, False]
        """
        leaving: dict[int, list[Arc]] = {}
        for arc in self.arcs:
            leaving.setdefault(arc.start, []).append(arc)

        def silent(nodes: set[int]) -> set[int]:
            waiting = list(nodes)
            while waiting:
                for arc in leaving.get(waiting.pop(), ()):
                    if arc.word is None and arc.end not in nodes:
                        nodes.add(arc.end)
                        waiting.append(arc.end)
            return nodes

        here = silent({0})
        for word in words:
            here = silent({arc.end for node in here for arc in leaving.get(node, ()) if arc.word == word})
        return self.final in here


def read_grammar(name_or_path: AnyPath) -> WordGraph:
    """Read a grammar: ``.jsgf`` or ``.gram``, a text of sentences or words, or the name of a shipped one ("grid").

    Raises
    ------
    ParseError
        If the file can't be read, or is no grammar.
    """
    path = Path(name_or_path)
    shipped = _EXAMPLES.get(str(name_or_path))
    if shipped is not None and not path.exists():
        text = files("visalign.lip_reading").joinpath(shipped).read_text(encoding="utf-8")
        return parse_jsgf(text, name=str(name_or_path))
    text = read_transcript(path)
    if path.suffix.lower() in {".jsgf", ".gram"} or text.lstrip().startswith("#JSGF"):
        return parse_jsgf(text, name=str(path))
    sentences = [parse_transcript(line) for line in text.splitlines()]
    return bigram_graph([x for x in sentences if x], name=str(path))


# --- bigrams --------------------------------------------------------------------------------------------------


def bigram_graph(sentences: Iterable[Sequence[str]], *, name: str = "<sentences>") -> WordGraph:
    """The bigram of some sentences.

    Raises
    ------
    ParseError
        If there is no word in them.

    Examples
    --------
    >>> graph = bigram_graph([["good", "day"], ["good", "night"]])
    >>> graph.words, graph.accepts(["night", "good"])
    (('day', 'good', 'night'), True)
    """
    rows = [tuple(sentence) for sentence in sentences]
    words = tuple(sorted({word for row in rows for word in row}))
    if not words:
        raise ParseError(name, None, "there is no word in it. Give a JSGF grammar, or a text with a sentence a line")
    if len(words) ** 2 > _MAX_ARCS:
        raise ParseError(name, None, f"{len(words)} words are too many for a bigram; at most {int(_MAX_ARCS**0.5)}")
    pairs = Counter(pair for row in rows if len(row) > 1 for pair in _pairs(row))
    # single words alone: each as likely as any other, wherever it stands
    counted = pairs or Counter({(v, w): 1 for v in ("", *words) for w in (*words, "")} | {("", ""): 0})
    return _graph_of(counted, words, name)


def _pairs(row: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(("", *row), (*row, ""), strict=True))


def _graph_of(pairs: Counter[tuple[str, str]], words: tuple[str, ...], name: str) -> WordGraph:
    node = {"": 0} | {word: k for k, word in enumerate(words, start=1)}
    final = len(node)
    followers = Counter({v: sum(1 for pair in pairs if pair[0] == v and pairs[pair]) for v in node})
    before, after = Counter[str](), Counter[str]()
    for (v, w), count in pairs.items():
        before[v] += count
        after[w] += count
    total = sum(after.values())
    arcs = list[Arc]()
    for v in node:
        for w in (*words, ""):
            if not v and not w:
                continue  # a sentence has a word
            share = after[w] / total
            seen = before[v] + followers[v]
            p = (pairs[v, w] + followers[v] * share) / seen if seen else share
            if p > 0:
                arcs.append(Arc(node[v], node[w] if w else final, w or None, math.log(p)))
    return WordGraph(tuple(arcs), final, name)


# --- JSGF -----------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/|\{(?:\\.|[^}\\])*+\})
      |"(?P<quoted>(?:\\.|[^"\\])*+)"
      |/(?P<weight>\s*+(?:\d++(?:\.\d++)?+|\.\d++)(?:[eE][-+]?\d++)?+\s*+)/
      |<(?P<rule>[^<>\s]+)>
      |(?P<sign>[=|*+()\[\];])
      |(?P<word>[^\s=|*+<>()\[\]{}/;"]+)""",
    re.VERBOSE | re.DOTALL,
)
_HEADER = re.compile(r"\ufeff?\s*#JSGF\s+V1\.0[^;]*;")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a rule: a word, a call of a rule, or parts in sequence, as alternatives, or repeated."""

    kind: str  # word, rule, sequence, choice, option, star, plus
    text: str = ""
    parts: tuple[_Part, ...] = ()
    weights: tuple[float, ...] = ()
    line: int = 0


def parse_jsgf(text: str, *, name: str = "<grammar>") -> WordGraph:
    """The graph of a grammar's public rules.

    Parameters
    ----------
    text : str
        The grammar.
    name : str
        Path or name, for messages.

    Raises
    ------
    ParseError
        With the line, where it is not a grammar, has no public rule, calls a rule that is not there, calls itself, or
        imports.
    """
    if "#JSGF" not in text[:200] or not (header := _HEADER.match(text)):
        raise ParseError(name, 1, "not a JSGF grammar; its first line must be #JSGF V1.0;")
    parser = _Parser(name, _tokens(text, header.end(), name))
    rules, public = parser.grammar()
    if not public:
        raise ParseError(name, None, "no rule in it is public; write 'public' before the one that makes sentences")
    builder = _Builder(name, rules)
    builder.build(_Part("choice", parts=tuple(rules[x] for x in public), weights=(1.0,) * len(public)), 0, 1, 0)
    return WordGraph(tuple(builder.arcs), 1, name)


def _tokens(text: str, start: int, name: str) -> list[_Token]:
    tokens, line = list[_Token](), 1 + text.count("\n", 0, start)
    while start < len(text):
        found = _TOKEN.match(text, start)
        if found is None:
            raise ParseError(name, line, f"{quoted(text[start])} has no meaning here")
        kind = found.lastgroup or ""
        if kind != "space":
            content = found[kind]
            tokens.append(_Token("word" if kind == "quoted" else kind, re.sub(r"\\(.)", r"\1", content), line))
        if len(tokens) > _MAX_TOKENS:
            raise ParseError(name, line, f"the grammar is too large: more than {_MAX_ARCS} steps")
        line += found[0].count("\n")
        start = found.end()
    return tokens


@dataclass(slots=True)
class _Parser:
    """Recursive descent: alternatives of sequences of factors."""

    name: str
    tokens: list[_Token]
    at: int = 0
    depth: int = 0

    def grammar(self) -> tuple[dict[str, _Part], list[str]]:
        rules: dict[str, _Part] = {}
        public = list[str]()
        self._expect_word("grammar")
        self._next("word", "the grammar's name")
        self._next("sign", "';'", ";")
        while self.at < len(self.tokens):
            is_public = self._skip("word", "public")
            if self._skip("word", "import"):
                raise self._error("imports are not read; copy the rules into this grammar")
            rule = self._next("rule", "a rule such as <name>")
            self._next("sign", "'='", "=")
            if rule.text in rules:
                raise ParseError(self.name, rule.line, f"the rule <{rule.text}> stands in it twice")
            rules[rule.text] = self._choice()
            self._next("sign", "';'", ";")
            public += [rule.text] if is_public else []
        return rules, public

    def _choice(self) -> _Part:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._error(f"more than {_MAX_DEPTH} levels of brackets")
        parts, weights = list[_Part](), list[float]()
        while True:
            weights.append(self._weight())
            parts.append(self._sequence())
            if not self._skip("sign", "|"):
                break
        self.depth -= 1
        if len(parts) == 1:
            return parts[0]
        return _Part("choice", parts=tuple(parts), weights=tuple(weights))

    def _weight(self) -> float:
        if not self._is("weight"):
            return 1.0
        weight = float(self._next("weight", "a weight").text)
        if not 0 < weight < math.inf:
            raise self._error("a weight must be above 0")
        return weight

    def _sequence(self) -> _Part:
        parts = list[_Part]()
        while self._is("word") or self._is("rule") or self._is("sign", "(") or self._is("sign", "["):
            parts.append(self._factor())
        if not parts:
            raise self._error("a word, a <rule> or a bracket was expected")
        return parts[0] if len(parts) == 1 else _Part("sequence", parts=tuple(parts))

    def _factor(self) -> _Part:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "sign":
            inner = self._choice()
            closing = ")" if token.text == "(" else "]"
            self._next("sign", f"'{closing}'", closing)
            part = inner if closing == ")" else _Part("option", parts=(inner,))
        elif token.kind == "word":
            words = parse_transcript(token.text)
            part = _Part("sequence", parts=tuple(_Part("word", word, line=token.line) for word in words))
            if not words:
                raise ParseError(self.name, token.line, f"{quoted(token.text)} is nothing that is spoken")
        else:
            part = _Part("rule", token.text.rpartition(".")[2], line=token.line)
        while self._is("sign", "*") or self._is("sign", "+"):
            part = _Part("star" if self.tokens[self.at].text == "*" else "plus", parts=(part,))
            self.at += 1
        return part

    def _is(self, kind: str, text: str | None = None) -> bool:
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        return token.kind == kind and (text is None or token.text == text)

    def _skip(self, kind: str, text: str) -> bool:
        found = self._is(kind, text)
        self.at += found
        return found

    def _next(self, kind: str, wanted: str, text: str | None = None) -> _Token:
        if not self._is(kind, text):
            raise self._error(f"{wanted} was expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def _expect_word(self, text: str) -> None:
        if not self._skip("word", text):
            raise self._error(f"'{text}' was expected")

    def _error(self, reason: str) -> ParseError:
        if self.at < len(self.tokens):
            token = self.tokens[self.at]
            return ParseError(self.name, token.line, f"{reason}; {quoted(token.text)} stands there")
        return ParseError(self.name, self.tokens[-1].line if self.tokens else 1, f"{reason}; the file ends there")


@dataclass(slots=True)
class _Builder:
    """Turns parts into arcs. Rules are copied where they are called, so a rule that calls itself can't be built."""

    name: str
    rules: dict[str, _Part]
    arcs: list[Arc] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    n_nodes: int = 2

    def build(self, part: _Part, start: int, end: int, depth: int) -> None:
        if len(self.arcs) > _MAX_ARCS or depth > 4 * _MAX_DEPTH:
            raise ParseError(self.name, part.line or None, f"the grammar is too large: more than {_MAX_ARCS} steps")
        getattr(self, f"_{part.kind}")(part, start, end, depth + 1)

    def _node(self) -> int:
        self.n_nodes += 1
        return self.n_nodes - 1

    def _step(self, start: int, end: int, probability: float, word: str | None = None) -> None:
        self.arcs.append(Arc(start, end, word, math.log(probability)))

    def _word(self, part: _Part, start: int, end: int, depth: int) -> None:
        self._step(start, end, 1.0, part.text)

    def _rule(self, part: _Part, start: int, end: int, depth: int) -> None:
        if part.text == "NULL":
            self._step(start, end, 1.0)
        elif part.text != "VOID":
            if part.text not in self.rules:
                known = ", ".join(f"<{rule}>" for rule in self.rules)
                raise ParseError(self.name, part.line, f"there is no rule <{part.text}>; there are {known}")
            if part.text in self.calls:
                reason = f"the rule <{part.text}> calls itself; write a repetition with * or + instead"
                raise ParseError(self.name, part.line, reason)
            self.calls.append(part.text)
            self.build(self.rules[part.text], start, end, depth)
            self.calls.pop()

    def _sequence(self, part: _Part, start: int, end: int, depth: int) -> None:
        nodes = [start, *(self._node() for _ in part.parts[1:]), end]
        for k, inner in enumerate(part.parts):
            self.build(inner, nodes[k], nodes[k + 1], depth)

    def _choice(self, part: _Part, start: int, end: int, depth: int) -> None:
        total = sum(part.weights)
        for inner, weight in zip(part.parts, part.weights, strict=True):
            first = self._node()
            self._step(start, first, weight / total)
            self.build(inner, first, end, depth)

    def _option(self, part: _Part, start: int, end: int, depth: int) -> None:
        first = self._node()
        self._step(start, end, 0.5)
        self._step(start, first, 0.5)
        self.build(part.parts[0], first, end, depth)

    def _star(self, part: _Part, start: int, end: int, depth: int) -> None:
        loop = self._node()
        self._step(start, loop, 1.0)
        self._step(loop, end, 0.5)
        first = self._node()
        self._step(loop, first, 0.5)
        self.build(part.parts[0], first, loop, depth)

    def _plus(self, part: _Part, start: int, end: int, depth: int) -> None:
        first, last = self._node(), self._node()
        self._step(start, first, 1.0)
        self.build(part.parts[0], first, last, depth)
        self._step(last, first, 0.5)
        self._step(last, end, 0.5)


def refuse_impossible(graph: WordGraph) -> None:
    """Raise InputError where a grammar allows no sentence at all."""
    reached, waiting = {0}, [0]
    leaving: dict[int, list[int]] = {}
    for arc in graph.arcs:
        leaving.setdefault(arc.start, []).append(arc.end)
    while waiting:
        for node in leaving.get(waiting.pop(), ()):
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    if graph.final not in reached:
        raise InputError(f"{graph.name}: no sentence can be made by this grammar. Does a rule end in <VOID>?")
