import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import insert, update

import kantelpunt
from features.cohort import build_screenings
from features.contract import default_contract
from features.tables import read_extract, write_tables
from serving.export import Exported, ExportError, export_extract
from serving.outcomes import keep_outcomes
from serving.pseudonyms import Pseudonyms
from serving.settings import SettingsError
from serving.store.engine import EVERY_FUND
from serving.store.tables import cases
from serving.store.work_tables import follow_up, pathways, work_periods
from tests.factories import make_extract_tables, write_extract
from tests.running_service import (
    FUND,
    NOW,
    OTHER_FUND,
    TODAY,
    Service,
    get_other_bundle,
    make_own_case,
)
from tests.serving.referred_cases import list_audit

KEY = "n3Xv8Qp1Zr6Tb0Lk5Wy2Hd9Jc4Fg7SmUe"
LONG_AGO = pd.Timedelta(days=200)  # so that everything in the tables lies before today
TABLES = ("cases", "pathways", "work_periods", "follow_up", "groups")


def export(service: Service, folder: Path, **changes: Any) -> Exported:
    given: dict[str, Any] = {"key": KEY, "now": NOW} | changes
    return export_extract(service.store, folder, **given)


def fill(service: Service, count: int = 40, seed: int = 3) -> dict[str, pd.DataFrame]:
    """Have made-up cases assessed, and keep what became of them. Return their tables."""
    tables = {
        name: table.assign(**{c: table[c] - LONG_AGO for c in table.select_dtypes("datetime")})
        for name, table in make_extract_tables(count, seed=seed).items()
    }
    by = {FUND: "arts", OTHER_FUND: "arts.b"}
    for row in tables["cases"].to_dict("records"):
        case: dict[Any, Any] = {k: None if pd.isna(v) else v for k, v in row.items()}
        for name in ("absence_started_on", "screened_on"):
            case[name] = case[name].date().isoformat()
        for field in default_contract().columns:
            value = case[field.name]
            if value is not None and field.kind == "flag":
                case[field.name] = bool(value)
            elif value is not None and field.integer:
                case[field.name] = int(value)
        answer = service.post(case, user=by[case["sickness_fund"]])
        assert answer.status_code == 201, answer.text
    return tables


@pytest.fixture
def filled(either_service: Service, tmp_path: Path) -> dict[str, pd.DataFrame]:
    tables = fill(either_service)
    extract = read_extract(write_extract(tmp_path / "source", tables))
    keep_outcomes(extract, store=either_service.store, scope=None, user_key="import", now=NOW)
    return tables


