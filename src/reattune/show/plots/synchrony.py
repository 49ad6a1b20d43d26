"""The picture of a SynchronyAnalysis: one record over time, or dyads beside strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.core.errors import SettingError
from reattune.show.plots.synchrony_chance import plot_synchrony_study
from reattune.show.plots.synchrony_heat import plot_synchrony_heat
from reattune.synchrony_pipeline.result import SynchronyAnalysis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_synchrony(
    analysis: SynchronyAnalysis,
    session: str | None = None,
    phase: str | None = None,
    *,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Lags over time of one record; for several records, dyads beside strangers.

    Parameters
    ----------
    analysis : SynchronyAnalysis
    session : str, optional
        Draw the record of that session.
    phase : str, optional
        The first one by default.
    ax : Axes, optional
    **style
        Matplotlib settings.

    Raises
    ------
    SettingError
        Where there is no table to draw.
    """
    if session is None and len(analysis.records) > 1:
        rows = [row for row in analysis.study if row.pairings is not None]
        for row in rows:
            if row.pairings is not None and phase in (None, row.phase):
                return plot_synchrony_study(row.pairings, row.pairing, row.combined, ax=ax, **style)
    record = analysis.records[0] if session is None else analysis[session]
    part = record.parts[0] if phase is None else record[phase]
    if part.table is None:
        raise SettingError("session", record.id, f"a record with a table: {part.no_table}")
    return plot_synchrony_heat(part.table, part.chance, path=part.path, ax=ax, **style)
