"""Many clips: a manifest or folder in, a ledger, reports and a summary out; resumed, isolated, on one machine or many.

The order of things::

    manifest --> ledger (what is done, what is missing) --> engine --> workers --> one child process a clip
                    ^                                         |
                    +-------- result or reason <--------------+ ----> reports, summary

Only the process that runs the batch writes the ledger. See ``docs/batch.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.batch.planning import Plan, plan_batch
    from visalign.batch.run import run_batch
    from visalign.batch.settings import BatchEvent, BatchResult, BatchSettings
    from visalign.batch.summary import SUMMARY_COLUMNS
    from visalign.corpora.clip_list import MANIFEST_COLUMNS, BatchClip, read_manifest

__all__ = [
    "MANIFEST_COLUMNS",
    "SUMMARY_COLUMNS",
    "BatchClip",
    "BatchEvent",
    "BatchResult",
    "BatchSettings",
    "Plan",
    "plan_batch",
    "read_manifest",
    "run_batch",
]

__getattr__ = lazily(__name__)
