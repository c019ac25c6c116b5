"""What Prometheus may know: counts and durations by route, never anything about a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from models.bundle import Bundle

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
        model = Gauge(
            "kantelpunt_model_info",
            "The model that is served",
            ["version", "contract", "trained_on"],
            registry=self.registry,
        )
        contract = f"{bundle.contract.name} {bundle.contract.version}"
        model.labels(bundle.version, contract, bundle.trained_on.isoformat()).set(1)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the template, without what a user filled in."""
        shown = method if method in _METHODS else "other"
        self._requests.labels(shown, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_assessments(self, made: int) -> None:
        """Count assessments; not by what they suggest, which a single one would tell."""
        self._assessments.inc(made)

    def to_text(self) -> bytes:
        """Return everything as Prometheus reads it."""
        return generate_latest(self.registry)
