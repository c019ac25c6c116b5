"""What a method is asked: a panel, the origins to forecast from, and how far."""

from dataclasses import dataclass

import numpy as np

from models.intake.panel import Dates, Floats, Ints, Panel, find_phases, look_ahead


@dataclass(frozen=True)
class Task:
    """Forecasts wanted from each origin: the number of periods that are known by then.

    `starts`, `days` and `phases` reach `horizon` periods beyond the panel.
    """

    panel: Panel
    origins: Ints
    horizon: int
    starts: Dates
    days: Floats
    phases: Ints
    per_year: int

    @classmethod
    def of(
        cls, panel: Panel, origins: Ints, horizon: int, ahead: tuple[Dates, Floats] | None = None
    ) -> "Task":
        """Return a task; `ahead` gives the periods to come where they are not the usual ones."""
        starts, days = look_ahead(panel, horizon) if ahead is None else ahead
        starts = np.concatenate([panel.starts.astype("datetime64[D]"), starts])
        days = np.concatenate([panel.days, days.astype(float)])
        phases = find_phases(starts, days, panel.per_year)
        return cls(panel, origins, horizon, starts, days, phases, panel.per_year)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return the shape of the answer: origins, regions, horizon."""
        return len(self.origins), len(self.panel.regions), self.horizon

    def days_ahead(self) -> Floats:
        """Return the days of the periods after each origin: (origins, horizon)."""
        return np.asarray(self.days[self.origins[:, None] + np.arange(self.horizon)])

    def actual(self) -> Floats:
        """Return what came, NaN where not known (yet): (origins, regions, horizon)."""
        blank = np.full((len(self.panel.regions), self.horizon), np.nan)
        padded = np.concatenate([self.panel.counts, blank], axis=1)
        at = self.origins[:, None] + np.arange(self.horizon)
        return np.asarray(padded[:, at].transpose(1, 0, 2))
