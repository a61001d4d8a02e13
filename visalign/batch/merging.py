"""Several batches, or the shards of one, made into one: reports, ledger and summary."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from visalign.batch.ledger import LEDGER_NAME, Entry, Ledger, is_running, only_run
from visalign.batch.run import prepare_folder
from visalign.batch.summary import write_summary
from visalign.errors import AnyPath, InputError, OutputError
from visalign.files.outputs import inside, whole_file

__all__ = ["merge_batches"]


def merge_batches(
    folders: Sequence[AnyPath], out: AnyPath, *, parquet: bool = False
) -> tuple[dict[str, int], list[str]]:
    """Copy the reports of several batches into one folder, with one ledger and one summary.

    The clips stand in the order of their manifest, so merged shards give the summary that one run would have given. Run
    the batch on the merged folder and it does what is still missing.

    Parameters
    ----------
    folders : sequence of path-like
        Folders of batches that are not at work.
    out : path-like
        Where to; what it holds from an earlier merge is brought up to date.
    parquet : bool
        Write the summary as Parquet as well.

    Returns
    -------
    counts : dict
        Clips by state.
    warnings : list of str
        Shards that are not among `folders`.

    Raises
    ------
    ParseError
        If a folder holds no ledger.
    InputError
        If a batch is at work, or two of them hold different results of one clip.
    OutputError
        If `out` is one of the folders, or can't be written to.
    """
    sources = [Path(folder) for folder in folders]
    target = prepare_folder(Path(out))
    if any(folder.resolve() == target for folder in sources):
        raise OutputError(out, "is one of the folders to merge; give another one")
    with contextlib.ExitStack() as stack:
        ledgers = [stack.enter_context(Ledger(folder / LEDGER_NAME, read_only=True)) for folder in sources]
        for folder in sources:
            if is_running(folder):
                raise InputError(f"{folder}: a run is at work here. Wait for its end, then merge.")
        warnings = _missing_shards([ledger.facts().get("shard", "") for ledger in ledgers])
        found = _united(list(zip(sources, ledgers, strict=True)))
        stack.enter_context(only_run(target))
        ledger = stack.enter_context(Ledger(target / LEDGER_NAME))
        ledger.note({"shard": "", **{k: v for k, v in ledgers[0].facts().items() if k in {"version", "started_at"}}})
        ledger.enter((entry.position, entry.clip) for _, entry in found.values())
        for folder, entry in found.values():
            _take(folder, entry, ledger, target)
        write_summary(target, ledger, parquet=parquet)
        return ledger.counts(), warnings


def _united(sources: Sequence[tuple[Path, Ledger]]) -> dict[str, tuple[Path, Entry]]:
    """The rows of all ledgers by id; of two, the one that is done, or else failed."""
    order = {"done": 0, "failed": 1, "running": 2, "pending": 2}
    found: dict[str, tuple[Path, Entry]] = {}
    clashes = []
    for folder, ledger in sources:
        for entry in ledger.entries():
            known = found.get(entry.clip.id)
            if known is not None and known[1].state == entry.state == "done" and known[1].key != entry.key:
                clashes.append(entry.clip.id)
            if known is None or order[entry.state] < order[known[1].state]:
                found[entry.clip.id] = (folder, entry)
    if clashes:
        listed = ", ".join(clashes[:10]) + (" …" if len(clashes) > 10 else "")
        raise InputError(
            f"{len(clashes)} clip(s) have results of different files, settings or versions: {listed}. Run them again "
            "with the same settings, or merge other folders."
        )
    return found


def _take(folder: Path, entry: Entry, ledger: Ledger, target: Path) -> None:
    if entry.state not in {"done", "failed"}:
        return
    if entry.state == "done" and entry.report is not None:
        place, source = inside(target, entry.report), inside(folder, entry.report)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            data = source.read_bytes()
        except OSError:
            return  # without its report it is not done: the next run makes it
        with whole_file(place) as draft:
            draft.write_bytes(data)
    ledger.adopt(entry)


def _missing_shards(shards: Sequence[str]) -> list[str]:
    parts = [tuple(map(int, shard.split("/"))) for shard in shards if shard]
    wholes = {n for _, n in parts}
    if len(wholes) > 1:
        raise InputError(
            f"these are shards of different divisions ({', '.join(sorted(shard for shard in shards if shard))}). Merge "
            "those of one division."
        )
    present: Mapping[int, set[int]] = {n: {i for i, m in parts if m == n} for n in wholes}
    return [
        f"shard {i}/{n} is not among the folders"
        for n, here in present.items()
        for i in range(1, n + 1)
        if i not in here
    ]
