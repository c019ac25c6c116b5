"""What Prometheus may know: counts and durations by route, never anything about a person."""

from collections.abc import Mapping
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from models.bundle import Bundle
from serving.following import Following, FollowState, Refused, Why
from serving.shadow import Outcome

CONTENT_TYPE = CONTENT_TYPE_LATEST
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The counters of one service."""

    def __init__(self, bundle: Bundle) -> None:
        """Begin at zero, and tell which model is served."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "kantelpunt_requests",
            "Requests by method, route and status",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "kantelpunt_request_seconds",
            "Seconds from request to answer, by route",
            ["route"],
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self._assessments = Counter(
            "kantelpunt_assessments", "Assessments that were made", registry=self.registry
        )
        self._watched_at = Gauge(
            "kantelpunt_monitor_last_run_timestamp_seconds",
            "When `kantelpunt monitor` ran last; 0 where it never did",
            registry=self.registry,
        )
        self._watched = Gauge(
            "kantelpunt_monitor_checks",
            "Checks of the last run with an alarm, or to keep an eye on, by kind",
            ["verdict", "kind"],
            registry=self.registry,
        )
        self._model = Gauge(
            "kantelpunt_model_info",
            "The model that is served",
            ["version", "contract", "trained_on"],
            registry=self.registry,
        )
        self._swaps = Counter(
            "kantelpunt_model_swaps",
            "Times that another model came in the place of the one served",
            registry=self.registry,
        )
        self._refused = Counter(
            "kantelpunt_model_refused",
            "Released models that were not served, by reason",
            ["why"],
            registry=self.registry,
        )
        for why in Why:
            self._refused.labels(why.value)
        self._state = Gauge(
            "kantelpunt_model_following",
            "1 for how the following of the registry goes, 0 for the other states",
            ["state"],
            registry=self.registry,
        )
        self._followed = Gauge(
            "kantelpunt_model_followed_timestamp_seconds",
            "When the registry last answered which model is released; 0 before it did",
            registry=self.registry,
        )
        self._clock = Gauge(
            "kantelpunt_store_clock_ahead_seconds",
            "By how much the clock of the store is ahead of ours, as /readyz last found",
            registry=self.registry,
        )
        self._shadow = Counter(
            "kantelpunt_shadow_scores",
            "Assessments that a challenger scored beside the champion, by what became of them",
            ["outcome"],
            registry=self.registry,
        )
        for outcome in Outcome:
            self._shadow.labels(outcome.value)
        self._lock = Lock()
        self._shown: tuple[str, ...] = ()
        self._last_refused: Refused | None = None
        self.show_model(bundle)

    def show_clock(self, ahead_seconds: float) -> None:
        """Tell by how much the clock of the store is ahead of ours."""
        self._clock.set(ahead_seconds)

    def note_monitor(self, at: float, found: Mapping[str, Mapping[str, int]]) -> None:
        """Tell when watching ran last, and how many checks of each kind have which verdict."""
        self._watched_at.set(at)
        self._watched.clear()
        for verdict, kinds in found.items():
            for kind, count in kinds.items():
                self._watched.labels(verdict, kind).set(count)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the template, without what a user filled in."""
        shown = method if method in _METHODS else "other"
        self._requests.labels(shown, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_assessments(self, made: int) -> None:
        """Count assessments; not by what they suggest, which a single one would tell."""
        self._assessments.inc(made)

    def count_shadow(self, outcome: Outcome, cases: int) -> None:
        """Count what became of assessments in the shadow."""
        self._shadow.labels(outcome.value).inc(cases)

    def show_model(self, bundle: Bundle) -> None:
        """Tell which model is served from now on."""
        contract = f"{bundle.contract.name} {bundle.contract.version}"
        labels = (bundle.version, contract, bundle.trained_on.isoformat())
        with self._lock:
            if self._shown and self._shown != labels:
                self._model.remove(*self._shown)
                self._swaps.inc()
            self._model.labels(*labels).set(1)
            self._shown = labels

    def show_following(self, how: Following) -> None:
        """Tell how the following of the registry goes."""
        with self._lock:
            for state in FollowState:
                self._state.labels(state.value).set(state is how.state)
            if how.at is not None:
                self._followed.set(how.at.timestamp())
            if how.refused is not None and how.refused != self._last_refused:
                self._refused.labels(how.refused.why.value).inc()
            self._last_refused = how.refused

    def to_text(self) -> bytes:
        """Return everything as Prometheus reads it; one model, also while it changes."""
        with self._lock:
            return generate_latest(self.registry)
