"""The road from entry to pathway, held against worlds in which every chance is known.

`python -m benchmarks.intake_chain [WORLDS [ORIGINS]]`. Six regions with the season and growth of
the synthetic world, 96 months of history. Shocks, where there are any, are on the logarithm of the
entries of each region and month: standard deviation 0.08, of which 0.7 is left a month later, as
epidemics go.

What is known ahead is held against a forecast of the series of the same measure alone. How much
better it can be has a floor: who of the known cases goes on, and when, is by lot as well, and no
forecast foresees that. The floor is printed beside each figure: the error of who knows every chance
and every entry to come. Where it is over 0.6 of the error of the series, 0.6 cannot be held by
anybody, and the limit is 5 % over the floor.
"""

import sys
import time
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Board
from models.intake.chances import draw_chances
from models.intake.change import Change
from models.intake.flow import Flow
from models.intake.forecast import forecast
from models.intake.mix import Mix
from models.intake.outlook import simulate
from models.intake.panel import of_months
from tests.models.intake.truth import (
    FIRST,
    FLEMISH,
    Floats,
    Rules,
    World,
    build_flow,
    count_open,
    learn,
    make_world,
)

DEFAULTS = ("10", "8")
WARM = 12  # months until the first spells have come to an end
HISTORY, HORIZON, DRAWS = 96, 12, 500
# chosen, from no source: what is known of cases has to take away two fifths of the error, or it is
# not worth keeping beside the series; where chance alone leaves more, the floor is the limit
MOST_ERROR = 0.6
NEAR = 1.05  # times the floor
COVERS = {"80": (0.76, 0.84), "95": (0.92, 0.97)}
SETTINGS = {
    "Flemish scale, shocks": Rules(shock=0.08),
    "Flemish scale, no shocks": Rules(),
    "a tenth, shocks": Rules(spells=FLEMISH / 10, shock=0.08),
    "a tenth, no shocks": Rules(spells=FLEMISH / 10),
}
MEASURES = {"reached": "off_3m", "started": "started"}
SECONDS = 1.0


@dataclass
class Errors:
    """Absolute errors at horizons 1 to 3, and places of the truth among the draws, per measure."""

    ours: dict[str, list[Floats]] = field(default_factory=dict)
    series: dict[str, list[Floats]] = field(default_factory=dict)
    floor: dict[str, list[Floats]] = field(default_factory=dict)
    places: dict[str, list[Floats]] = field(default_factory=dict)


def predict(counts: Floats, until: int, seed: int) -> NDArray[np.int64]:
    """Return the forecast of a series alone: simulated counts, (draws, regions, horizon)."""
    months = tuple(str(FIRST + place) for place in range(WARM, until))
    regions = tuple(f"r{place}" for place in range(len(counts)))
    panel = of_months(regions, months, counts[:, WARM:until])
    return forecast(panel, HORIZON, draws=DRAWS, seed=seed).paths.counts


def find_places(drawn: Floats, came: Floats, rng: np.random.Generator) -> Floats:
    """Return where the truth lies among the draws, from 0 to 1; by lot among draws equal to it.

    Counts are whole: without that lot an interval of few people would hold more than it says.
    """
    below, same = (drawn < came).mean(axis=0), (drawn == came).mean(axis=0)
    return np.asarray(below + rng.random(came.shape) * same)


def try_origin(world: World, origin: int, errors: Errors, seed: int) -> None:
    """Add the errors of one origin."""
    rng = np.random.default_rng([seed, origin])
    until = slice(origin, origin + HORIZON)
    flow = build_flow(world, origin, predict(world.count("entries"), origin, seed))
    found = simulate(flow, draws=DRAWS, seed=seed)
    truth = know_all(world, origin, flow, seed)
    for measure, name in MEASURES.items():
        came = world.count(name)[:, until]
        drawn = found.draws[measure]
        alone = predict(world.count(name), origin, seed)
        for where, add in (("region", False), ("all", True)):
            key = f"{measure}, {where}"
            parts: list[Floats] = [drawn, np.asarray(alone, float), truth[measure], came]
            if add:
                parts = [part.sum(axis=-2, keepdims=True) for part in parts]
            one, other, best, real = parts
            errors.ours.setdefault(key, []).append(miss(one, real))
            errors.series.setdefault(key, []).append(miss(other, real))
            errors.floor.setdefault(key, []).append(miss(best, real))
            errors.places.setdefault(key, []).append(find_places(one, real, rng))
    load = found.draws["caseload"].sum(axis=1, keepdims=True)
    open_now = count_open(world)[:, until].sum(axis=0, keepdims=True)
    errors.places.setdefault("caseload, all", []).append(find_places(load, open_now, rng))


def know_all(world: World, origin: int, flow: Flow, seed: int) -> dict[str, Floats]:
    """Return draws of who knows all chances and entries: only lot is left."""
    steps = tuple(
        replace(
            step,
            tried=np.full(len(step.tried), 1e9),
            passed=1e9 * world.chances[step.name],
            wobble=type(step.wobble)(),
        )
        for step in flow.steps
    )
    came = world.count("entries")[:, origin : origin + HORIZON].astype(np.int64)
    entries = replace(flow.entries, counts=np.broadcast_to(came, (DRAWS, *came.shape)))
    sure = replace(flow, steps=steps, entries=entries)
    return simulate(sure, draws=DRAWS, seed=seed).draws


