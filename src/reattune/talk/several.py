"""Several conversations described side by side, and two groups of them compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.study import LoadFailure
from reattune.talk.groups import compare_groups, value_of
from reattune.talk.summary import CAVEAT, TalkDescription
from reattune.talk.unusual import UnusualSegments

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MADE = (
    "If these conversations were chosen, written or played to differ, as demonstrations are, this "
    "says how they were made and nothing about other talk."
)


@dataclass(frozen=True)
class Talks:
    """Several described conversations.

    Attributes
    ----------
    name : str
    talks : tuple of TalkDescription
    covariates : mapping of session to its covariates
        What the file says of each conversation.
    unusual : mapping of session to UnusualSegments
        Only where it was asked for.
    failures : tuple of LoadFailure
        Conversations that could not be described.
    """

    name: str
    talks: tuple[TalkDescription, ...]
    covariates: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    unusual: Mapping[str, UnusualSegments] = field(default_factory=dict)
    failures: tuple[LoadFailure, ...] = ()

    @property
    def settings(self) -> dict[str, object]:
        """What the numbers depend on; inputs by conversation."""
        if not self.talks:
            return {}
        first = {k: v for k, v in self.talks[0].settings.items() if k != "input"}
        return {**first, "inputs": {t.session: t.settings.get("input") for t in self.talks}}

    def talk(self, session: str) -> TalkDescription:
        """The conversation of that name.

        Raises
        ------
        SettingError
            When there is none.
        """
        for talk in self.talks:
            if talk.session == session:
                return talk
        known = [talk.session for talk in self.talks]
        raise SettingError("session", session, "a conversation." + did_you_mean(session, known))

    def to_frame(self) -> pd.DataFrame:
        """`TalkDescription.to_frame` of every conversation, one below another."""
        import pandas as pd

        return pd.concat([talk.to_frame() for talk in self.talks], ignore_index=True)

    def wide_frame(self) -> pd.DataFrame:
        """One row per conversation: covariates, then every feature of the whole of it."""
        import pandas as pd

        rows = []
        for talk in self.talks:
            row: dict[str, Any] = {"session": talk.session, **self.covariates.get(talk.session, {})}
            for (name, who), found in talk.whole.features.items():
                row[f"{name}_{who}" if who else name] = found.value
            rows.append(row)
        return pd.DataFrame(rows)

    def compare(self, by: str, *, seed: int = 1) -> pd.DataFrame:
        """Two groups of conversations, feature by feature: see `compare_groups`."""
        return compare_groups(self.talks, self.covariates, by, seed=seed)

    def summary(self, by: str | None = None) -> str:
        """One line per conversation; with ``by``, the features that differ most between groups."""
        if len(self.talks) == 1 and by is None:
            told = self.talks[0].summary()
            ranked = self.unusual.get(self.talks[0].session)
            return told if ranked is None else f"{told}\n\n{ranked.summary()}"
        pair = "/".join(self.talks[0].partners)
        lines = [
            f"{len(self.talks)} conversations, whole of each; % of words, and of sentences with a "
            f"cue, {pair}:",
            *self._table(),
        ]
        for session, ranked in self.unusual.items():
            first = next((s for s in ranked.segments if isfinite(s.score)), None)
            if first is not None:
                lines.append(
                    f"  {session}: most unlike the others: segment {first.label} "
                    f"({first.start_s:g} - {first.end_s:g} s), not a finding"
                )
        if by is not None:
            lines += ["", *self._compared_lines(by)]
        lines += [f"not described: {failure.message}" for failure in self.failures]
        return "\n".join([*lines, "", CAVEAT])

    def _table(self) -> list[str]:
        cues = self.talks[0].settings.get("cue_features")
        listed = [str(name) for name in cues] if isinstance(cues, list) else []
        rows = [["", "turns", "words", *(name.removesuffix("_sentence_prop") for name in listed)]]
        for talk in self.talks:
            pairs = [
                "/".join(_percent(value_of(talk, name, who)) for who in talk.partners)
                for name in ("talk_words_prop", *listed)
            ]
            turns = sum(value_of(talk, "n_turns", who) for who in talk.partners)
            rows.append([talk.session, f"{turns:g}", *pairs])
        widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        return [
            "  " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))
            for row in rows
        ]

    def _compared_lines(self, by: str) -> list[str]:
        frame = self.compare(by)
        if frame.empty:
            return [f"By {by}: nothing to compare."]
        head = frame.iloc[0]
        lines = [
            f"By {by}: {head['group_a']!r} against {head['group_b']!r}, those {min(6, len(frame))} "
            f"of {len(frame)} features that differ most. AUC .5: no difference; beside it what "
            "random regrouping gives."
        ]
        for row in frame.head(6).to_dict("records"):
            who = f" of {row['partner']}" if row["partner"] else ""
            lines.append(
                f"  {row['feature']}{who}: median {row['median_a']:.3g} ({row['n_a']}) and "
                f"{row['median_b']:.3g} ({row['n_b']}); AUC {row['auc']:.2f} "
                f"({row['null_low']:.2f} to {row['null_high']:.2f}), p = {row['p']:.2g}"
            )
        lines.append(
            f"{len(frame)} features were looked at: a small p among them is to be expected. {MADE}"
        )
        return lines

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        return {
            "schema": "reattune.talks/1",
            "name": self.name,
            "talks": [
                {
                    **talk.to_dict(),
                    "covariates": {
                        str(key): value if isinstance(value, str | int | float) else str(value)
                        for key, value in self.covariates.get(talk.session, {}).items()
                    },
                    **(
                        {"unusual": self.unusual[talk.session].to_dict()}
                        if talk.session in self.unusual
                        else {}
                    ),
                }
                for talk in self.talks
            ],
            "failures": [
                {"session": f.session, "file": f.file, "message": f.message} for f in self.failures
            ],
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The first conversation by segments."""
        return self.talks[0].plot(ax)

    def __repr__(self) -> str:
        return self.summary()


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if isfinite(share) else "-"
