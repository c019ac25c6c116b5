"""AutoETS and AutoTheta through statsmodels, the rivals that a committee will ask for.

Not the searches of R's forecast package: AutoETS chooses among the four additive models in
`SPECS` by AICc, on log rates per day, and AutoTheta is the one theta model of statsmodels
(Assimakopoulos and Nikolopoulos 2000, Int. J. of Forecasting 16, 521-530), seasonal where its own
test finds a season. Models are chosen and estimated anew every `REFIT` periods, and carried on
with the same parameters in between. statsmodels is imported only when one of them is asked for.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from models.intake.layers import LEAST_COUNT, forecast_layers
from models.intake.panel import Floats
from models.intake.task import Task

REFIT = 24
# trend, damped, seasonal
SPECS = ((None, False, False), ("add", True, False), (None, False, True), ("add", True, True))
LEAST_PERIODS = 8  # for the shortest series that is estimated; shorter ones keep their mean
THETA = 2.0


def expect_ets(task: Task) -> Floats:
    """Return the counts to expect by the best of four ETS models per region."""
    return _expect(task, _Ets)


def expect_theta(task: Task) -> Floats:
    """Return the counts to expect by the theta model per region."""
    return _expect(task, _Theta)


class _Ets:
    """One series: its model and parameters, as of the last time they were estimated."""

    def __init__(self, values: Floats, per_year: int) -> None:
        self.per_year = per_year
        fits = [(spec, self._fit(values, spec)) for spec in SPECS if self._fits(values, spec)]
        self.spec, best = min(fits, key=lambda one: one[1][0])
        self.params = best[1]

    def _fits(self, values: Floats, spec: tuple[str | None, bool, bool]) -> bool:
        return not spec[2] or len(values) > 2 * self.per_year + 5

    def _model(self, values: Floats, spec: tuple[str | None, bool, bool]) -> object:
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        trend, damped, seasonal = spec
        return ETSModel(
            values,
            trend=trend,
            damped_trend=damped,
            seasonal="add" if seasonal else None,
            seasonal_periods=self.per_year if seasonal else None,
        )

    def _fit(self, values: Floats, spec: tuple[str | None, bool, bool]) -> tuple[float, Floats]:
        found = self._model(values, spec).fit(disp=False)  # type: ignore[attr-defined]
        score = float(found.aicc)
        return (score if np.isfinite(score) else np.inf), np.asarray(found.params)

    def look(self, values: Floats, horizon: int) -> Floats:
        model = self._model(values, self.spec)
        return np.asarray(model.smooth(self.params).forecast(horizon))  # type: ignore[attr-defined]


class _Theta:
    """One series: estimated anew at every origin, which is cheap."""

    def __init__(self, _values: Floats, per_year: int) -> None:
        self.per_year = per_year

    def look(self, values: Floats, horizon: int) -> Floats:
        from statsmodels.tsa.forecasting.theta import ThetaModel

        season = len(values) >= 2 * self.per_year and self.per_year > 1
        model = ThetaModel(values, period=self.per_year, deseasonalize=season, method="additive")
        return np.asarray(model.fit(disp=False).forecast(horizon, theta=THETA))


def _expect(task: Task, kind: type[_Ets] | type[_Theta]) -> Floats:
    filled = forecast_layers(task).filled
    found = np.empty(task.shape)
    with _quiet():
        for place, row in enumerate(np.log(np.maximum(filled, LEAST_COUNT) / task.panel.days)):
            found[:, place] = _expect_one(task, row, kind)
    return np.asarray(np.exp(found) * task.days_ahead()[:, None])


def _expect_one(task: Task, row: Floats, kind: type[_Ets] | type[_Theta]) -> Floats:
    found, model, since = np.empty((len(task.origins), task.horizon)), None, 0
    for place, origin in enumerate(task.origins):
        known = row[:origin]
        if len(known) < LEAST_PERIODS or np.ptp(known) == 0:
            found[place] = known.mean()
            continue
        if model is None or origin - since >= REFIT:
            model, since = kind(known, task.per_year), int(origin)
        found[place] = model.look(known, task.horizon)
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings of estimates that did not settle, and threads that only wait, to ourselves."""
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        yield
