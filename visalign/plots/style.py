"""How every plot of visalign looks, in one place: colours, type, sizes, and how a file is written.

Conventions
-----------
* Colours mean the same everywhere, on pages, too (:mod:`visalign.reports.palette`): what is heard, and what is
  therefore expected, is blue; what the lips show is ink; a fault is vermilion, in sync green, uncertain violet. They
  are told apart with any colour vision. Nothing is told by colour alone: a label, a number, a line style or a hatching
  says it too.
* Sequential data runs from white to dark blue, so that a print in grey keeps the order.
* Widths are those of journals: one column 3.5 inches, two 7.2. Type is 8 points, DejaVu Sans, which comes with
  Matplotlib; letters are embedded in PDF as TrueType, and drawn as paths in SVG, so a file looks alike everywhere.
* Text is text: a dollar sign in a word or a file name starts no formula.
* A matplotlibrc of the user's own has no say, and files hold no date: same input, same Matplotlib, same bytes.

The ending of the file chooses the form: .png, .svg or .pdf. Matplotlib is an optional part of the installation
(``pip install "visalign[plot]"``). Figures are made without pyplot: nothing has to be closed, and no window opens.

References
----------
.. [1] M. Okabe and K. Ito, Color Universal Design, 2008, https://jfly.uni-koeln.de/color/.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

from visalign.errors import AnyPath, BackendUnavailable, ConfigError
from visalign.files.outputs import whole_file
from visalign.reports.palette import LIGHT
from visalign.signals import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

__all__ = [
    "ARTICULATOR_TINTS",
    "COLOURS",
    "DPI",
    "EXPECTED",
    "FAINT",
    "INK",
    "IN_SYNC",
    "IN_SYNC_INK",
    "MUTED",
    "ONE_COLUMN",
    "PLOT_SUFFIXES",
    "ROOM_FOR_NAMES",
    "RULE",
    "SEEN",
    "TWO_COLUMNS",
    "VERDICT_INKS",
    "VERDICT_MARKS",
    "axes_or_new",
    "figure_of",
    "new_figure",
    "picture_of",
    "plot_style",
    "save_plot",
    "sequential",
    "signed",
    "styled",
]


Params = ParamSpec("Params")
Result = TypeVar("Result")

PLOT_SUFFIXES = (".png", ".svg", ".pdf")
"""Endings of plots."""

ONE_COLUMN, TWO_COLUMNS = 3.5, 7.2
"""Widths of figures, inches."""

ROOM_FOR_NAMES = 1.15
"""Inches that the names of rows take at the left of a plot over time, about."""

DPI = 200
"""Pixels an inch of a PNG."""

INK, MUTED, RULE, FAINT = LIGHT["ink"], "#5F6C7A", "#D5DBE1", "#F1F4F6"
"""Text; axes and notes; lines between things; backgrounds."""

IN_SYNC, IN_SYNC_INK = LIGHT["good-tint"], LIGHT["good"]
"""Behind the leads that a verdict profile calls in sync; words about them."""

EXPECTED, SEEN = LIGHT["heard"], INK
"""What is heard and therefore expected; what the lips show."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8B6F00", "#666666")
"""Okabe and Ito's colours for things without a meaning of their own; black is kept for what is measured."""

VERDICT_MARKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "in-sync": ("#B5E2D3", ""),
        "audio-early": ("#F9C9A6", ""),
        "audio-late": ("#F9C9A6", ""),
        "mismatched": ("#F9C9A6", "////"),
        "out-of-step": ("#F9C9A6", "\\\\"),
        "uncertain": ("#DDD2F6", "...."),
    }
)
"""Tint and hatching of each verdict; which way a fault goes, its number says."""

VERDICT_INKS: Mapping[str, str] = MappingProxyType(
    {
        "in-sync": LIGHT["good"],
        "audio-early": LIGHT["fault"],
        "audio-late": LIGHT["fault"],
        "mismatched": LIGHT["fault"],
        "out-of-step": LIGHT["fault"],
        "uncertain": LIGHT["unsure"],
    }
)
"""Colour of each verdict behind white text."""

