"""Reads training/config.toml, the only place where numbers of training are set."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

from features.errors import KantelpuntError
from models.effects import GainConfig
from models.fairness import FairnessConfig
from models.spread import SpreadConfig
from models.usual import UsualConfig

TINY = 1e-6  # what is searched by factors cannot be 0
DEFAULT_PATH = Path(__file__).with_name("config.toml")


class ConfigError(KantelpuntError):
    """A configuration of training that cannot be used."""


@dataclass(frozen=True)
class WindowConfig:
    """Lengths of the windows in days, and how few cases are too few."""

    test_days: int
    calibration_days: int
    fewest_settled: int
    fewest_tested: int


@dataclass(frozen=True)
class RefuteConfig:
    """How the gain is put to the test, and which hidden confounders are reckoned with."""

    most_rows: int
    draws: int
    folds: int
    early_share: float
    most_spread: float
    strengths: tuple[float, ...]


@dataclass(frozen=True)
class EvaluateConfig:
    """What an evaluation reports."""

    top_shares: tuple[float, ...]
    bins: int
    resamples: int


@dataclass(frozen=True)
class DecisionConfig:
    """At which limits on p_usual the net benefit is told."""

    thresholds: tuple[float, ...]


@dataclass(frozen=True)
class PolicyConfig:
    """At which capacities a ranking is measured, and which fields the rules of thumb read.

    `expectation_order` holds all levels of the field, who is supported first in front; "" stands
    for no answer.
    """

    capacities: tuple[float, ...]
    waiting_field: str
    expectation_field: str
    expectation_order: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse percentages: a capacity of 8 is one of 0.08."""
        if not all(0 < share <= 1 for share in self.capacities):
            raise TypeError("[policy]: capacities are shares of 1, more than 0 and at most 1")


@dataclass(frozen=True)
class TuneConfig:
    """The lowest and the highest value that tuning tries of each setting in [usual].

    `cuts` are the shares of the settled screenings of the learn window, in time order, after which
    settings are judged; those after the last cut judge only the best. `errors` are the standard
    errors by which the best must beat the untuned settings.
    """

    leaves: tuple[int, int]
    learning_rate: tuple[float, float]
    fewest_cases_in_leaf: tuple[int, int]
    penalty: tuple[float, float]
    share_of_fields: tuple[float, float]
    share_of_cases: tuple[float, float]
    smoothing: tuple[float, float]
    cuts: tuple[float, ...]
    errors: float

    def __post_init__(self) -> None:
        """Refuse bounds that hold nothing that LightGBM can work with."""
        least = {"leaves": 2, "fewest_cases_in_leaf": 1}
        most = {"learning_rate": 1.0, "share_of_fields": 1.0, "share_of_cases": 1.0}
        for name in (one.name for one in fields(self) if one.name not in ("cuts", "errors")):
            bounds, floor = getattr(self, name), least.get(name, TINY)
            if len(bounds) != 2 or not floor <= bounds[0] <= bounds[1] <= most.get(name, inf):
                raise TypeError(
                    f"[tune]: {name} takes a lowest and a highest value, from {floor} to "
                    f"{most.get(name, inf)}"
                )
        if len(self.cuts) < 2 or not all(a < b for a, b in pairwise((0, *self.cuts, 1))):
            raise TypeError(
                "[tune]: cuts takes two shares or more between 0 and 1, the least first"
            )


@dataclass(frozen=True)
class CheckConfig:
    """What an extract is tried with before anything is trained, and what is taken as likely."""

    refits: int
    most_cases: int
    likely_auc: float
    error_rate: float
    power: float


@dataclass(frozen=True)
class GatesConfig:
    """What a version must keep to before it is released; training/config.toml gives the reasons."""

    least_slope: float
    most_slope: float
    most_ece: float
    most_group_ece: float
    cases_per_bin: int
    draws: int
    capacity: float
    most_flattery: float
    most_since: float
    most_reasons_changed: float
    most_ms: float
    most_mb: float
    shortest_reason: int

    def __post_init__(self) -> None:
        """Refuse limits that nothing could keep to."""
        if not 0 < self.least_slope <= 1 <= self.most_slope:
            raise TypeError("[gates]: 1 lies between least_slope and most_slope")
        if not 0 < self.capacity <= 1 or not 0 <= self.most_reasons_changed <= 1:
            raise TypeError("[gates]: capacity and most_reasons_changed are shares of 1")


@dataclass(frozen=True)
class IntakeConfig:
    """How a forecast of the intake is drawn and shown, and which methods a backtest compares."""

    draws: int
    backtest_draws: int
    history: int
    methods: tuple[str, ...]


@dataclass(frozen=True)
class EngineConfig:
    """When a cluster grows trees, and how long is waited for it."""

    fewest_cases: int
    tries: int
    seconds_to_connect: int
    seconds_without_workers: int
    minutes_between_workers: int


@dataclass(frozen=True)
class RegistryConfig:
    """Names under which runs and versions are kept, and who may release.

    With `second_person` who trained a version can't release it: somebody else must.
    """

    model: str
    experiment: str
    second_person: bool = False

    @property
    def releases(self) -> str:
        """The name under which the log of releases is kept."""
        return f"{self.model}-releases"


@dataclass(frozen=True)
class Config:
    """All settings of training."""

    windows: WindowConfig
    usual: UsualConfig
    spread: SpreadConfig
    gain: GainConfig
    refute: RefuteConfig
    evaluate: EvaluateConfig
    decision: DecisionConfig
    policy: PolicyConfig
    fairness: FairnessConfig
    check: CheckConfig
    tune: TuneConfig
    gates: GatesConfig
    intake: IntakeConfig
    engine: EngineConfig
    registry: RegistryConfig


def read_config(path: Path = DEFAULT_PATH) -> Config:
    """Return the settings that ship, with those of a file in their place; raises ConfigError."""
    settings, own = _read_sections(DEFAULT_PATH), _read_sections(path)
    try:
        settings |= {name: settings.get(name, {}) | values for name, values in own.items()}
        _check_known("sections", settings, Config)
        return Config(**{f.name: _build(f.type, f.name, settings[f.name]) for f in fields(Config)})
    except TypeError as error:
        raise ConfigError(f"{path.name}: {error}") from error


def _read_sections(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}): check --config") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from error


def _build(section: Any, name: str, values: dict[str, Any]) -> Any:
    _check_known(f"[{name}]", values, section)
    return section(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def _check_known(where: str, found: Iterable[str], expected: Any) -> None:
    known = [f.name for f in fields(expected)]
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise TypeError(f"{where}: {', '.join(unknown)} unknown, expected {', '.join(known)}")
