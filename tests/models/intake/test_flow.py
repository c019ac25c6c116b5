import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.intake.faults import IntakeError
from models.intake.flow import STEPS, Durations, Flow, Waiting
from models.intake.outlook import simulate
from models.intake.paths import Paths
from models.intake.steps import Step
from models.intake.wobble import Wobble
from tests.models.intake.truth import CHANCES, DELAYS

ROOT = Path(__file__).resolve().parents[3]
REGIONS = ("limburg", "brussel")
MONTHS = np.arange("2026-12", "2027-12", dtype="datetime64[M]").astype("datetime64[D]")


def make_flow(regions: tuple[str, ...] = REGIONS, **parts: Any) -> Flow:
    """Return a flow of the usual chances, 1,000 entries a month per region, and no known cases."""
    count = len(regions)
    tried = np.full(count, 4000.0)
    steps = tuple(
        Step(name, tried, tried * CHANCES[name], np.array(DELAYS[name], float)) for name in STEPS
    )
    flow = Flow(
        as_of=date(2026, 11, 30),
        regions=regions,
        steps=steps,
        waiting=(),
        entries=Paths(regions, MONTHS, np.full(12, 30.0), np.full((200, count, 12), 1000)),
        open_pathways=np.zeros((count, 24), np.int64),
        durations=Durations(np.array([300] * 11 + [200, 100]), np.array([0] * 11 + [100, 100])),
    )
    return replace(flow, **parts)


def wait(step: str, *counts: int) -> Waiting:
    return Waiting(step, np.array([counts, counts]))


def test_without_known_cases_nobody_starts_before_entries_can_have_come_so_far() -> None:
    found = simulate(make_flow(), draws=200)

    assert found.draws["reached"][..., :3].sum() == 0
    assert found.draws["reached"][..., 3:].mean() == pytest.approx(430, rel=0.02)
    assert found.summary()["known"]["all"] == [0.0] * 12


def test_a_cohort_under_way_reaches_its_kantelpunt_in_its_own_month() -> None:
    waiting = (wait("off_1m", 1000), wait("off_2m", 800), wait("off_3m", 500))

    reached = simulate(make_flow(waiting=waiting), draws=200).draws["reached"]

    assert reached[..., 0].mean() == pytest.approx(500 * 0.43 / 0.58, rel=0.02)
    assert reached[..., 1].mean() == pytest.approx(800 * 0.43 / 0.85, rel=0.02)
    assert reached[..., 2].mean() == pytest.approx(1000 * 0.43, rel=0.02)


def test_a_cohort_that_is_late_to_be_counted_is_not_lost() -> None:
    found = simulate(make_flow(waiting=(wait("off_3m", 0, 500),)), draws=200)

    assert found.draws["reached"][..., :3].sum() == 0  # its month is over: it was reached by then
    later = found.draws["screened"][..., 0].mean()
    assert later == pytest.approx(500 * 0.43 / 0.58 * 0.92 * 0.3, rel=0.05)


def test_known_cases_count_by_how_long_they_have_waited() -> None:
    found = simulate(make_flow(waiting=(wait("started", 200, 100, 50),)), draws=2000)

    started = found.draws["started"].mean(axis=0)[0]
    # who waits has not started so far, and some never will
    left = [0.88 * 0.85 / (1 - 0.88 * 0.15), 0.88 * 0.4 / (1 - 0.88 * 0.6)]
    left.append(0.88 * 0.1 / (1 - 0.88 * 0.9))
    assert started[:3].sum() == pytest.approx(np.dot(left, [200, 100, 50]), rel=0.03)
    assert started[0] == pytest.approx(
        left[0] * 200 * 0.45 / 0.85 + left[1] * 100 * 0.3 / 0.4 + left[2] * 50, rel=0.05
    )


def test_who_refused_and_is_left_out_makes_the_rest_surer() -> None:
    flow = make_flow(waiting=(wait("consented", 0, 100),))
    stops = np.array([0.7, 0.2, 0.0])
    steps = [replace(s, stopped=stops) if s.name == "consented" else s for s in flow.steps]

    unknown, known = (
        simulate(one, draws=500).draws["consented"][..., 0].mean()
        for one in (flow, replace(flow, steps=tuple(steps)))
    )

    assert unknown == pytest.approx(100 * 0.075 / (0.075 + 0.25), rel=0.06)
    assert known == pytest.approx(100 * 0.075 / (0.075 + 0.25 * 0.1), rel=0.06)


def test_a_step_that_is_not_counted_lets_everybody_through_and_says_so() -> None:
    flow = make_flow()
    steps = tuple(step for step in flow.steps if step.name != "consented")

    found = simulate(replace(flow, steps=steps), draws=50)

    assert (found.draws["consented"] == found.draws["referred"]).all()
    told = [(one["kind"], one["step"]) for one in found.summary()["notes"]]
    assert ("step_missing", "consented") in told


def test_a_road_without_any_step_still_starts_everybody() -> None:
    found = simulate(make_flow(steps=()), draws=20)

    assert (found.draws["started"] == 1000).all()
    assert found.summary()["known"]["all"][0] == 0


def test_regions_that_nobody_came_to_borrow_and_say_so() -> None:
    flow = make_flow()
    steps = [
        replace(s, tried=np.array([4000.0, 0]), passed=np.array([4000 * CHANCES[s.name], 0]))
        for s in flow.steps
    ]

    found = simulate(replace(flow, steps=tuple(steps)), draws=500)

    wide = found.draws["started"][..., 8].std(axis=0)
    assert wide[1] > 1.5 * wide[0]
    assert found.draws["started"][:, 1, 8].mean() > 0
    notes = found.summary()["notes"]
    assert {"borrowed"} == {one["kind"] for one in notes if one["region"] == "brussel"}


