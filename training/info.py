"""What a bundle tells of its making: windows, figures, gain, settings and fingerprints."""

from dataclasses import asdict
from typing import Any

from features.tables import Extract
from training.card import find_test_drivers
from training.decision_curve import DecisionPoint
from training.evaluate import Measured
from training.fingerprint import fingerprint_tables
from training.pipeline import Trained
from training.policy import plain


def build_info(trained: Trained, extract: Extract, seed: int) -> dict[str, Any]:
    """Return what the bundle tells of its making; the same data and seed give the same."""
    windows = {
        key: None if day is None else day.isoformat()
        for key, day in asdict(trained.windows).items()
    }
    contract = extract.contract
    return {
        "trained_on": trained.windows.known_until.isoformat(),
        "seed": seed,
        "contract": {
            "name": contract.name,
            "version": contract.version,
            "fingerprint": contract.fingerprint,
        },
        "data": fingerprint_tables(extract),
        "screenings": trained.counts,
        "windows": windows,
        "shape": asdict(trained.shape),
        "shipped": trained.shipped,
        "calibration": asdict(trained.model.usual.calibration),
        "figures": {name: _plain(figures) for name, figures in trained.figures.items()},
        "groups": {name: _plain(figures) for name, figures in trained.groups.items()},
        "by_window": {name: _plain(figures) for name, figures in trained.by_window.items()},
        "decisions": [_plain_point(point) for point in trained.decisions],
        "drivers": {d.field: round(d.mean_points, 4) for d in find_test_drivers(trained)},
        "gaps": trained.gaps,
        "more_error": _plain(trained.more_error),
        "suspects": [asdict(suspect) for suspect in trained.suspects],
        "gain": trained.gain.describe(),
        "refutation": trained.refutation.plain() if trained.refutation else None,
        "tuned": str(trained.tuned) if trained.tuned else None,
        "policies": plain(trained.judged.policies) if trained.judged else None,
        "policy_rules": [rule.plain() for rule in trained.judged.rules] if trained.judged else [],
        "curve": trained.curve.describe(),
        "fairness": trained.fairness.audit.plain(),
        "gates": trained.evidence.plain(),
        "config": asdict(trained.config),
    }


def _plain(figures: dict[str, Measured]) -> dict[str, list[float]]:
    return {key: measured.plain() for key, measured in figures.items()}


def _plain_point(point: DecisionPoint) -> dict[str, Any]:
    figures = {"model": point.model, "everyone": point.everyone, "less": point.less}
    return {"threshold": point.threshold, **_plain(figures)}
