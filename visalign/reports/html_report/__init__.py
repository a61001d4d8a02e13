"""Pages that people look at: one clip, or a whole batch, each a single file that opens offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.reports.html_report.batch_page import write_batch_page
    from visalign.reports.html_report.clip_page import write_clip_page

__all__ = ["write_batch_page", "write_clip_page"]

__getattr__ = lazily(__name__)
