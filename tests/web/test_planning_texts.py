"""What the planner's pages say: in words, with an interval, and nothing that was not counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.intake.flow import STEPS
from models.intake.telling import TEXTS
from serving.pages.planning_answers import list_answers
from serving.pages.planning_breaks import tell_break
from serving.pages.planning_capacity import CapacityView
from serving.pages.planning_head import HeadView
from serving.pages.planning_lookback import LookbackView
from serving.pages.planning_notes import SERIES_KINDS_NL, STEP_KINDS_NL, STEP_NL, tell_notes
from serving.pages.planning_overview import OverviewView
from serving.pages.planning_plan import HIDDEN_NL, Plan, chance_nl, list_rows
from serving.pages.planning_question import Question, tell_change
from serving.pages.planning_scenarios import tell_hints
from serving.pages.planning_targets import TargetsView
from serving.planning import OLD_DAYS
from tests.planning_plans import FEW, make_plan

NOW = datetime(2026, 4, 15, 10, 0, tzinfo=UTC)
REGIONS = ("antwerpen", "limburg")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(make_plan())


def change(plan: Plan, **parts: Any) -> Plan:
    """Return a plan with other parts of its outlook."""
    return Plan({**plan.kept, "outlook": {**plan.outlook, **parts}})


def test_three_figures_come_first_each_with_how_sure_it_is(plan: Plan) -> None:
    quarter, room, goal = OverviewView.of(plan, {}).figures

    assert quarter.value.replace(".", "").isdigit()
    assert quarter.note.startswith("8 op 10 kans op ")
    assert "kans dat het binnen 18 maanden krap wordt" in room.note
    assert goal.label == "Kans op het doel van 2026"
    assert "op 100" in goal.value


def test_a_margin_is_never_from_a_number_to_the_same_number(plan: Plan) -> None:
    [step, *_] = plan.kept["stages"]
    narrow = Plan({**plan.kept, "stages": [{**step, "low": 0.846, "high": 0.853}]})

    [row] = OverviewView.of(narrow, {}).stages

    assert row.interval.replace("\N{NO-BREAK SPACE}", " ") == "84,6 % tot 85,3 %"


def test_who_asks_what_if_reads_how_many_consent_now(plan: Plan) -> None:
    [share] = [one["mean"] for one in plan.kept["stages"] if one["step"] == "consented"]

    assert tell_hints(plan)["consent"].endswith(f" Nu {round(100 * share)}.")


NOW_NL = [((0.08, 0.08), " Nu 8,0 punten."), ((0.095, 0.06), " Nu 6,0 tot 9,5 punten, naargelang")]


@pytest.mark.parametrize(("held", "told"), NOW_NL)
def test_who_asks_what_if_reads_from_which_limit_it_departs(
    plan: Plan, held: tuple[float, float], told: str
) -> None:
    regions = {key: {"now": now} for key, now in zip(plan.regions, held, strict=False)}

    hint = tell_hints(Plan({**plan.kept, "limits": {"regions": regions}}))["gain"]

    assert hint.removeprefix("Hoger: minder voorstellen tot steun. Lager: meer.").startswith(told)


def test_a_plan_without_limits_tells_none(plan: Plan) -> None:
    assert tell_hints(Plan({**plan.kept, "limits": None}))["gain"].endswith("Lager: meer.")


def test_the_table_tells_the_last_year_and_every_month_to_come(plan: Plan) -> None:
    rows = list_rows(plan.tell_story("started"))

    assert [row.is_past for row in rows] == [True] * 12 + [False] * 18
    assert all(row.inner and row.outer for row in rows if not row.is_past)


def test_an_address_that_cannot_be_read_shows_the_first_measure_of_all_regions(plan: Plan) -> None:
    view = OverviewView.of(plan, {"meting": "<b>", "regio": "mars"})

    assert view.title == "Gestarte trajecten per maand, alle regio's samen"


def test_what_is_hidden_is_said_to_be_and_never_drawn() -> None:
    view = OverviewView.of(Plan(make_plan(spells=FEW / 2)), {"regio": "brussel"})

    assert {row.middle for row in view.rows if row.is_past} == {HIDDEN_NL}
    assert (view.fans[0].dots, view.bars) == ([], ())


@pytest.mark.parametrize(
    ("p", "told"),
    [(1.0, "meer dan 99 op 100"), (0.0, "minder dan 1 op 100"), (0.634, "63 op 100")],
)
def test_no_chance_is_told_as_certain(p: float, told: str) -> None:
    assert chance_nl(p) == told


@pytest.mark.parametrize(
    ("month", "p", "word", "when", "told"),
    [
        ("2026-05", 0.71, "krap", "mei 2026 (71 op 100)", "Te krap vanaf mei 2026. 71 op"),
        (None, 0.5, "kan krap worden", "geen vaste maand (50 op 100)", "Kan krap worden. 50 op"),
        (None, 0.49, "volstaat waarschijnlijk", "niet verwacht", "Volstaat waarschijnlijk. 49 op"),
        (None, 0.2, "volstaat waarschijnlijk", "niet verwacht", "Volstaat waarschijnlijk. 20 op"),
        (None, 0.19, "volstaat", "niet verwacht", "Volstaat. 19 op"),
    ],
)
def test_a_region_is_called_as_its_chance_says_wherever_it_is_told(
    plan: Plan, month: str | None, p: float, word: str, when: str, told: str
) -> None:
    told_of = {"month": month, "p": p}

    breaking = change(plan, breaks={"all": told_of, "antwerpen": told_of})

    view = CapacityView.of(breaking, {}, {})
    card = next(one for one in view.cards if one.name == "Antwerpen")
    assert (card.word, card.is_enough) == (word, p < 0.5)
    assert view.told == f"{told} 100 kans dat het ooit krap wordt in 18 maanden."
    # the word stands beside it: only a month says more than that word
    assert card.told == (view.told if month else view.told.partition(". ")[2])
    assert next(row for row in view.table if row.name == "Antwerpen").breaks == when
    assert OverviewView.of(breaking, {}).figures[1].value == when.partition(" (")[0]
    [[cell]] = [cells for label, cells in list_answers([breaking]) if label == "Te krap vanaf"]
    assert cell.value.lower() == when.partition(" (")[0]


def test_where_nobody_set_any_room_nothing_is_said_to_suffice(plan: Plan) -> None:
    nobody = change(plan, capacity=None)

    view = CapacityView.of(nobody, {}, {})

    assert tell_break(nobody) == view.told == "Er is nog geen capaciteit ingevuld."
    assert {card.word for card in view.cards} == {""}
    assert {row.breaks for row in view.table} == {"niet bekend"}
    assert not view.has_limit


def test_coaches_of_all_kinds_and_regions_stand_in_one_table(plan: Plan) -> None:
    coaches = CapacityView.of(plan, {}, {"ips": "IPS in het kort"}).coaches

    assert coaches is not None
    assert [name for name, _ in coaches.rows] == [
        "Oriëntatie", "Jobcoaching", "IPS in het kort", "Samen",
    ]  # fmt: skip
    assert all(len(cells) == len(coaches.regions) for _, cells in coaches.rows)


@pytest.mark.parametrize(("days", "old"), [(OLD_DAYS, 0), (OLD_DAYS + 1, OLD_DAYS + 1)])
def test_a_plan_that_missed_a_month_is_called_old(days: int, old: int) -> None:
    made = NOW - timedelta(days=days)

    assert HeadView.of(made, made.date(), NOW).old_days == old


def test_every_note_of_the_simulation_has_a_sentence_in_dutch(plan: Plan) -> None:
    notes = [{"kind": kind, "step": "started", "region": "limburg"} for kind in TEXTS]

    told = tell_notes(change(plan, notes=notes).kept)

    assert set(STEP_KINDS_NL) == set(TEXTS)
    assert set(STEPS) <= set(STEP_NL)
    assert len(told) == len(TEXTS)
    assert not any(text in " ".join(told) for text in TEXTS.values())


def test_notes_on_series_are_told_once_per_kind_with_where_and_when(plan: Plan) -> None:
    note = {"kind": "outlier", "region": "all", "month": "2024-12", "text": "x"}
    places = [note | {"region": f"region_{n}"} for n in "abcdefgh"]
    notes = [note, *places, note | {"kind": "level_shift", "region": "limburg"}]

    told = tell_notes({**plan.kept, "forecast": {"notes": notes}})

    assert len(told) == 2
    assert told[0].startswith("Uitschieters: alle regio's samen in december 2024, Region-A")
    assert "en 3 andere" in told[0]
    assert "Limburg in december 2024" in told[1]


def test_kinds_of_notes_are_those_of_the_forecast() -> None:
    assert set(SERIES_KINDS_NL) == {
        "outlier", "level_shift", "gap", "borrowed", "fallback", "empty",
    }  # fmt: skip


def test_looking_back_is_told_against_last_year_again(plan: Plan) -> None:
    view = LookbackView.of(plan)

    assert view is not None
    assert view.told.startswith("Onze verwachting zat er gemiddeld ")
    assert view.methods[0].used == "voor alle maanden"
    assert len(view.ahead) == 12
    assert [one.promise for one in view.covers] == ["8 op 10", "19 op 20"]


def test_a_method_that_is_no_better_is_not_praised(plan: Plan) -> None:
    methods = dict(plan.kept["backtest"]["methods"])
    methods["layered"] = methods["mean_12"]
    worse = {**plan.kept["backtest"], "methods": methods}

    view = LookbackView.of(Plan({**plan.kept, "backtest": worse}))

    assert view is not None
    assert "even ver naast" in view.told or "verder naast" in view.told


def test_targets_name_the_regions_that_chance_does_not_explain(plan: Plan) -> None:
    funnel = dict(plan.kept["targets"]["funnel"])
    rows = [dict(row) for row in funnel["regions"]]
    rows[1]["beyond"], rows[3]["beyond"] = "99.8", "95"
    odd = {**plan.kept["targets"], "funnel": {**funnel, "regions": rows}}

    found = TargetsView.of(Plan({**plan.kept, "targets": odd})).funnel

    assert found is not None
    assert found.told == "Eén regio verschilt meer dan toeval verklaart: Limburg."
    assert [row[3] for row in found.rows][1:4] == [
        "geen toeval",
        "springt er niet uit",
        "kan toeval zijn",
    ]


def test_a_question_is_read_as_people_write_numbers() -> None:
    sent = {"meerwaarde": "4,5", "toestemming": " 90 ", "plaatsen-limburg": "640", "doel": "9000"}

    asked = Question.of(sent, REGIONS)

    assert asked.faults == {}
    assert asked.to_plain() == {
        "gain_from": pytest.approx(0.045),
        "consent": {"all": 0.9},
        "capacity": {"limburg": 640},
        "target": 9000,
    }
    assert tell_change(asked.to_plain(), {"limburg": "Limburg"}) == [
        "grens op de meerwaarde 4,5 punten",
        "toestemming 90 op 100",
        "Limburg: plaats voor 640",
        "doel 9.000",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("meerwaarde", "veel"), ("meerwaarde", "51"), ("meerwaarde", "4,55"), ("meerwaarde", "1e1"),
        ("toestemming", "0"), ("toestemming", "101"), ("toestemming", "\uff19\uff10"),
        ("doel", "0"),
        ("doel", "9.000"), ("plaatsen-limburg", "-1"), ("plaatsen-limburg", "1" * 12),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_fault_at_its_field_and_asks_nothing(name: str, text: str) -> None:
    asked = Question.of({name: text}, REGIONS)

    assert list(asked.faults) == [name]
    assert asked.to_plain() == {}
    assert asked.is_asked


def test_months_in_a_row_are_told_together() -> None:
    choice = ["layered", "layered", "mean_12", "layered"]
    score = {"mase": [0.5] * 4, "coverage": {"0.8": [0.8] * 4, "0.95": [0.95] * 4}}
    methods = {key: {"regions": score} for key in ("seasonal_naive", "mean_12", "layered")}
    told = {"methods": methods, "choice": choice, "origins": ["2025-01", "2025-02"], "horizon": 4}

    view = LookbackView.of(Plan({"backtest": told}))

    assert view is not None
    used = {one.used for one in view.methods}
    assert used == {"voor maand 1 tot 2 en 4 vooruit", "voor maand 3 vooruit", "niet gebruikt"}
