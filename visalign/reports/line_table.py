"""The lines of a dub as a table, as plain data, and in words.

Conventions
-----------
Times are seconds on the clip's clock. ``lead_seconds > 0`` means that the audio leads: a line is heard before the lips
say it. Columns of the CSV form, one row a line (:data:`LINE_COLUMNS`); empty is what can't be told:

========================  ==============================================================================================
number                    of the line, from 1
text, speaker             as its cue says
cue_start, cue_end        where its cue stands
start, end                where it is heard, from its first word to its last
verdict                   in-sync, audio-early, audio-late or mismatched; or why it is none of them: uncertain, not-seen
                          (no face), off-screen (the mouth rests), not-heard (its words were not found)
failed                    rules of the gate that it fails, separated by spaces
lips_start, lips_end      where the lips begin to move about it, and where they rest again
seen                      share of its time with a face to be seen, 0..1
shared                    share of its time in which another line is heard too, 0..1
lead_seconds              how early it is in its middle (negative: late)
lead_low, lead_high       its 95 % interval
start_lead_seconds        how early it begins
end_lead_seconds          how early it ends
beyond, start_beyond,     probability that each of these leads lies beyond its limit, 0..1
end_beyond
match                     probability that its words are those of the lips, 0..1
overlap                   share of its sound in which the lips move, 0..1
isochrony                 share of its time in which lips and voice are active together or rest together, 0..1
overrun_seconds           how long there is speech while the mouth is still
dead_air_seconds          how long the mouth moves about it while nobody speaks
n_closures                P, B and M whose lips are seen …
n_closures_met            … and those for which they close
n_open, n_open_closed     open vowels, and those during which the lips are closed
========================  ==============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from visalign.dubbing.gate import FailedRule, Gate
from visalign.dubbing.lines import DubbedLine
from visalign.dubbing.programme import Dubbing
from visalign.errors import AnyPath, ConfigError
from visalign.files.text_files import Cell, format_table, rounded, write_text
from visalign.parameters import GateParams

__all__ = [
    "LINE_COLUMNS",
    "dubbing_data",
    "fault_in_words",
    "gate_in_words",
    "line_verdict_in_words",
    "parse_dubbing",
    "write_lines",
]

_OWN = tuple(one.name for one in fields(DubbedLine))
LINE_COLUMNS = (
    *(
        "number",
        "text",
        "speaker",
        "cue_start",
        "cue_end",
        "start",
        "end",
        "verdict",
        "failed",
        "lips_start",
        "lips_end",
    ),
    *("seen", "shared", "lead_seconds", "lead_low", "lead_high", "start_lead_seconds", "end_lead_seconds"),
    *("beyond", "start_beyond", "end_beyond", "match", "overlap", "isochrony", "overrun_seconds", "dead_air_seconds"),
    *("n_closures", "n_closures_met", "n_open", "n_open_closed"),
)
"""Columns of the CSV form."""

_VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "in-sync": "In sync",
        "audio-early": "Early",
        "audio-late": "Late",
        "mismatched": "Other words than the lips say",
        "uncertain": "Uncertain",
        "not-seen": "No face to be seen",
        "off-screen": "Said off screen",
        "not-heard": "Not found in the sound",
    }
)


# ----------------------------------------------------------------------------------------------------- as plain data


def dubbing_data(dubbing: Dubbing) -> dict[str, Any]:
    """Plain data for JSON."""
    gate = dubbing.gate
    percentiles = {
        name: None if found is None else {key: rounded(x) for key, x in found.items()}
        for name, found in dubbing.percentiles.items()
    }
    return {
        "lines": [_item(line, dubbing.failed(line)) for line in dubbing.lines],
        "percentiles": percentiles,
        "gate": None
        if gate is None
        else {
            "passed": gate.passed,
            "failed": [{key: _plain(x) for key, x in asdict(rule).items()} for rule in gate.failed],
            "n_lines": gate.n_lines,
            "n_judged": gate.n_judged,
            "n_failing": len(gate.lines),
            "rules": asdict(dubbing.rules),
        },
    }


def _item(line: DubbedLine, failed: tuple[str, ...]) -> dict[str, Any]:
    told = {"failed": list(failed), "fault_in_words": fault_in_words(line, failed)}
    return {key: _plain(value) for key, value in asdict(line).items()} | told


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [rounded(x) for x in value]
    return rounded(value) if isinstance(value, float) else value


def parse_dubbing(data: Mapping[str, Any] | None) -> Dubbing | None:
    """The inverse of :func:`dubbing_data`; None of None.

    Raises
    ------
    KeyError, TypeError, ValueError, ConfigError
        If `data` is something else.
    """
    if data is None:
        return None
    lines, failing = list[DubbedLine](), dict[int, tuple[str, ...]]()
    for item in data["lines"]:
        values = {name: item[name] for name in _OWN}
        if values["lead_interval"] is not None:
            low, high = values["lead_interval"]
            values["lead_interval"] = (low, high)
        lines.append(DubbedLine(**values))
        if item["failed"]:
            failing[item["number"]] = tuple(item["failed"])
    told = data["gate"]
    if told is None:
        return Dubbing(tuple(lines), GateParams(), None)
    failed = tuple(FailedRule(**rule) for rule in told["failed"])
    gate = Gate(told["passed"], failed, failing, told["n_lines"], told["n_judged"])
    return Dubbing(tuple(lines), GateParams(**told["rules"]), gate)


# -------------------------------------------------------------------------------------------------------- as a table


def write_lines(dubbing: Dubbing, path: AnyPath) -> Path:
    """Write the lines as CSV, whole or not at all.

    Raises
    ------
    ConfigError
        If the ending is another one.
    OutputError
        If the file can't be written there.
    """
    path = Path(path)
    if path.suffix != ".csv":
        raise ConfigError("lines file", path.name, (".csv",))
    return write_text(path, format_table(LINE_COLUMNS, _rows(dubbing)))


def _rows(dubbing: Dubbing) -> Iterator[list[Cell]]:
    for line in dubbing.lines:
        low, high = line.lead_interval or (None, None)
        values = asdict(line) | {"failed": " ".join(dubbing.failed(line)), "lead_low": low, "lead_high": high}
        yield [values[name] for name in LINE_COLUMNS]


# ---------------------------------------------------------------------------------------------------------- in words


def line_verdict_in_words(verdict: str) -> str:
    """What is said of a line, for people.

    Examples
    --------
    >>> line_verdict_in_words("off-screen")
    'Said off screen'
    """
    return _VERDICTS[verdict]


def fault_in_words(line: DubbedLine, failed: tuple[str, ...]) -> str:
    """Which rules a line fails and by how much, for people; empty where it fails none.

    Examples
    --------
    >>> line = DubbedLine(1, "hello", "", None, None, 0.0, 1.0, "audio-late", lead_seconds=-0.2, end_lead_seconds=-0.25)
    >>> fault_in_words(line, ("lead", "end"))
    '200 ms late; ends 250 ms late'
    """
    return "; ".join(_RULES[rule](line) for rule in failed)


def _ms(seconds: float | None) -> str:
    """ "120 ms early" of a lead."""
    ms = round(1000 * (seconds or 0.0))
    return f"{abs(ms)} ms {'early' if ms >= 0 else 'late'}"


_RULES: Mapping[str, Callable[[DubbedLine], str]] = MappingProxyType(
    {
        "lead": lambda line: _ms(line.lead_seconds),
        "match": lambda line: f"other words than the lips say (probability that they are the same: {line.match:.0%})",
        "start": lambda line: f"begins {_ms(line.start_lead_seconds)}",
        "end": lambda line: f"ends {_ms(line.end_lead_seconds)}",
        "overrun": lambda line: f"heard for {line.overrun_seconds:.1f} s while the mouth is still",
        "dead-air": lambda line: f"the mouth moves for {line.dead_air_seconds:.1f} s while nothing is heard",
        "closures": lambda line: f"the lips close for {line.n_closures_met} of {line.n_closures} P, B and M",
        "open-vowels": lambda line: f"the lips are closed in {line.n_open_closed} of {line.n_open} open vowels",
        "isochrony": lambda line: f"lips and voice go together for {line.isochrony:.0%} of its time",
    }
)


def gate_in_words(dubbing: Dubbing, profile: str) -> str:
    """What the gate says, a sentence or two; empty where there is none."""
    gate = dubbing.gate
    if gate is None:
        return ""
    head = f"Release gate ({profile}): {'passed' if gate.passed else 'not passed'}."
    told = f"{len(gate.lines)} of {gate.n_judged} judged lines fail a rule"
    unjudged = gate.n_lines - gate.n_judged
    told += f"; {unjudged} could not be judged." if unjudged else "."
    failed = "; ".join(_rule_in_words(rule) for rule in gate.failed if rule.rule != "max_failed_part")
    parts = [head, told, f"{failed[:1].upper()}{failed[1:]}." if failed else "", _percentiles_in_words(dubbing)]
    return " ".join(part for part in parts if part)


def _percentiles_in_words(dubbing: Dubbing) -> str:
    found = dubbing.percentiles["lead_seconds"]
    if found is None:
        return ""
    each = ", ".join(f"{name} {round(1000 * x)} ms" for name, x in found.items())
    return f"Lines are off by {each}."


def _rule_in_words(rule: FailedRule) -> str:
    if rule.rule == "verdict":
        return f"the programme on the whole is {rule.found}"
    if rule.rule == "min_judged_part":
        return f"{rule.found:.0%} of the lines could be judged, wanted are {rule.allowed:.0%}"
    name = rule.rule.removeprefix("max_").removesuffix("_lead_seconds")
    return f"{name} of the lines is {1000 * float(rule.found):.0f} ms, allowed are {1000 * float(rule.allowed):.0f}"
