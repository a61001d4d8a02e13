"""Sphinx settings. Built by ``make docs`` with warnings as errors and without the network."""

import sys
from pathlib import Path

from visalign import __version__

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "visalign"
author = "visalign contributors"
copyright = "visalign contributors"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_design",
    "command_pages",
    "module_pages",
    "settings_page",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

# The reference follows the order of each module's text, and shows types where numpydoc puts them.
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "show-inheritance": True}
numpydoc_show_class_members = False
suppress_warnings = ["ref.citation"]  # a module's References may also list what no sentence points at

html_theme = "furo"
html_title = f"visalign {release}"
html_show_copyright = False
# Guides come before the record of what was decided and measured.
html_search_scorer = str(Path(__file__).parent / "static" / "search_scorer.js")

# `sphinx -b man`: the command line as one page of the manual.
man_pages = [("commands/index", "visalign", "audio/video offset and sync, word by word", author, 1)]
