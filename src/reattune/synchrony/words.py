"""Lags and leaders in words."""

from __future__ import annotations

PARTNERS = ("first partner", "second partner")


def name_lag(lag_s: float, partners: tuple[str, str] = PARTNERS) -> str:
    """Who leads at a lag, in words.

    Parameters
    ----------
    lag_s : float
        Seconds; positive: the first partner leads.
    partners : (str, str)

    Examples
    --------
    >>> name_lag(1.2, ("patient", "therapist"))
    'the patient leads by 1.2 s'
    >>> name_lag(-0.04, ("patient", "therapist"))
    'the therapist leads by 0.04 s'
    >>> name_lag(0.0)
    'neither leads'
    """
    if lag_s != lag_s:
        return "no lag was found"
    if lag_s == 0:
        return "neither leads"
    return f"the {partners[0] if lag_s > 0 else partners[1]} leads by {round(abs(lag_s), 3):g} s"