def test_a_step_that_nobody_ever_tried_widens_what_follows_and_says_so() -> None:
    flow = make_flow()
    steps = [
        replace(s, tried=np.zeros(2), passed=np.zeros(2)) if s.name == "started" else s
        for s in flow.steps
    ]

    found = simulate(replace(flow, steps=tuple(steps)), draws=1000)

    low, high = np.quantile(found.get_total("started")[:, 8], (0.025, 0.975))
    assert low < 0.2 * high
    assert ("never_tried", "started") in {(n["kind"], n["step"]) for n in found.summary()["notes"]}


@pytest.mark.parametrize("share", [0.1, 0.6, 0.99])
@pytest.mark.parametrize("wobble", [Wobble(0.01, 0.01), Wobble(0.0, 0.15)])
def test_months_that_differ_widen_the_interval_and_keep_the_mean(
    share: float, wobble: Wobble
) -> None:
    flow = make_flow()
    tried = np.full(2, 1e6)
    plain = tuple(
        replace(s, tried=tried, passed=tried * share) if s.name == "screened" else s
        for s in flow.steps
    )
    varied = tuple(replace(s, wobble=wobble) if s.name == "screened" else s for s in plain)

    sure, unsure = (
        simulate(replace(flow, steps=steps), draws=2000).draws["screened"][..., 6]
        for steps in (plain, varied)
    )

    assert unsure.mean() == pytest.approx(sure.mean(), rel=0.03)
    assert unsure.std() > (1.1 if share < 0.9 else 1.0) * sure.std()


def test_one_region_alone_is_its_own_total() -> None:
    found = simulate(make_flow(("limburg",)), draws=100).summary()

    assert found["measures"]["started"]["all"] == found["measures"]["started"]["limburg"]


def test_pathways_that_are_all_open_fall_back_on_the_published_length_and_say_so() -> None:
    durations = Durations(np.array([50, 30, 10]), np.zeros(3, np.int64))

    found = simulate(make_flow(durations=durations, open_pathways=np.full((2, 3), 20)), draws=200)

    assert 0 < found.draws["caseload"][..., 0].mean() < 60
    assert "no_pathway_ended" in {one["kind"] for one in found.summary()["notes"]}


def test_no_places_at_all_break_in_the_first_month_and_nobody_is_placed() -> None:
    flow = make_flow(waiting=(wait("started", 200),), capacity=np.zeros(2, np.int64))

    found = simulate(flow, draws=100)

    told = found.summary()
    assert told["breaks"]["all"] == {"month": "2026-12", "p": 1.0}
    assert found.draws["placed"].sum() == 0
    assert told["measures"]["wait_months"]["all"]["mean"][0] > 12


def test_coaches_follow_the_hours_of_the_kinds_that_start() -> None:
    flow = make_flow(
        open_pathways=np.full((2, 24), 50),
        kinds=("ips", "training"),
        kind_counts=np.array([[100_000, 0], [0, 100_000]]),
    )

    found = simulate(flow, draws=50)

    per = (found.draws["coaches"] / found.draws["caseload"])[:, :, 0].mean(axis=0)
    assert per == pytest.approx([5.5 / 110, 2.0 / 110], rel=0.02)
    assert set(found.summary()["coaches_by_kind"]) == {"ips", "training"}


def test_people_who_wait_longer_than_anybody_took_are_told() -> None:
    flow = make_flow(waiting=(wait("consented", 0, 0, 9),))
    steps = [
        replace(s, stopped=np.array([0.9, 0.0, 0.0])) if s.name == "consented" else s
        for s in flow.steps
    ]

    kinds = {one["kind"] for one in simulate(replace(flow, steps=tuple(steps))).summary()["notes"]}

    assert "waited_too_long" in kinds


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"as_of": date(2026, 11, 22)}, "last day of a month"),
        ({"as_of": date(2026, 12, 31)}, "the first month to follow as_of"),
        ({"waiting": (wait("nowhere", 1),)}, "waiting: no step is called nowhere"),
        ({"waiting": (Waiting("started", np.ones((3, 1), np.int64)),)}, "one row per region"),
        ({"waiting": (wait("started", -1),)}, "no number under 0"),
        ({"open_pathways": np.ones((3, 1), np.int64)}, "open_pathways: expected one row"),
        (
            {"entries": Paths(("limburg",), MONTHS, np.ones(12), np.ones((9, 1, 12), np.int64))},
            "entries: expected the regions",
        ),
        ({"steps": tuple(reversed(make_flow().steps))}, "steps: expected each at most once"),
        ({"started_so_far": np.array([-1, 1])}, "started_so_far: expected no number under 0"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused_by_name(
    parts: dict[str, Any], told: str
) -> None:
    with pytest.raises(IntakeError, match=told):
        make_flow(**parts)


def test_a_kept_flow_that_was_changed_is_refused() -> None:
    plain = make_flow().to_plain()

    damaged: list[dict[str, Any]] = [
        {"entries": {}},
        {"as_of": "soon"},
        {"steps": [{"name": "off_1m"}]},
    ]
    for damage in damaged:
        with pytest.raises(IntakeError, match="flow: cannot be read"):
            Flow.of(plain | damage)


def test_simulating_loads_nothing_but_numpy() -> None:
    code = (
        "import sys, models.intake.outlook, models.intake.targets, models.intake.known\n"
        "heavy = {'pandas', 'scipy', 'statsmodels', 'sklearn', 'lightgbm'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "[]"
