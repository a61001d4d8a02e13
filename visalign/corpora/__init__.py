"""Speech corpora as they are published: their clips, transcripts, speakers, splits and hand labels."""

from visalign.corpora.layout import LAYOUTS, CorpusClip, Labels, Layout, load_layout
from visalign.corpora.survey import Fault, Survey, survey

__all__ = ["LAYOUTS", "CorpusClip", "Fault", "Labels", "Layout", "Survey", "load_layout", "survey"]
