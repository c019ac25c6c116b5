"""The demo, its training replaced by a model made before; benchmarks/clean_clone.py does it all."""

import json
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

import kantelpunt
from features.progress import tell_steps
from features.tables import read_extract
from models.estimate import GainStatus
from models.intake.targets import read_targets
from serving import demo, demo_history, demo_store, registry
from serving.commands import CHECK_PERSONS, PERSONS
from serving.demo import READY, TARGETS, DemoError, build_settings, prepare
from serving.demo_check import Report
from serving.demo_history import NoHistoryError
from serving.demo_planning import AUTHOR
from serving.server import PortTakenError, open_port
from serving.store.engine import Store
from serving.store.planning import find_plan, list_capacities
from serving.store.planning_entries import EVERY, list_entries
from serving.wording import EN_DASH, ZONE
from tests.running_service import get_bundle_folder, get_gain_bundle


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder; the commands of training are answered at once."""

    def answer(command: str, *arguments: str) -> None:
        if command == "synth":
            assert CliRunner().invoke(kantelpunt.app, [command, *arguments]).exit_code == 0
        if command == "gates":
            gates = [{"name": "fairness", "verdict": "fail"}, {"name": "size", "verdict": "pass"}]
            Path(arguments[-1]).write_text(json.dumps(gates))
        if command == "release":
            assert [word for word in arguments if word in ("fairness", "size")] == ["fairness"]

    # early in a year too few have started a pathway for its end to be told
    for module in (demo, demo_store):
        monkeypatch.setattr(module, "get_now", lambda: datetime(2026, 11, 20, 10, tzinfo=ZONE))
    monkeypatch.setattr(demo, "_run", answer)
    monkeypatch.setattr(registry, "fetch_champion", lambda *_, **__: (get_bundle_folder(), "1"))
    return tmp_path / "demo"


@pytest.fixture
def quick(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder for a demo in which nothing is watched or planned."""
    monkeypatch.setattr(demo_store, "watch", lambda *_: None)
    monkeypatch.setattr(demo_store, "plan_demo", lambda *_: None)
    return folder


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(kantelpunt.app, ["demo", *arguments])
    if result.exception is not None:
        raise result.exception
    return result.output


def test_a_demo_is_made_checked_and_used_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = invoke("--check", "--dir", str(folder), "--persons", "600")
    made = (folder / READY).stat().st_mtime_ns

    monkeypatch.setattr("serving.server.run_server", lambda *_: None)
    again = invoke("--dir", str(folder), "--port", "0")

    assert "voorstel" in said
    assert "op 100" in said
    for user in ("arts.a", "coordinator.a", "planner", "auditor", "dataspecialist", "systeem"):
        assert user in again
    for line in ("export DATABASE_URL=sqlite:///", "export MLFLOW_TRACKING_URI=sqlite:///"):
        assert line in again
    assert f"export KANTELPUNT_TARGETS={folder / 'targets.toml'}" in again
    assert (folder / READY).stat().st_mtime_ns == made
    check_planned(folder)


def check_planned(folder: Path) -> None:
    url = build_settings(folder).database_url
    with closing(Store(url)) as store, store.reading() as connection:
        found, held = find_plan(connection), list_capacities(connection)
        entries = list(list_entries(connection))
    assert found is not None
    [target] = {one["target"] for one in found.plan["targets"]["year_end"]}
    assert found.plan["missing"] == []
    assert sorted(one.region for one in held) == found.plan["outlook"]["regions"]
    assert {one.author for one in held} == {AUTHOR}
    assert entries == [EVERY]
    assert target == read_targets(folder / TARGETS).targets[0].started < 1000


def test_a_demo_keeps_what_became_of_its_cases(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = prepare(quick, persons=1500, fresh=False, step=tell_steps())
    monkeypatch.setenv("DATABASE_URL", made.settings.database_url)
    monkeypatch.setenv("KANTELPUNT_EXPORT_KEY", "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy")

    done = CliRunner().invoke(kantelpunt.app, ["export", "--out", str(tmp_path / "out")])
    extract = read_extract(tmp_path / "out")

    assert "known follow-up" not in done.output
    assert set(extract.follow_up["case_id"]) == set(extract.cases["case_id"])
    assert len(extract.groups) == extract.cases["case_id"].nunique()


def test_help_names_how_many_persons_a_demo_makes() -> None:
    told = " ".join(invoke("--help").replace("│", " ").split())

    assert f"without it {PERSONS:,}, and with --check {CHECK_PERSONS:,}" in told


def test_a_demo_starts_over_when_asked(quick: Path) -> None:
    prepare(quick, persons=600, fresh=False, step=tell_steps())
    secret = (quick / "session-secret").read_text()

    prepare(quick, persons=600, fresh=True, step=tell_steps())

    assert (quick / "session-secret").read_text() != secret


def test_a_check_that_meets_a_fault_says_where_and_fails(
    quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("serving.pages.case_page.open_case", fail)

    with pytest.raises(DemoError, match=r"GET /dossiers/\{case_id\} gave 500 instead of 200"):
        invoke("--check", "--dir", str(quick), "--persons", "600")


def test_a_demo_in_whose_past_nobody_was_screened_asks_for_more_persons(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_history, "YEARS", -1)

    with pytest.raises(NoHistoryError, match="more persons"):
        invoke("--check", "--dir", str(folder), "--persons", "300")


def test_a_demo_sets_its_own_limits_where_the_gain_tells_people_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = Path(demo.__file__).parents[1] / "models" / "limits.toml"
    asked = []

    def answer(command: str, *arguments: str) -> None:
        asked.append(command)
        Path(arguments[arguments.index("--out") + 1]).write_bytes(shipped.read_bytes())

    monkeypatch.setattr(demo, "_run", answer)
    demo._set_limits(tmp_path, get_gain_bundle(GainStatus.SAME_FOR_ALL))
    before = build_settings(tmp_path).limits
    demo._set_limits(tmp_path, get_gain_bundle(GainStatus.ESTIMATED))

    assert before is None
    assert asked == ["limits"]
    assert build_settings(tmp_path).limits == tmp_path / "limits.toml"


def test_a_demo_on_a_port_that_is_taken_does_nothing_first(folder: Path) -> None:
    with open_port("127.0.0.1", 0) as taken:
        taken.listen()
        port = str(taken.getsockname()[1])

        with pytest.raises(PortTakenError):
            invoke("--dir", str(folder), "--port", port)

    assert not folder.exists()


def test_a_step_that_fails_stops_the_demo() -> None:
    with pytest.raises(DemoError, match="`kantelpunt no-such-step` failed"):
        demo._run("no-such-step")


def test_a_service_that_does_not_answer_is_a_failed_call() -> None:
    report = Report()

    report.note("GET", "/healthz", 0, 200)

    assert report.failed == ["GET /healthz gave 0 instead of 200"]


def test_a_check_prints_both_chances_where_the_gain_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {"rank": 1, "case_id": "C-1", "absent_day": 90, "next_clock_days_left": None}
    row |= {"p_usual": 0.31, "low": 0.22, "high": 0.41, "suggestion_nl": "", "reasons": []}
    known = row | {"p_support": 0.44, "support_low": 0.33, "support_high": 0.55}
    unknown = row | {"p_support": None, "support_low": None, "support_high": None}

    Report(top=[known, unknown]).show()

    printed = capsys.readouterr().out
    assert f"31 (22{EN_DASH}41) → 44 (33{EN_DASH}55)" in printed
    assert printed.count("31 (22") == 2
    assert printed.count("→") == 1
