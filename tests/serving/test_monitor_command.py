"""`kantelpunt monitor`: exit code, what it prints, its one log line, and what of no store."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import kantelpunt
from models.bundle import write_bundle
from tests.models.test_reference import make_reference
from tests.running_service import (
    FUND,
    NOW,
    OTHER_FUND,
    Service,
    get_bundle,
    get_bundle_folder,
    make_own_case,
)

runner = CliRunner()


@pytest.fixture(autouse=True)
def _store(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("KANTELPUNT_BUNDLE", str(get_bundle_folder()))
    monkeypatch.setattr("serving.deps.get_now", lambda: NOW)


@pytest.fixture
def with_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder, bundle = tmp_path / "bundle", get_bundle()
    model = replace(bundle.model, reference=make_reference(bundle))
    write_bundle(folder, model, bundle.info, bundle.card)
    monkeypatch.setenv("KANTELPUNT_BUNDLE", str(folder))
    return folder


def run(*arguments: str) -> Result:
    done = runner.invoke(kantelpunt.app, ["monitor", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def read_log(done: Result) -> dict[str, Any]:
    (line,) = (json.loads(line) for line in done.stderr.splitlines())
    return dict(line)


def fill(service: Service, count: int, **changes: Any) -> None:
    for number in range(1, count + 1):
        service.post(make_own_case(number, screened_on="2026-04-01", **changes))


def test_a_store_without_estimates_is_no_alarm_and_ends_with_0() -> None:
    done = run()

    assert done.exit_code == 0
    assert "verdict: insufficient_evidence, of 0 checks that could tell; " in done.stdout
    assert read_log(done)["assessments"] == 0


def test_a_bundle_without_a_reference_ends_with_0_and_says_what_it_lacks(service: Service) -> None:
    fill(service, 40)

    done = run("--since", "2026-03-01", "--json")

    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["counts"]["window"] == 40
    why = {one["kind"]: one.get("why") for one in told["checks"]}
    assert (why["input"], why["returns"]) == ("no_reference", "no_reference")


@pytest.mark.usefixtures("with_reference")
def test_an_alarm_ends_with_3_and_is_named_in_what_is_printed_and_in_one_line_of_the_log(
    service: Service,
) -> None:
    fill(service, 120, work_ability=3)

    done = run()

    assert done.exit_code == 3
    assert "120 people in the window, 0 by this version" in done.stdout
    assert done.stdout.startswith("verdict: alarm, of ")
    assert "alarm: input work_ability: " in done.stdout
    line = read_log(done)
    assert (line["event"], line["verdict"], line["level"]) == ("monitor", "alarm", "info")
    assert line["alarms"]["input"] == done.stdout.count("alarm: input ")
    assert line["assessments"] == 120
    assert not [key for key in ("C-0", "P-0", "fonds-a") if key in done.output]


@pytest.mark.usefixtures("with_reference")
def test_as_json_the_whole_report_is_printed_and_nothing_else(service: Service) -> None:
    fill(service, 120, work_ability=3)

    done = run("--since", "2026-03-01", "--json")

    told = json.loads(done.stdout)
    assert done.exit_code == 3
    assert (told["verdict"], told["since"]) == ("alarm", "2026-03-01")
    assert sum(told["alarms"].values()) == sum(one["verdict"] == "alarm" for one in told["checks"])


@pytest.mark.usefixtures("with_reference")
def test_only_the_people_of_the_fund_that_was_asked_are_counted(service: Service) -> None:
    fill(service, 40)
    for number in range(41, 51):
        case = make_own_case(number, screened_on="2026-04-01", sickness_fund=OTHER_FUND)
        assert service.post(case, "arts.b").status_code == 201

    mine, other = run("--fund", FUND), run("--fund", OTHER_FUND)

    assert "\n40 people in the window" in mine.stdout
    assert "\n10 people in the window" in other.stdout


def test_counts_of_fewer_than_five_people_are_not_printed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.registry.open_bundle", lambda _: get_bundle())
    fill(service, 4)

    done = run()

    assert done.exit_code == 0
    assert (
        "\nfewer than 5 people in the window, fewer than 5 by this version; 0 followed, 0 settled\n"
    ) in done.stdout


def empty_store(folder: Path) -> None:
    (folder / "store.db").unlink()
    (folder / "store.db").touch()


def damage_bundle(folder: Path) -> None:
    (folder / "bundle" / "model.json").write_text("{}")


WRONG = [
    (empty_store, "kantelpunt db upgrade"),
    (damage_bundle, "was changed after the release"),
]


@pytest.mark.usefixtures("with_reference")
@pytest.mark.parametrize(("spoil", "said"), WRONG)
def test_without_a_store_or_a_model_to_read_it_ends_with_1_and_one_line(
    spoil: Callable[[Path], None],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(tmp_path)
    monkeypatch.setattr("sys.argv", ["kantelpunt", "monitor"])

    with pytest.raises(SystemExit) as ended:
        kantelpunt.main()

    told = capsys.readouterr()
    assert ended.value.code == 1
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert said in told.err
    assert told.err.count("\n") == 1
