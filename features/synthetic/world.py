"""The rules of the synthetic world, read from `world.toml`, where each number has its reason."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from features.errors import KantelpuntError
from features.synthetic.effects import Effects, read_effects

World = Literal["default", "null", "rct", "ignorable", "sign_flip"]
WORLDS: tuple[str, ...] = get_args(World)
PATH = Path(__file__).with_name("world.toml")
Shares = Mapping[str, float]


class CohortRefusedError(KantelpuntError):
    """A synthetic cohort was asked for that cannot be made."""


@dataclass(frozen=True)
class Spread:
    """How the values of one field are spread over persons, and what they hang together with."""

    shares: Shares = field(default_factory=dict)
    share: float | None = None
    quantiles: tuple[tuple[float, float], ...] = ()
    loads: Shares = field(default_factory=dict)
    by: Effects = field(default_factory=dict)
    missing: float = 0.0
    again: float | None = None


@dataclass(frozen=True)
class CohortRules:
    """When persons are screened, and how long they are followed."""

    years: int
    screened_from: int
    screened_until: int
    again_from: int
    again_until: int
    again_share: float
    lost_per_year: float
    smallest: int


@dataclass(frozen=True)
class EntryRules:
    """When and where spells begin, and how many last."""

    survival: Shares
    growth: float
    weekdays: tuple[float, ...]
    months: tuple[float, ...]
    regions: Shares
    sickness_funds: Shares


@dataclass(frozen=True)
class CourseRules:
    """How persons return, and for how long."""

    bend: float
    mean: float
    attempts: float
    ended_share: float
    ended_days: float
    scale: float
    unseen_sd: float
    effects: Effects
    pairs: tuple[tuple[Mapping[str, str], float], ...]


@dataclass(frozen=True)
class ExitRules:
    """How persons leave incapacity without work."""

    rate: float
    effects: Effects


@dataclass(frozen=True)
class GainRange:
    """Mean, least and most of what support adds at middle chances."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class GainRules(GainRange):
    """What support adds to the chance of return."""

    sign_flip: GainRange
    unseen_sd: float
    effects: Effects


@dataclass(frozen=True)
class ReferralRules:
    """Who is referred: by what the contract knows, and by what it does not."""

    effects: Effects
    unseen: Effects


@dataclass(frozen=True)
class SupportRules:
    """When support starts, how long it lasts and what it does to the rate of return."""

    lock_in_days: int
    lock_in_rate: float
    lot: float
    referred_share: float
    shows_up: float
    referred_from: int
    referred_until: int
    starts_from: int
    starts_until: int
    lasts_from: int
    lasts_until: int
    referral: ReferralRules
    kinds: Shares
    partners: Shares


@dataclass(frozen=True)
class ResponseRules:
    """Who answers the questionnaire."""

    mean: float
    item_missing: float
    effects: Effects


@dataclass(frozen=True)
class StrangerRules:
    """What holds for a contract field that the world does not know."""

    effect: float
    gain: float
    referral: float
    load: float
    missing: float


@dataclass(frozen=True)
class Rules:
    """The whole world, as declared."""

    cohort: CohortRules
    entries: EntryRules
    course: CourseRules
    exits: Mapping[str, ExitRules]
    gain: GainRules
    support: SupportRules
    response: ResponseRules
    strangers: StrangerRules
    fields: Mapping[str, Spread]
    groups: Mapping[str, Spread]


@cache
def read_rules(path: Path = PATH) -> Rules:
    """Return the rules of the world."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    entries = raw["entries"]
    return Rules(
        cohort=CohortRules(**raw["cohort"]),
        entries=EntryRules(
            **{
                **entries,
                "weekdays": tuple(entries["weekdays"]),
                "months": tuple(entries["months"]),
                "regions": _to_shares(entries["regions"]),
                "sickness_funds": _to_shares(entries["sickness_funds"]),
            }
        ),
        course=CourseRules(**{**_with_effects(raw["course"]), "pairs": _to_pairs(raw["course"])}),
        exits={name: ExitRules(**_with_effects(item)) for name, item in raw["exits"].items()},
        gain=_read_gain(raw["gain"]),
        support=_read_support(raw["support"]),
        response=ResponseRules(**_with_effects(raw["response"])),
        strangers=StrangerRules(**raw["strangers"]),
        fields={name: _read_spread(item) for name, item in raw["fields"].items()},
        groups={name: _read_spread(item) for name, item in raw["groups"].items()},
    )


def _with_effects(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {**raw, "effects": read_effects(raw["effects"])}


def _to_shares(raw: Mapping[str, Any]) -> dict[str, float]:
    total = sum(raw.values())
    return {level: share / total for level, share in raw.items()}


def _to_pairs(raw: Mapping[str, Any]) -> tuple[tuple[Mapping[str, str], float], ...]:
    return tuple((pair["when"], float(pair["effect"])) for pair in raw.get("pairs", ()))


def _read_gain(raw: Mapping[str, Any]) -> GainRules:
    return GainRules(**{**_with_effects(raw), "sign_flip": GainRange(**raw["sign_flip"])})


def _read_support(raw: Mapping[str, Any]) -> SupportRules:
    referral = ReferralRules(**{key: read_effects(item) for key, item in raw["referral"].items()})
    shares = {key: _to_shares(raw[key]) for key in ("kinds", "partners")}
    return SupportRules(**{**raw, **shares, "referral": referral})


def _read_spread(raw: Mapping[str, Any]) -> Spread:
    quantiles = tuple((float(below), float(value)) for below, value in raw.get("quantiles", ()))
    return Spread(
        **{
            **raw,
            "by": read_effects(raw.get("by", {})),
            "shares": _to_shares(raw.get("shares", {})),
            "quantiles": quantiles,
        }
    )


def fit_rules(rules: Rules, world: World) -> Rules:
    """Return the rules with the gain of a world: where signs flip, as much harm as help."""
    if world != "sign_flip":
        return rules
    return replace(rules, gain=replace(rules.gain, **asdict(rules.gain.sign_flip)))
