"""`kantelpunt plan`: what it makes of a store, what it says it lacks, and what it never tells."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

import kantelpunt
from serving.planning_counts import Calendar
from serving.planning_entries import EntriesError, read_totals
from serving.planning_run import CannotPlanError
from serving.store.engine import EVERY_FUND
from serving.store.planning import find_plan, get_flow
from serving.store.planning_entries import EVERY
from serving.store.tables import audit
from tests.planned_store import REGIONS, add_case, add_entries, fill, plan, put_capacity
from tests.running_service import (
    FUND,
    NOW,
    OTHER_FUND,
    PASSWORD,
    Service,
    get_bundle_folder,
)

runner = CliRunner()


def list_numbers(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return [n for one in part.values() for n in list_numbers(one)]
    if isinstance(part, list):
        return [n for one in part for n in list_numbers(one)]
    return [part]


def test_a_plan_tells_what_to_expect_of_entries_and_cases_and_is_kept_with_a_line(
    either_service: Service,
) -> None:
    fill(either_service)
    add_entries(either_service.store)

    made = plan(either_service)

    with either_service.store.reading() as connection:
        kept = find_plan(connection)
        assert kept is not None
        flow = get_flow(connection, kept.plan_id)
        lines = connection.execute(select(audit.c.action, audit.c.detail)).all()
    assert kept.plan == json.loads(json.dumps(made.plan))
    assert kept.as_of == date(2026, 3, 31)
    assert kept.plan["outlook"]["months"][0] == "2026-04"
    assert kept.plan["outlook"]["regions"] == list(REGIONS)
    assert [one["kind"] for one in made.missing] == ["no_capacity"]
    entries = kept.plan["outlook"]["measures"]["entries"]["all"]["q"]["0.5"]
    assert 200 < min(entries) <= max(entries) < 320  # some 255 a month came
    assert [step["name"] for step in flow["steps"]][:4] == [
        "off_1m",
        "off_2m",
        "off_3m",
        "screened",
    ]
    assert [tuple(line) for line in lines][-1] == ("make_plan", {"regions": 2, "missing": 1})


def test_without_entries_the_screenings_stand_in_and_the_plan_says_so(service: Service) -> None:
    fill(service)

    made = plan(service)

    assert [one["kind"] for one in made.missing] == ["no_entries", "no_capacity"]
    assert made.plan["forecast"]["of"] == "screened"
    assert made.plan["history"]["entries"] is None
    measures = made.plan["outlook"]["measures"]
    assert measures["entries"] == measures["screened"]


def test_an_empty_store_cannot_be_planned_from(service: Service) -> None:
    with pytest.raises(CannotPlanError, match="--entries FILE"):
        plan(service)


def test_old_entries_are_left_and_late_ones_are_expected(service: Service) -> None:
    fill(service)
    add_entries(service.store, 6, until=date(2025, 11, 1))

    old = plan(service)
    add_entries(service.store, until=date(2026, 3, 1))
    late = plan(service)

    assert "entries_old" in {one["kind"] for one in old.missing}
    assert "entries_late" in {one["kind"] for one in late.missing}
    assert late.plan["outlook"]["months"][0] == "2026-04"


@pytest.mark.parametrize(
    ("month", "regions", "missing"),
    [
        (date(2026, 2, 1), ["antwerpen", "gent", "limburg"], ("entries_late", "no_capacity")),
        (date(2025, 2, 1), ["antwerpen", "limburg"], ("region_silent", "no_capacity")),
    ],
)
def test_one_region_that_is_late_keeps_nobody_from_planning(
    service: Service, month: date, regions: list[str], missing: tuple[str, ...]
) -> None:
    fill(service)
    add_entries(service.store)
    row = {"month": month.isoformat(), "region": "gent", "entered": 50}
    body, own = {"entries": [row]}, ("systeem", PASSWORD)
    assert service.client.post("/api/v1/entries", json=body, auth=own).status_code == 200

    made = plan(service)

    assert made.plan["outlook"]["regions"] == regions
    assert tuple(one["kind"] for one in made.missing) == missing


def test_cases_of_a_region_that_no_total_names_are_told(service: Service) -> None:
    for number in range(5):
        add_case(service, number, date(2026, 2, 2), region="brussel")
    add_entries(service.store)

    made = plan(service)

    assert [one["kind"] for one in made.missing] == ["region_unknown", "no_capacity"]
    assert "brussel" in made.missing[0]["text"]


def test_entries_of_funds_add_up_and_a_fund_that_stopped_is_named(service: Service) -> None:
    for fund, until in ((FUND, None), (OTHER_FUND, date(2026, 3, 1))):
        add_entries(service.store, fund=fund, until=until)

    with service.store.reading(EVERY_FUND) as connection:
        found = read_totals(connection, Calendar.before(NOW.date()))

    assert found is not None
    entered = found.counts["entered"]
    assert entered[0, -2] == 2 * (120 + 2)
    assert str(entered[0, -1]) == "nan"  # March of the other fund is not known
    assert found.silent == (OTHER_FUND,)
    add_entries(service.store, fund=EVERY)
    with service.store.reading(EVERY_FUND) as connection:
        whole = read_totals(connection, Calendar.before(NOW.date()))
    assert whole is not None
    assert whole.counts["entered"][0, -1] == 123  # what was given of every fund counts first


def test_no_small_count_stands_in_a_plan(service: Service) -> None:
    fill(service)
    add_entries(service.store)

    made = plan(service)

    history = made.plan["history"]
    told = list_numbers([part for name, part in history.items() if name != "months"])
    assert None in told
    assert not [n for n in told if n is not None and 0 < n < 5]
    targets = made.plan["targets"]
    for row in targets["funnel"]["regions"]:
        assert row["tried"] is None or min(
            row["passed"], row["tried"] - row["passed"]
        ) not in range(1, 5)
    for row in targets["outflow"]:
        assert row["started"] >= 5
    assert made.plan["started_so_far"][-1] is None or made.plan["started_so_far"][-1] >= 5
    assert all(
        float(n).is_integer()
        for name, told in made.plan["outlook"]["measures"].items()
        if name not in ("coaches", "wait_months")
        for one in told.values()
        for n in list_numbers(one["q"])
    )


def test_a_plan_names_no_case_and_no_person(service: Service) -> None:
    fill(service)
    add_entries(service.store)

    made = plan(service)

    with service.store.reading() as connection:
        kept = find_plan(connection)
        assert kept is not None
        text = json.dumps([made.plan, get_flow(connection, kept.plan_id)])
    assert not [mark for mark in ("C-0", "P-0", FUND, '"arts"') if mark in text]


@pytest.fixture
def command(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("KANTELPUNT_BUNDLE", str(get_bundle_folder()))
    monkeypatch.setattr("serving.deps.get_now", lambda: NOW)


def run(*arguments: str) -> Any:
    done = runner.invoke(kantelpunt.app, ["plan", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def write_entries(path: Path, first: date, months: int) -> None:
    lines = ["month,region,entered"]
    for _ in range(months):
        lines += [f"{first:%Y-%m},{region},120" for region in REGIONS]
        first = (first + timedelta(days=31)).replace(day=1)
    path.write_text("\n".join(lines))


@pytest.mark.usefixtures("command")
def test_the_command_keeps_a_file_of_entries_plans_and_says_what_it_lacks(
    service: Service, tmp_path: Path
) -> None:
    fill(service, 12)
    write_entries(tmp_path / "entries.csv", date(2025, 2, 1), 14)

    done = run("--entries", str(tmp_path / "entries.csv"))
    as_json = run("--json", "--as-of", "2026-03-02")

    assert done.exit_code == 0
    assert "entries: 28 months of regions kept" in done.stdout
    assert "plan of 2026-03-31, 2 regions" in done.stdout
    assert "missing: no capacity is set" in done.stdout
    assert "limit on the gain in antwerpen: 0.100, proposed none (no_capacity)" in done.stdout
    assert json.loads(as_json.stdout)["as_of"] == "2026-02-28"


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fund", "fonds-a"), "goes with --entries"),
        (("--as-of", "2027-01-01"), "has yet to come"),
        (("--as-of", "2026-01-01", "--set-limits"), "from next month"),
    ],
)
def test_words_that_do_not_go_together_are_refused(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)

    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split()).replace("│ ", "")


@pytest.mark.usefixtures("command")
def test_weeks_are_refused_as_entries(tmp_path: Path) -> None:
    path = tmp_path / "entries.csv"
    path.write_text(
        "period_started_on,period_ended_on,region,entered\n"
        "2026-01-05,2026-01-11,limburg,30\n2026-01-12,2026-01-18,limburg,31\n"
    )

    with pytest.raises(EntriesError, match="calendar months"):
        run("--entries", str(path))


def test_after_december_a_new_year_begins_at_nought(service: Service) -> None:
    fill(service)
    later = NOW.replace(year=2027, month=1, day=5)

    made = plan(service, later)
    before = plan(service, later.replace(day=1, month=12, year=2026))

    assert made.plan["as_of"] == "2026-12-31"
    assert made.plan["started_so_far"] == [0, 0, 0]
    assert made.plan["targets"]["year_end"][0]["so_far"] == 0
    assert before.plan["started_so_far"][-1] == 11


def test_a_plan_counts_on_the_places_of_next_month_and_not_on_later_ones(service: Service) -> None:
    fill(service)
    add_entries(service.store)
    for day, places in (("2026-01-01", 60), ("2026-05-01", 80), ("2026-06-01", 99)):
        body = {"region": "antwerpen", "valid_from": day, "places": places, "reason": "meting"}
        put_capacity(service, body)

    plan(service)

    with service.store.reading() as connection:
        kept = find_plan(connection)
        assert kept is not None
        flow = get_flow(connection, kept.plan_id)
    assert flow["capacity"] == [80, -1]  # nobody set any for the other
    service.log_on("planner")
    for page in ("", "/capaciteit", "/doelen", "/scenarios?plaatsen-limburg=5"):
        assert service.client.get(f"/planning{page}").status_code == 200
    for part in ("forecast", "capacity", "targets", "forecast.csv", "forecast.xlsx"):
        assert service.get(f"/api/v1/{part}", "planner").status_code == 200
