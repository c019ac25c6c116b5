"""A region-by-month world of absences and pathways in which every chance is known."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from models.intake.flow import Durations, Flow, Waiting
from models.intake.paths import Paths
from models.intake.steps import Step, learn_step

Floats = NDArray[np.float64]
LONGEST = 24
FIRST = np.datetime64("2018-01", "M")
SEASON = np.array([1.10, 1.03, 1.04, 0.99, 0.98, 0.98, 0.80, 0.94, 1.07, 1.12, 1.08, 0.80])
REGIONS = (
    "antwerpen",
    "limburg",
    "oost_vlaanderen",
    "vlaams_brabant",
    "west_vlaanderen",
    "brussel",
)
SHARES = np.array([27, 14, 23, 15, 18, 3]) / 100
FLEMISH = 10_000 / 0.43  # spells a month, so that some 10,000 reach their kantelpunt
DELAYS = {
    "off_1m": (0, 1),
    "off_2m": (0, 1),
    "off_3m": (0, 1),
    "screened": (0.7, 0.3),
    "suggested": (1.0,),
    "referred": (0.8, 0.2),
    "referred_other": (0.8, 0.2),
    "consented": (0.6, 0.3, 0.1),
    "started": (0.15, 0.45, 0.3, 0.1),
}
CHANCES = {
    "off_1m": 0.85,
    "off_2m": 0.58 / 0.85,
    "off_3m": 0.43 / 0.58,
    "screened": 0.92,
    "suggested": 0.14,
    "referred": 0.80,
    "referred_other": 0.02,
    "consented": 0.75,
    "started": 0.88,
}


@dataclass(frozen=True)
class Rules:
    """How a world goes: spells a month, growth a year, shocks, and how much regions differ."""

    spells: float = FLEMISH
    months: int = 120
    growth: float = 0.03
    shock: float = 0.0  # standard deviation of the logarithm of the rate of a region and month
    lasts: float = 0.7  # part of a shock that is left a month later
    apart: float = 0.05  # how much chances of regions differ, in log-odds, from `screened` on
    regions: tuple[str, ...] = REGIONS
    shares: tuple[float, ...] = tuple(SHARES)
    lasting: tuple[int, int] = (11, 14)


@dataclass
class World:
    """What happened: tries (regions, months) and passes (regions, months, delays) per step."""

    rules: Rules
    chances: dict[str, Floats]
    tried: dict[str, Floats] = field(default_factory=dict)
    passed: dict[str, Floats] = field(default_factory=dict)
    # starts by region, month and months that they last: open at the ends of so many months more
    lasting: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0, 0), np.int64))

    def count(self, name: str) -> Floats:
        """Return how many passed a step in each month; entries are their own."""
        return self.tried["off_1m"] if name == "entries" else arrive(self.passed[name])


def arrive(passed: Floats) -> Floats:
    """Return passes by the month in which they happened."""
    regions, months, delays = passed.shape
    found = np.zeros((regions, months))
    for delay in range(delays):
        found[:, delay:] += passed[:, : months - delay, delay]
    return found


def make_world(rules: Rules, seed: int) -> World:
    """Return a world from a seed."""
    rng = np.random.default_rng(seed)
    count, months = len(rules.regions), rules.months
    shocks = np.zeros((count, months))
    fresh = rng.normal(0, rules.shock * np.sqrt(1 - rules.lasts**2), (count, months))
    shocks[:, 0] = rng.normal(0, rules.shock, count)
    for month in range(1, months):
        shocks[:, month] = rules.lasts * shocks[:, month - 1] + fresh[:, month]
    rate = rules.spells * (1 + rules.growth) ** (np.arange(months) / 12)
    rate = rate * SEASON[np.arange(months) % 12] / SEASON.mean()
    coming = rng.poisson(np.outer(rules.shares, rate) * np.exp(shocks)).astype(float)
    world = World(rules, {})
    others = np.zeros_like(coming)
    for name, chance in CHANCES.items():
        apart = 0.0 if name.startswith("off") else rules.apart
        odds = np.log(chance / (1 - chance)) + rng.normal(0, apart, count)
        own = 1 / (1 + np.exp(-odds))
        tried = others if name == "referred_other" else coming
        split = own[:, None, None] * np.array(DELAYS[name])
        rest = np.broadcast_to((1 - own)[:, None, None], (count, months, 1))
        full = np.concatenate(
            [np.broadcast_to(split, (count, months, split.shape[2])), rest], axis=2
        )
        passed = rng.multinomial(tried.astype(int), full)[..., :-1].astype(float)
        world.chances[name], world.tried[name], world.passed[name] = own, tried, passed
        if name == "suggested":
            others = tried - passed.sum(axis=2)
        coming = arrive(passed) + (coming if name == "referred_other" else 0)
    low, high = rules.lasting
    even = np.isin(np.arange(LONGEST), range(low, high + 1)) / (high + 1 - low)
    world.lasting = rng.multinomial(coming.astype(int), even)
    return world


def learn(world: World, origin: int, recent: int = 36) -> tuple[Step, ...]:
    """Return the steps as they are learnt from the months before an origin."""
    window = slice(max(0, origin - recent), origin)
    return tuple(
        learn_step(name, world.tried[name][:, window], world.passed[name][:, window])
        for name in CHANCES
    )


def wait(world: World, origin: int) -> tuple[Waiting, ...]:
    """Return who waits before each step at an origin: tries of months before, not passed yet."""
    found = []
    for name in CHANCES:
        delays = len(DELAYS[name])
        counts = np.zeros((len(world.rules.regions), max(delays - 1, 1)), np.int64)
        for age in range(min(delays - 1, origin)):
            month = origin - 1 - age
            counts[:, age] = world.tried[name][:, month] - world.passed[name][
                :, month, : age + 1
            ].sum(axis=1)
        found.append(Waiting(name, counts))
    return tuple(found)


def last_pathways(world: World, origin: int) -> tuple[NDArray[np.int64], Durations]:
    """Return open pathways by age at an origin, and durations learnt from those before it."""
    months, lasts = np.indices(world.lasting.shape[1:])
    age = origin - 1 - months  # whole months since the start at the end of the last month
    known = (age >= 0) * world.lasting
    ended = known * (lasts <= age - 1)
    still = known * (lasts > age - 1)
    open_now = np.zeros((len(known), LONGEST), np.int64)
    np.add.at(open_now.T, np.minimum(age, LONGEST - 1).clip(0), np.moveaxis(still, 0, -1))
    at_risk, ends = np.zeros(LONGEST, np.int64), np.zeros(LONGEST, np.int64)
    np.add.at(ends, lasts.ravel(), ended.sum(axis=0).ravel())
    for place in range(LONGEST):
        at_risk[place] = (ended * (lasts >= place)).sum() + (still * (age > place)).sum()
    return open_now, Durations(at_risk, ends)


def count_open(world: World) -> Floats:
    """Return how many pathways are open at the end of each month, (regions, months)."""
    open_at = np.zeros_like(world.count("started"))
    for lasts in range(LONGEST):
        starts = world.lasting[..., lasts]
        for later in range(lasts + 1):
            open_at[:, later:] += starts[:, : starts.shape[1] - later]
    return open_at


def build_flow(world: World, origin: int, entries: NDArray[np.int64]) -> Flow:
    """Return what is known at an origin, with simulated entries (draws, regions, horizon)."""
    months = FIRST + origin + np.arange(entries.shape[2])
    starts = months.astype("datetime64[D]")
    days = ((months + 1).astype("datetime64[D]") - starts).astype(float)
    open_now, durations = last_pathways(world, origin)
    first: date = starts[0].astype(object)
    return Flow(
        as_of=first - timedelta(days=1),
        regions=world.rules.regions,
        steps=learn(world, origin),
        waiting=wait(world, origin),
        entries=Paths(world.rules.regions, starts, days, entries),
        open_pathways=open_now,
        durations=durations,
    )
