"""Speech corpora as they are published: their clips, transcripts, speakers, splits and hand labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.corpora.layout import LAYOUTS, CorpusClip, Labels, Layout, load_layout
    from visalign.corpora.survey import Fault, Survey

__all__ = ["LAYOUTS", "CorpusClip", "Fault", "Labels", "Layout", "Survey", "load_layout"]

__getattr__ = lazily(__name__)