def test_an_export_reads_back_as_an_extract_of_the_same_screenings(
    either_service: Service, filled: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    done = export(either_service, tmp_path / "out")

    # nobody else on the machine looks into it
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    given = read_extract(tmp_path / "source")
    found = read_extract(tmp_path / "out", required=TABLES, max_rejected_share=0)
    before, after = build_screenings(given), build_screenings(found)
    assert found.rejected.empty
    assert done.rows == {name: len(getattr(found, name)) for name in TABLES}
    assert done.rows["cases"] == len(filled["cases"])
    assert sorted(map(repr, before.matrix.tolist())) == sorted(map(repr, after.matrix.tolist()))
    for name in ("known_days", "returned", "open_days"):
        ours, theirs = (sorted(map(repr, getattr(one, name).tolist())) for one in (before, after))
        assert ours == theirs
    assert after.by_support.sum() == before.by_support.sum()


def test_no_number_of_a_case_or_person_and_no_text_leaves_the_store(
    either_service: Service, filled: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    with either_service.store.writing(EVERY_FUND) as connection:
        connection.execute(update(pathways).values(kind="Zoals besproken", partner="Jan Peeters"))

    export(either_service, tmp_path / "out")

    written = b"".join(p.read_bytes() for p in sorted((tmp_path / "out").iterdir()))
    names = [*filled["cases"]["case_id"], *filled["cases"]["person_key"], "Peeters", "besproken"]
    assert not [name for name in names if str(name).encode() in written]
    assert not any(name in json.dumps(list_audit(either_service)[-1]) for name in names)


def test_the_same_key_gives_the_same_pseudonyms_and_another_key_others(
    either_service: Service, filled: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    for name, key in (("one", KEY), ("two", KEY), ("three", KEY[::-1])):
        export(either_service, tmp_path / name, key=key)

    one, two, three = (
        set(pd.read_parquet(tmp_path / name / "cases.parquet")["case_id"])
        for name in ("one", "two", "three")
    )
    assert one == two
    assert not one & three
    assert len(one) == len(filled["cases"])


def test_equal_numbers_of_two_funds_get_different_pseudonyms() -> None:
    names = Pseudonyms(KEY)

    told = {
        names.name("case", FUND, "1"),
        names.name("case", OTHER_FUND, "1"),
        names.name("person", FUND, "1"),
        Pseudonyms(KEY + "x").name("case", FUND, "1"),
    }

    assert len(told) == 4
    assert names.name("case", FUND, "1") in told


def test_of_one_screening_day_the_last_assessment_is_told_and_earlier_days_too(
    service: Service, tmp_path: Path
) -> None:
    started = TODAY - timedelta(days=100)
    for days, age in ((85, 40), (85, 41), (95, 42)):
        service.set_clock(NOW + timedelta(minutes=age))
        on = (started + timedelta(days=days)).isoformat()
        service.post(
            make_own_case(absence_started_on=started.isoformat(), screened_on=on, age_years=age)
        )

    export(service, tmp_path / "out")

    found = read_extract(tmp_path / "out").cases
    assert sorted(found["age_years"]) == [41, 42]
    assert found["case_id"].nunique() == 1


def test_what_lies_after_the_last_day_is_not_told(service: Service, tmp_path: Path) -> None:
    service.post(make_own_case(1, screened_on="2026-03-31"))
    service.post(make_own_case(2, screened_on="2026-04-14"))
    until = TODAY - timedelta(days=5)
    of_case = {"sickness_fund": FUND, "case_id": "C-0001"}
    with service.store.writing(FUND) as connection:
        told = {"started_on": until, "ended_on": TODAY}
        connection.execute(insert(work_periods), of_case | told)
        left = {"observed_until": TODAY, "exit": "pension", "exited_on": TODAY}
        connection.execute(insert(follow_up), of_case | left)

    export(service, tmp_path / "out", until=until)

    found = read_extract(tmp_path / "out", max_rejected_share=0)
    assert len(found.cases) == 1
    assert found.work_periods["ended_on"].isna().all()
    assert found.follow_up["observed_until"].dt.date.tolist() == [until]
    assert found.follow_up["exit"].tolist() == [""]


def test_an_observation_that_ended_before_the_first_screening_is_not_told(
    service: Service, tmp_path: Path
) -> None:
    for number in (1, 2):
        service.post(make_own_case(number, screened_on="2026-03-31"))
    with service.store.writing(FUND) as connection:
        for number, day in ((1, date(2026, 3, 30)), (2, date(2026, 3, 31))):
            row = {"sickness_fund": FUND, "case_id": f"C-{number:04d}", "observed_until": day}
            connection.execute(insert(follow_up), row)

    export(service, tmp_path / "out")

    found = read_extract(tmp_path / "out", max_rejected_share=0).follow_up
    assert found["observed_until"].dt.date.tolist() == [date(2026, 3, 31)]


def test_cases_under_an_objection_and_other_contracts_stay_and_are_counted(
    start_service: Callable[..., Service], sqlite_url: str, tmp_path: Path
) -> None:
    other = start_service(sqlite_url, get_other_bundle())
    odd = make_own_case(9) | {"load_kg": 3.0, "shift": "1", "visits": 1, "insured": True}
    names = {f.name for f in default_contract().columns}
    odd = {k: v for k, v in odd.items() if k not in names} | {"mood": "low"}
    assert other.post(odd).status_code == 201, other.post(odd).text
    service = start_service(sqlite_url)
    service.set_clock(NOW + timedelta(minutes=1))
    for number in (1, 2):
        service.post(make_own_case(number))
    with service.store.writing(FUND) as connection:
        connection.execute(update(cases).where(cases.c.case_id == "C-0002").values(is_blocked=True))

    done = export(service, tmp_path / "out")

    assert done.rows["cases"] == 1
    assert vars(done.left_out) == {"other_contract": 1, "objected": 1}
    assert list_audit(service)[-1][1] == {
        "cases": 1,
        "pathways": 0,
        "work_periods": 0,
        "follow_up": 0,
        "groups": 0,
        "other_contract": 1,
        "objected": 1,
    }


def test_nothing_is_written_over_another_export_or_without_a_case(
    service: Service, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "cases.parquet").write_text("earlier")

    with pytest.raises(ExportError, match="an empty folder"):
        export(service, tmp_path / "full")
    with pytest.raises(ExportError, match="no assessment yet"):
        export(service, tmp_path / "new")
    service.post(make_own_case())
    with pytest.raises(ExportError, match="before that day"):
        export(service, tmp_path / "new", until=TODAY - timedelta(days=900))

    assert not (tmp_path / "new").exists()


def test_two_exports_to_one_place_at_the_same_time_never_mix(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(service, 5)
    used: list[Path] = []

    def write_after_another(tables: dict[str, pd.DataFrame], folder: Path) -> None:
        used.append(folder)
        # what is left where it is killed here: nothing under the name, and only its owner's
        assert not (tmp_path / "extract").exists()
        assert folder.stat().st_mode & 0o777 == 0o700
        if len(used) == 1:
            export(service, tmp_path / "extract")
        write_tables(tables, folder)

    monkeypatch.setattr("features.tables.write_tables", write_after_another)
    with pytest.raises(ExportError, match="nothing of it was kept"):
        export(service, tmp_path / "extract")

    assert len(set(used)) == 2
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("extract")] == ["extract"]
    assert len(read_extract(tmp_path / "extract").cases) > 0


@pytest.mark.parametrize("key", ["", "too-short", "change-me-change-me-change-me-change-me"])
def test_an_export_needs_a_key_of_its_own(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path, key: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("KANTELPUNT_EXPORT_KEY", key)
    run = kantelpunt.app

    with pytest.raises(SettingsError, match="KANTELPUNT_EXPORT_KEY"):
        run(["export", "--out", str(tmp_path / "out")], standalone_mode=False)


def test_the_command_tells_what_it_wrote(
    monkeypatch: pytest.MonkeyPatch,
    service: Service,
    sqlite_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service.post(make_own_case())
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("KANTELPUNT_EXPORT_KEY", KEY)

    kantelpunt.app(["export", "--out", str(tmp_path / "out")], standalone_mode=False)

    told = capsys.readouterr().out
    assert "cases 1; pathways 0" in told
    assert "0 assessments under another contract" in told
    assert "0 cases with known follow-up" in told
    assert (tmp_path / "out" / "contract.toml").read_text() == default_contract().text
