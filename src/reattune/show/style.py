"""The one visual language: colours with their dark variants, and how figures are begun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# name -> (light, dark). The first two are Okabe and Ito's blue and vermilion, in the order of
# `partners`; in the dark they are lightened until they stand out from the ground as they do by day.
# Every colour is used for one thing only, so a drawing can be recoloured by name.
COLOURS: Mapping[str, tuple[str, str]] = {
    "partner-1": ("#0072b2", "#4fa8dc"),
    "partner-2": ("#d55e00", "#f0833a"),
    "both": ("#7a4f8f", "#b892cc"),
    "match": ("#9fd3cb", "#2d6f68"),
    "null": ("#83888f", "#9298a1"),
    "null-band": ("#d9dce0", "#3d434b"),
    "ink": ("#22272e", "#e3e6ea"),
    "quiet": ("#5c636d", "#a3abb6"),
    "faint": ("#e4e7eb", "#343a42"),
    "hatch": ("#b9bfc7", "#59616c"),
}
PARTNERS = (COLOURS["partner-1"][0], COLOURS["partner-2"][0])
BOTH = COLOURS["both"][0]
MATCH = COLOURS["match"][0]
NULL = COLOURS["null"][0]
NULL_BAND = COLOURS["null-band"][0]
INK = COLOURS["ink"][0]
QUIET = COLOURS["quiet"][0]
FAINT = COLOURS["faint"][0]
HATCH = COLOURS["hatch"][0]

# Who (0 nobody, 1 first partner, 2 second, 3 both) -> colour and closing mark. The triangle points
# to the partner who made the repair: the first is drawn above, the second below.
WHO_COLOURS = (NULL, *PARTNERS, BOTH)
WHO_MARKS = ("o", "^", "v", "D")
HATCH_PATTERN = "////"

_RC: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.hashsalt": "reattune",
    "svg.fonttype": "none",
    "axes.unicode_minus": True,
    # Names of sessions and states are text, never formulas.
    "text.parse_math": False,
}


@contextmanager
def drawing(**style: Any) -> Iterator[None]:
    """The settings every picture is drawn with; ``style`` takes matplotlib's rc names.

    Underscores may stand for dots: ``font_size=11``.
    """
    import matplotlib

    own: Any = {**_RC, **{key.replace("_", ".", 1): value for key, value in style.items()}}
    with matplotlib.rc_context(own):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, with a clear ground and no global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0.0)
    return figure


def clear_ground(ax: Axes) -> None:
    """Make the axes' ground transparent, so that it takes the page's colour."""
    ax.patch.set_alpha(0.0)


def css_variables(dark: bool = False) -> str:
    """The colours as CSS custom properties: ``--partner-1: #0072b2; ...``."""
    return " ".join(f"--{name}: {pair[dark]};" for name, pair in COLOURS.items())
