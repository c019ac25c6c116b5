"""The page of the backtest: how far off forecasts were, beside plain rules of thumb."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.pages.compare_chart import Compare, Strand, draw_compares
from serving.pages.planning_plan import Plan, name_full
from serving.wording import number_nl, percent_nl

METHOD_NL: Mapping[str, str] = {
    "seasonal_naive": "hetzelfde als vorig jaar",
    "mean_12": "het gemiddelde van 12 maanden",
    "layered": "ons model, in lagen",
    "auto_theta": "AutoTheta, een bekend model",
    "auto_ets": "AutoETS, een bekend model",
}
NAIVE = "seasonal_naive"
RULES = (NAIVE, "mean_12")
LAYER = "regions"
LEVELS = ("0.8", "0.95")
# what an interval may cover and still be called right, as the benchmarks hold it to
WANTED = {"0.8": (0.76, 0.84), "0.95": (0.92, 0.98)}


@dataclass(frozen=True)
class MethodRow:
    """A method: how far off it was on average, and whether it is used anywhere."""

    name: str
    error: str
    per_cent: str
    used: str


@dataclass(frozen=True)
class AheadRow:
    """A horizon: the method used there, its error, and how often the truth lay in its band."""

    ahead: str
    method: str
    error: str
    naive: str
    inner: str
    outer: str


@dataclass(frozen=True)
class CoverView:
    """How often the truth lay within a band, beside how often it should."""

    promise: str
    found: str
    is_right: bool
    told: str


@dataclass(frozen=True)
class LookbackView:
    """The page; errors are in hundredths of that of "the same as last year"."""

    told: str
    about: str
    drawings: Sequence[Compare]
    legend: Sequence[str]
    methods: Sequence[MethodRow]
    ahead: Sequence[AheadRow]
    covers: Sequence[CoverView]

    @classmethod
    def of(cls, plan: Plan) -> "LookbackView | None":
        """Return what the page shows; None where there is too little history to look back on."""
        found: Mapping[str, Any] = plan.kept.get("backtest") or {}
        methods = found.get("methods") or {}
        if NAIVE not in methods:
            return None
        back = _Back(methods, found["choice"])
        return cls(
            told=back.tell(),
            about=_tell_origins(found),
            drawings=back.draw(),
            legend=[METHOD_NL[name] for name in RULES],
            methods=back.list_methods(),
            ahead=back.list_ahead(),
            covers=[back.cover(level) for level in LEVELS],
        )


def _tell_origins(found: Mapping[str, Any]) -> str:
    origins = found["origins"]
    return (
        f"Wij deden alsof het {number_nl(len(origins))} keer vroeger was, van "
        f"{name_full(origins[0])} tot {name_full(origins[-1])}, en voorspelden telkens "
        f"{found['horizon']} maanden vooruit met enkel wat toen bekend was. Daarna legden wij er "
        "de echte aantallen naast."
    )


@dataclass(frozen=True)
class _Back:
    """Scores per method and layer, and the method chosen per horizon."""

    methods: Mapping[str, Mapping[str, Any]]
    choice: Sequence[str]

    def _mase(self, name: str) -> Sequence[float | None]:
        found: Sequence[float | None] = self.methods[name][LAYER]["mase"]
        return found

    def chosen(self) -> list[float | None]:
        """Return the error of the method that is used, per horizon."""
        return [self._mase(name)[place] for place, name in enumerate(self.choice)]

    def tell(self) -> str:
        """Return in one sentence how much better than the same month of last year."""
        ours, naive = _mean(self.chosen()), _mean(self._mase(NAIVE))
        if ours is None or not naive:
            return "Er is te weinig geschiedenis om te zeggen hoe goed de verwachting was."
        less = 1 - ours / naive
        if less <= 0:
            return "Onze verwachting zat er even ver naast als vorig jaar herhalen, of verder."
        return (
            f"Onze verwachting zat er gemiddeld {percent_nl(less)} minder ver naast dan wie gewoon "
            "de maand van vorig jaar herhaalt."
        )

    def draw(self) -> list[Compare]:
        """Return the errors per horizon as lines: ours and the rules of thumb."""
        known = {name: self._mase(name) for name in RULES if name in self.methods}
        rows = {"onze verwachting": self.chosen()} | {METHOD_NL[n]: v for n, v in known.items()}
        strands = [Strand(name, [one or 0.0 for one in row]) for name, row in rows.items()]
        words = [str(place) for place in range(1, len(self.choice) + 1)]
        return draw_compares([], strands, words=words)

    def list_methods(self) -> list[MethodRow]:
        """Return every method, the best first."""
        naive = _mean(self._mase(NAIVE))
        means = {name: _mean(self._mase(name)) for name in self.methods}
        order = sorted(means, key=lambda name: (means[name] is None, means[name] or 0))
        return [
            MethodRow(
                METHOD_NL.get(name, name),
                _two(means[name]),
                _beside(means[name], naive),
                self._tell_used(name),
            )
            for name in order
        ]

    def _tell_used(self, name: str) -> str:
        places = [place for place, one in enumerate(self.choice, 1) if one == name]
        if not places:
            return "niet gebruikt"
        if len(places) == len(self.choice):
            return "voor alle maanden"
        return f"voor {_tell_spans(places)} vooruit"

    def list_ahead(self) -> list[AheadRow]:
        """Return a row per month ahead."""
        return [
            AheadRow(
                ahead=f"{place + 1} {'maand' if not place else 'maanden'} vooruit",
                method=METHOD_NL.get(name, name),
                error=_two(self._mase(name)[place]),
                naive=_two(self._mase(NAIVE)[place]),
                inner=_share(self.methods[name][LAYER]["coverage"]["0.8"][place]),
                outer=_share(self.methods[name][LAYER]["coverage"]["0.95"][place]),
            )
            for place, name in enumerate(self.choice)
        ]

    def cover(self, level: str) -> CoverView:
        """Return how often the truth lay in a band."""
        values = [
            self.methods[name][LAYER]["coverage"][level][place]
            for place, name in enumerate(self.choice)
        ]
        found, (low, high) = _mean(values), WANTED[level]
        promise = {"0.8": "8 op 10", "0.95": "19 op 20"}[level]
        if found is None:
            return CoverView(promise, "niet bekend", is_right=False, told="te weinig geschiedenis")
        told = (
            "klopt" if low <= found <= high else ("te smal" if found < low else "ruimer dan nodig")
        )
        return CoverView(promise, f"{round(100 * found)} op 100", found >= low, told)


def _tell_spans(places: Sequence[int]) -> str:
    """Return months ahead in words, those in a row together: maand 1 tot 5 en 8."""
    firsts = [one for one in places if one - 1 not in places]
    lasts = [one for one in places if one + 1 not in places]
    spans = [f"{a}" if a == b else f"{a} tot {b}" for a, b in zip(firsts, lasts, strict=True)]
    *most, last = spans
    return f"maand {', '.join(most)} en {last}" if most else f"maand {last}"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return sum(known) / len(known) if known else None


def _two(value: float | None) -> str:
    return "niet bekend" if value is None else f"{value:.2f}".replace(".", ",")


def _share(value: float | None) -> str:
    return "niet bekend" if value is None else percent_nl(value)


def _beside(value: float | None, naive: float | None) -> str:
    return "niet bekend" if value is None or not naive else percent_nl(value / naive)