ARTICULATOR_TINTS: Mapping[str, str] = MappingProxyType(
    {
        "bilabial": "#AEB9C4",
        "labiodental": "#F2DF8E",
        "dental": "#F8F2C4",
        "sibilant": "#BFD6DC",
        "rounded": "#8FBEE0",
        "spread": "#D3E8F6",
        "open": "#EBCFE0",
        "tongue-only": "#DDE2E7",
        "other": "#DDE2E7",
        "silence": "#FFFFFF",
    }
)
"""Tint of a viseme by what the lips do; none is that of a verdict."""

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "xtick.labelsize": 7.0,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.major.width": 0.6,
    "ytick.labelsize": 7.0,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.3,
    "hatch.linewidth": 0.4,
    "hatch.color": MUTED,
    "legend.frameon": False,
    "legend.fontsize": 7.0,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "visalign",
}


@contextmanager
def plot_style() -> Iterator[None]:
    """Matplotlib's defaults with this style on them; what the user has set returns afterwards.

    Raises
    ------
    BackendUnavailable
        If Matplotlib is not installed.
    """
    try:
        # Optional: only those who plot need it.
        import matplotlib as mpl
        import matplotlib.figure
        from cycler import cycler
    except ImportError as error:
        raise BackendUnavailable("Matplotlib", 'Plots need it: pip install "visalign[plot]".') from error
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC | {"axes.prop_cycle": cycler(color=COLOURS)})
        yield


def styled(draw: Callable[Params, Result]) -> Callable[Params, Result]:
    """Make a function draw in the style of visalign."""

    @wraps(draw)
    def in_style(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        with plot_style():
            return draw(*args, **kwargs)

    return in_style


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches, which lays out its own parts; to be called in :func:`plot_style`."""
    # Optional, and there if `plot_style` let us in.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def axes_or_new(axes: Axes | None, width: float = ONE_COLUMN, height: float = 2.6) -> Axes:
    """The axes that the caller gave, or those of a new figure."""
    return new_figure(width, height).subplots() if axes is None else axes


def sequential() -> LinearSegmentedColormap:
    """The colour map of amounts: white to dark blue, lightness falling evenly."""
    # As in `new_figure`.
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(
        "visalign", ["#FFFFFF", "#D3E4F1", "#8DB9DA", "#3F88BE", "#0B4F86", "#062B4C"]
    )


def picture_of(figure: Figure, width_px: int) -> Image:
    """A figure as pixels, uint8 RGB of shape (height, `width_px`, 3)."""
    # As in `new_figure`.
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with plot_style(), _odd_letters_allowed():
        figure.set_dpi((width_px + 0.01) / figure.get_figwidth())  # a little more, as the size is cut to whole pixels
        canvas: Any = FigureCanvasAgg(figure)  # whose methods Matplotlib has not typed
        canvas.draw()
        image: Image = np.asarray(canvas.buffer_rgba())[..., :3].copy()
        return image


@contextmanager
def _odd_letters_allowed() -> Iterator[None]:
    """A letter that DejaVu lacks is drawn as a box, which tells as much as the warning would."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing", UserWarning)
        yield


def figure_of(axes: Axes | Iterable[Axes]) -> Figure:
    """The figure that holds `axes`."""
    first = next(iter(axes)) if isinstance(axes, Iterable) else axes
    figure = first.get_figure(root=True)
    assert figure is not None  # axes without a figure are made by nobody
    return figure


def signed(number: float) -> str:
    """A whole number with its sign, as typography has it.

    Examples
    --------
    >>> signed(12.4), signed(-12.4), signed(-0.3)
    ('+12', '−12', '0')
    """
    whole = round(number)
    return f"{whole:+d}".replace("-", "\N{MINUS SIGN}") if whole else "0"


def save_plot(axes: Axes | Iterable[Axes], path: AnyPath) -> Path:
    """Write the figure that holds `axes`, whole or not at all.

    Parameters
    ----------
    axes : Axes or iterable of Axes
        What a function of this package returned.
    path : path-like
        Ends in .png, .svg or .pdf.

    Raises
    ------
    ConfigError
        If it ends otherwise.
    OutputError
        If it can't be written there.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in PLOT_SUFFIXES:
        raise ConfigError("plot file", Path(path).name, f"a name that ends in {' or '.join(PLOT_SUFFIXES)}")
    figure = figure_of(axes)
    undated: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
    with whole_file(path) as draft, plot_style(), _odd_letters_allowed():
        figure.savefig(draft, format=suffix.lstrip("."), dpi=DPI, metadata=undated)
    return Path(path)
