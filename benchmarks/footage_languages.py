"""What is said of real footage by the language that is spoken in it, with the words and without them.

    python benchmarks/footage_languages.py [--languages ar es fr pl pt en] [--limit 60] [--json OUT.json]

Clips are those of ``../shared/data/wild`` that have a transcript, of people (*genuine*; ``arabic`` is a set of its own)
and of lips that were generated to a sound (*redrawn*). Each is checked as ``../shared/eval/wild.py`` checks it, its
language named: as it is, with its sound moved by ±120 and ±200 ms, and with the sound of another one of the same
language. *Right*: the lead follows the move, see that script. English stands beside, short clips and longer ones apart,
since length decides most.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import visalign
from visalign.errors import VisalignError

ROOT = Path(__file__).resolve().parents[1]
DATA, EVAL = ROOT / "../shared/data/wild", ROOT / "../shared/eval"
KINDS = {"genuine": "people", "arabic": "people", "redrawn": "redrawn lips"}
LENGTHS = ((0.0, 2.0), (2.0, 1e9))  # seconds
ANSWERS = ("in-sync", "audio-early", "audio-late")

Row = dict[str, str]
Result = dict[str, Any]


def asked_in(language: str, *, with_text: bool) -> Callable[..., Result]:
    """What `wild.py` asks of a clip, in this language."""

    def asked(lips: object, text: str | None, audio: visalign.Audio) -> Result:
        try:
            sync = visalign.check(lips, text if with_text else None, audio=audio, language=language).sync
        except VisalignError as error:
            return {"verdict": "error", "lead": None, "confidence": 0.0, "why": str(error)[:120]}
        return {"verdict": sync.verdict, "lead": sync.lead_seconds, "confidence": sync.confidence, "why": sync.reason}

    return asked


def told(results: list[Result], protocol: Any) -> str:
    """A row of the table."""
    n_right = n_checks = n_answered = n_answered_right = 0
    for result in results:
        own = {0.0: result["as_is"]} | {x: result[str(x)] for x in protocol.SHIFTS if str(x) in result}
        leads = {shift: x["lead"] - shift for shift, x in own.items() if x["lead"] is not None}
        middle = sorted(leads.values())[len(leads) // 2] if leads else float("inf")
        for shift, x in own.items():
            near = abs(leads.get(shift, float("inf")) - middle) <= protocol.TOLERANCE
            right = abs(middle) <= protocol.PLAUSIBLE and near
            answered = x["verdict"] in ANSWERS
            n_checks, n_right = n_checks + 1, n_right + right
            n_answered, n_answered_right = n_answered + answered, n_answered_right + (answered and right)
    mismatched = sum(result["as_is"]["verdict"] == "mismatched" for result in results)
    errors = sum(result["as_is"]["verdict"] == "error" for result in results)
    dubs = [result["dubbed"]["verdict"] for result in results if "dubbed" in result]
    return (
        f"{len(results)} | {100 * n_right / n_checks:.0f} % | {100 * n_answered / n_checks:.0f} % | "
        f"{n_answered_right} of {n_answered} | {mismatched} | {errors} | "
        f"{sum(x in ANSWERS for x in dubs)} of {len(dubs)}"
    )


def main() -> None:
    """Check, and print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--languages", nargs="*", default=["ar", "es", "fr", "pl", "pt", "en"])
    options.add_argument("--limit", type=int, default=60, help="clips of a row at most")
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    sys.path.insert(0, str(EVAL.resolve()))
    import wild

    rows = [x for x in csv.DictReader((DATA / "index.tsv").open(encoding="utf-8"), delimiter="\t") if x["transcript"]]
    everything: dict[str, list[Result]] = {}
    print("| clips | | n | any lead right | answered | right of those | called mismatched | errors | dubs answered |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for language in given.languages:
        for kind in dict.fromkeys(KINDS.values()):
            for low, high in LENGTHS:
                mine = [x for x in rows if x["language"] == language and KINDS.get(x["kind"]) == kind]
                mine = [x for x in mine if low <= float(x["seconds"]) < high][: given.limit]
                for with_text in (True, False) if mine else ():
                    wild.asked = asked_in(language, with_text=with_text)
                    words = "with its words" if with_text else "without"
                    name = f"{language}, {kind}, {'2 s and more' if low else 'under 2 s'}"
                    everything[f"{name}, {words}"] = found = wild.measured(mine, DATA)
                    print(f"| {name} | {words} | {told(found, wild)} |", flush=True)
                    if given.json:
                        given.json.write_text(json.dumps(everything, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
