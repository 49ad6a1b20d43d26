"""Settings of the windowed cross-correlation, and the conventions of other programs as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Literal, get_args

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import SettingError, did_you_mean

Anchor = Literal["leader", "follower", "centre", "segment"]

# A correlation of +-1 has no finite Fisher z; z is held within this.
Z_LIMIT = 10.0


@dataclass(frozen=True)
class Windows:
    """Length of the windows, step between them and largest lag, in seconds.

    Parameters
    ----------
    window_s : float, default 30
    step_s : float, default 1
        From the start of one window to the start of the next. Windows that overlap are dependent.
    max_lag_s : float, default 5
        Lags run from minus to plus this, one sample apart. 0 gives lag zero only.

    Notes
    -----
    Each is rounded to whole samples, so fractions of a second are fine; the `Grid` of a result
    holds what was used. Mean absolute values grow as windows get shorter and lags more numerous:
    compare them only between equal windows, or each with its own null.

    Raises
    ------
    SettingError
        A length that is not positive, or a negative lag.
    """

    window_s: float = 30.0
    step_s: float = 1.0
    max_lag_s: float = 5.0

    def __post_init__(self) -> None:
        check_positive("window_s", self.window_s)
        check_positive("step_s", self.step_s)
        check_not_negative("max_lag_s", self.max_lag_s)


@dataclass(frozen=True)
class CrossCorrelation:
    """How two signals are correlated window by window and lag by lag.

    Whatever the settings, **a positive lag means that the first partner leads**: what the first
    does comes back in the second that much later.

    Parameters
    ----------
    windows : Windows
    anchor : {"leader", "follower", "centre", "segment"}
        Which of the two windows stays where it is while the lag grows. The leader's (the
        follower's window moves forward); the follower's (the leader's moves back); neither, both
        moving half the lag from a common centre; or both, the lag eating into a segment whose
        means and standard deviations are those of the whole segment.
    fisher_z : bool, default True
        Averages are means of Fisher's z; otherwise of r. Both tables are always there.
    z_limit : float, default 10
        z is held within plus and minus this.
    min_valid_prop : float, default 0.5
        Share of a window's sample pairs that must be observed in both partners. Cells below it
        are missing, and counted. Never fewer than 3 pairs.
    fewest_differing : int, default 0
        A cell is missing when its two windows differ in fewer samples than this. 0 turns it off.
    drop_last : bool, default False
        Leave out the last window that fits.
    preset : str
        Whose conventions these are; empty for ours.

    Raises
    ------
    SettingError
    """

    windows: Windows = field(default_factory=Windows)
    anchor: Anchor = "leader"
    fisher_z: bool = True
    z_limit: float = Z_LIMIT
    min_valid_prop: float = 0.5
    fewest_differing: int = 0
    drop_last: bool = False
    preset: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.windows, Windows):
            raise SettingError("windows", self.windows, "Windows(window_s, step_s, max_lag_s)")
        check_option("anchor", self.anchor, get_args(Anchor))
        check_positive("z_limit", self.z_limit)
        share = check_positive("min_valid_prop", self.min_valid_prop)
        if share > 1:
            raise SettingError("min_valid_prop", self.min_valid_prop, "a share above 0, up to 1")
        check_not_negative("fewest_differing", self.fewest_differing)
        if self.anchor == "segment" and self.windows.max_lag_s >= self.windows.window_s:
            raise SettingError(
                "max_lag_s", self.windows.max_lag_s, "less than window_s where segments are cut"
            )

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy."""
        return asdict(self)


@dataclass(frozen=True)
class Preset:
    """The conventions of one program.

    Attributes
    ----------
    settings : CrossCorrelation
        With the windows its own examples use.
    source : str
        Program and version, or paper.
    peer_sign : str
        What a positive lag means *there*. Here it always means that the first partner leads.
    normalisation, averaging : str
        How its correlations are scaled and what its summary averages.
    agreement : str
        How far agreement has been shown.
    """

    settings: CrossCorrelation
    source: str
    peer_sign: str
    normalisation: str
    averaging: str
    agreement: str


_PEARSON = "each pair of windows by its own means and standard deviations"

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "rmea": Preset(
            CrossCorrelation(Windows(60.0, 30.0, 5.0), fewest_differing=2, preset="rmea"),
            source="rMEA 1.3.0 (Kleinbub & Ramseyer, 2021)",
            peer_sign="positive: the first leads, as here",
            normalisation=_PEARSON,
            averaging="mean of z over all cells (grandAver); of |z| with ABS=TRUE",
            agreement="r and z within 1e-8 of the program's own output; same windows, same gaps",
        ),
        "susy": Preset(
            CrossCorrelation(Windows(30.0, 30.0, 3.0), anchor="segment", preset="susy"),
            source="SUSY 0.1.0 (Tschacher & Meier, 2020)",
            peer_sign="positive: the SECOND leads; the opposite of here",
            normalisation="by means and standard deviations of the whole segment, and its length",
            averaging="mean of |z| over segments, then over lags",
            agreement="lag profiles, segments and summary within 1e-8 of the program's own output",
        ),
        "boker": Preset(
            CrossCorrelation(
                Windows(30.0, 10.0, 5.0),
                anchor="follower",
                fisher_z=False,
                drop_last=True,
                preset="boker",
            ),
            source="Boker et al. (2002), as in the script of Behrens & Boker (2018)",
            peer_sign="positive: the first leads, as here",
            normalisation=_PEARSON,
            averaging="none; peaks are picked, see find_peaks",
            agreement="table against a direct loop; peaks within one sample of stored peaks",
        ),
        "syncpy": Preset(
            CrossCorrelation(
                Windows(30.0, 10.0, 5.0), anchor="follower", fisher_z=False, preset="syncpy"
            ),
            source="SyncPy 2.0, WindowCrossCorrelation",
            peer_sign="positive: the first leads, as here",
            normalisation=_PEARSON + " (population form; the same r)",
            averaging="none",
            agreement="an approximation from its description: the program runs on Python 2 only, "
            "so no output of it was compared",
        ),
    }
)


def use_preset(name: str, windows: Windows | None = None) -> CrossCorrelation:
    """The settings of a named program, with your windows.

    Parameters
    ----------
    name : {"rmea", "susy", "boker", "syncpy"}
        ``PRESETS[name]`` says what the program does and how far agreement was shown. Lags come out
        in our sign whatever the program's is.
    windows : Windows, optional
        Those of the program's own examples by default.

    Raises
    ------
    SettingError
        An unknown name.

    Examples
    --------
    >>> use_preset("susy", Windows(30, 30, 5)).anchor
    'segment'
    """
    if name not in PRESETS:
        told = "one of " + ", ".join(PRESETS) + did_you_mean(name, PRESETS)
        raise SettingError("preset", name, told)
    settings = PRESETS[name].settings
    return settings if windows is None else replace(settings, windows=windows)
