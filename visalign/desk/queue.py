"""The clips of a desk in the order in which somebody should look at them: where most is in doubt first.

Doubt is 1 for a clip that could not be analysed and for one whose verdict is uncertain, down from there by how sure the
verdict is; among equals the one that is furthest from sync comes first. What is decided goes behind what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from visalign.batch.decisions import Decision, latest
from visalign.batch.ledger import Entry
from visalign.errors import EditRefused
from visalign.files.text_files import rounded
from visalign.reports.wording import lead_in_words, verdict_in_words

__all__ = ["STATES", "QueueRow", "chosen_rows", "doubt_of", "row_of_entry", "with_decisions"]

STATES = ("", "undecided", "decided", "fault", "uncertain", "error")
"""What can be asked for; empty for all."""

_FAULTS = ("audio-early", "audio-late", "mismatched")


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A clip in the queue.

    Parameters
    ----------
    id : str
        In addresses.
    name : str
    verdict : str
        Empty where there is none yet.
    sentence : str
        The verdict in words.
    lead_seconds, probability : float or None
        Of the verdict.
    doubt : float
        0..1, 1 is looked at first.
    decision, who : str
        The latest decision about the clip, and whose it is; empty without any.
    error : str
        Why it could not be analysed.
    """

    id: str
    name: str
    verdict: str = ""
    sentence: str = ""
    lead_seconds: float | None = None
    probability: float | None = None
    doubt: float = 0.5
    decision: str = ""
    who: str = ""
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def doubt_of(verdict: str, probability: float | None) -> float:
    """How much is in doubt, 0..1.

    Examples
    --------
    >>> doubt_of("uncertain", 0.3), doubt_of("audio-late", 0.9), doubt_of("in-sync", 0.9)
    (1.0, 0.3, 0.1)
    """
    if verdict == "uncertain" or probability is None:
        return 1.0
    # A fault that is sure is still one to look at, before clips that are surely in sync.
    unsure = 1.0 - min(max(probability, 0.0), 1.0)
    return round(min(1.0, unsure + 0.2 * (verdict in _FAULTS)), 6)


def row_of_entry(id: str, entry: Entry) -> QueueRow:
    """The row of a clip of a batch."""
    if entry.state == "failed":
        return QueueRow(id, entry.clip.id, error=entry.message or entry.reason or "it failed", doubt=1.0)
    result = entry.result or {}
    verdict = str(result.get("verdict") or "")
    lead, sure = result.get("lead_seconds"), result.get("confidence")
    told = str(result.get("sync_reason") or "")
    if entry.state != "done":
        return QueueRow(id, entry.clip.id, sentence="not checked yet", doubt=0.5)
    sentence = verdict_in_words(verdict) if verdict else ""
    if lead is not None:
        off = lead_in_words(lead)
        sentence = f"Audio {off}" if verdict in ("audio-early", "audio-late") else f"{sentence}, audio {off}"
    return QueueRow(
        id, entry.clip.id, verdict, f"{sentence}: {told}" if told else sentence, lead, sure, doubt_of(verdict, sure)
    )


def with_decisions(rows: Iterable[QueueRow], decisions: Iterable[Decision]) -> list[QueueRow]:
    """The rows with the latest decision about each clip as a whole."""
    newest = dict[str, Decision]()
    for x in sorted((x for x in latest(decisions) if x.line is None), key=lambda x: x.when):
        newest[x.clip] = x
    return [_decided(row, newest.get(row.name)) for row in rows]


def _decided(row: QueueRow, decision: Decision | None) -> QueueRow:
    if decision is None:
        return row
    values: Mapping[str, Any] = row.to_dict() | {"decision": decision.decision, "who": decision.who}
    return QueueRow(**values)


def chosen_rows(rows: Sequence[QueueRow], state: str, words: str) -> list[QueueRow]:
    """The rows that are asked for, in the order in which to look at them.

    Raises
    ------
    EditRefused
        If there is no such state.
    """
    if state not in STATES:
        raise EditRefused(f"state is one of {', '.join(STATES[1:])}")
    sought = words.casefold().split()
    found = [x for x in rows if _is_in(x, state) and all(word in x.name.casefold() for word in sought)]
    return sorted(found, key=lambda x: (bool(x.decision), -x.doubt, -abs(rounded(x.lead_seconds) or 0.0), x.name))


def _is_in(row: QueueRow, state: str) -> bool:
    return {
        "": True,
        "undecided": not row.decision,
        "decided": bool(row.decision),
        "fault": row.verdict in _FAULTS,
        "uncertain": row.verdict == "uncertain",
        "error": bool(row.error),
    }[state]