def miss(drawn: Floats, came: Floats) -> Floats:
    """Return the mean absolute error of the median at horizons 1 to 3."""
    return np.asarray(np.abs(np.median(drawn, axis=0) - came)[:, :3].mean(axis=0))


def check_setting(name: str, worlds: int, origins: int, board: Board) -> None:
    """Print the errors and the coverage in worlds of one kind."""
    errors = Errors()
    first = WARM + HISTORY
    rules = replace(SETTINGS[name], months=first + 5 * origins + HORIZON)
    for seed in range(worlds):
        world = make_world(rules, seed)
        for number in range(origins):  # five months apart: every month of the year comes by
            try_origin(world, first + 5 * number, errors, seed)
    print(f"\n {name}: {worlds} worlds, {origins} origins")
    for key in errors.ours:
        tell_errors(name, key, errors, board)
    for key, places in errors.places.items():
        tell_coverage(name, key, np.array(places), board)


def tell_errors(name: str, key: str, errors: Errors, board: Board) -> None:
    """Print the error with known cases as a part of that of the series alone."""
    ours, series, floor = (
        np.mean(part[key], axis=0) for part in (errors.ours, errors.series, errors.floor)
    )
    share, best = float(ours.mean() / series.mean()), float(floor.mean() / series.mean())
    each = ", ".join(f"{one:.2f}" for one in ours / series)
    print(f"  [{key}: error {ours.mean():.1f}, series {series.mean():.1f}; by horizon {each}]")
    board.add(f"{name}: {key}: least that chance allows", best, "of series-only error")
    most = max(MOST_ERROR, NEAR * best)
    limit = (
        f"at most {MOST_ERROR}"
        if most == MOST_ERROR
        else f"chance allows no {MOST_ERROR}: {most:.3g}"
    )
    what = f"{name}: {key}: error at horizons 1-3"
    board.add(what, share, "of series-only", limit, share <= most)


def tell_coverage(name: str, key: str, places: Floats, board: Board) -> None:
    """Print how often intervals hold what came, at horizons 1 to 12.

    Origins are few, and months of one origin are right or wrong together: limits leave room for two
    standard errors over origins.
    """
    for level, (low, high) in COVERS.items():
        tail = (1 - int(level) / 100) / 2
        held = ((places > tail) & (places < 1 - tail)).mean(axis=1)
        share, steps = float(held.mean()), held.mean(axis=0)
        room = 2 * float(held.mean(axis=1).std()) / np.sqrt(len(held))
        print(
            f"  [{steps.min():.2f} to {steps.max():.2f} by horizon; two standard errors {room:.3f}]"
        )
        what = f"{name}: {key}: {level} % intervals hold"
        limit = f"{low:g} to {high:g}, give or take {room:.2g}"
        board.add(what, share, "", limit, low - room <= share <= high + room)


def check_chances(board: Board, worlds: int) -> None:
    """Print how often intervals of learnt chances hold the true ones."""
    for name, rules in (("Flemish scale", Rules()), ("a tenth", Rules(spells=FLEMISH / 10))):
        rules = replace(rules, months=60, apart=0.1)
        places = []
        for seed in range(worlds):
            world = make_world(rules, seed)
            for step in learn(world, 59):
                drawn = draw_chances(step, 500, np.random.default_rng(seed))
                places.append((drawn < world.chances[step.name]).mean(axis=0))
        for level, (low, high) in {"80": (0.76, 0.88), "95": (0.92, 0.98)}.items():
            tail = (1 - int(level) / 100) / 2
            share = float(((np.array(places) > tail) & (np.array(places) < 1 - tail)).mean())
            what = f"learnt chances, {name}: {level} % intervals hold"
            board.add(what, share, "", f"{low:g} to {high:g}", low <= share <= high)


def check_speed(board: Board) -> None:
    """Print the time of a what-if over 25 regions, 18 months and 1,000 draws, summary and all."""
    regions = tuple(f"r{place}" for place in range(25))
    rules = Rules(regions=regions, shares=(0.04,) * 25, months=HISTORY + 18)
    world = make_world(rules, 1)
    came = world.count("entries")[:, HISTORY:]
    entries = np.random.default_rng(1).poisson(came, (1000, *came.shape))
    limits = tuple(np.arange(0, 0.31, 0.05))
    refer = np.outer(np.full(25, 5000), np.linspace(0.5, 0, len(limits)))
    mix = Mix(limits=limits, refer=refer, screened=np.full(25, 5000.0), gain_from=0.1)
    flow = replace(
        build_flow(world, HISTORY, entries),
        mix=mix,
        capacity=np.full(25, 600),
        kinds=("ips",),
        kind_counts=np.full((25, 1), 90),
    )
    change = Change(0.12, {"all": 0.8}, {"r1": 700}, 9000)
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        simulate(flow, change).summary()
        took.append(time.perf_counter() - begun)
    fastest, limit = min(took), f"under {SECONDS:g} s"
    what = "what-if of 25 regions, 18 months, 1,000 draws, told in full, best of 5"
    board.add(what, fastest, "s", limit, fastest < SECONDS)


def main(arguments: list[str]) -> None:
    """Run all parts and print each figure."""
    worlds, origins = (int(one) for one in (*arguments, *DEFAULTS[len(arguments) :]))
    board = Board("intake_chain")
    check_speed(board)
    check_chances(board, 4 * worlds)
    for name in SETTINGS:
        check_setting(name, worlds, origins, board)
    board.close()


if __name__ == "__main__":
    main(sys.argv[1:])
