"""Pages that people look at: one clip, or a whole batch, each a single file that opens offline."""

from visalign.reports.html_report.batch_page import write_batch_page
from visalign.reports.html_report.clip_page import write_clip_page

__all__ = ["write_batch_page", "write_clip_page"]
