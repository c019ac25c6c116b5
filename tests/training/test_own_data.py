"""The guide to bring your own data: its SQL, its contract and its commands do what they say."""

import hashlib
import re
import shlex
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from features.contract import Contract, parse_contract
from features.synthetic import Cohort, build_cohort
from kantelpunt import app
from tests.tracking import make_tracking

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "eigen-gegevens.md").read_text("utf-8")
COMMANDS = re.findall(r"^    kantelpunt (.+)$", GUIDE, re.MULTILINE)
QUERIES = dict(re.findall(r"^`(\w+)\.csv`.*?```sql\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL))
RUNNER = CliRunner()


@pytest.fixture(scope="module")
def contract() -> Contract:
    found = re.search(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    return parse_contract(found.group(1))


def fill_fund(cohort: Cohort, fund: sqlite3.Connection) -> None:
    """Write the tables of a fund, with its names and its numbers of persons."""
    tables = {name: table.copy() for name, table in cohort.tables.items()}
    for table in tables.values():
        for column in table.select_dtypes("datetime").columns:
            table[column] = table[column].dt.strftime("%Y-%m-%d")
    cases = tables["cases"].merge(tables["follow_up"], on="case_id")
    ends = {"pension": "pensioen", "death": "overlijden"}
    cases["exit"] = cases["exit"].map(ends)
    cases["exited_on"] = cases["exited_on"].where(cases["exit"].notna())
    names = {
        "case_id": "dossier_nr",
        "person_key": "persoon_nr",
        "region": "provincie",
        "absence_started_on": "eerste_ziektedag",
        "screened_on": "dag_inschatting",
        "age_years": "leeftijd",
        "status": "statuut",
        "diagnosis": "diagnose",
        "expects_return": "verwachting",
        "observed_until": "gekend_tot",
        "exit": "einde",
        "exited_on": "einde_op",
    }
    days = {"started_on": "vanaf", "ended_on": "tot"}
    steps = {"referred_on": "aangemeld_op", "started_on": "gestart_op", "ended_on": "gestopt_op"}
    people = tables["groups"].assign(geslacht="v", herkomst="be")
    people.loc[np.arange(len(people)) % 2 == 0, "geslacht"] = "m"
    first = cases.drop_duplicates("case_id")
    key = {"case_id": "dossier_nr"}
    for name, table in (
        ("dossier", first.rename(columns=names)[list(names.values())]),
        ("hervatting", tables["work_periods"].rename(columns=key | days)),
        ("traject", tables["pathways"].rename(columns=key | steps)),
        ("ziekmelding", make_spells(cases["region"].unique())),
        ("kenmerk", people[["case_id", "geslacht", "herkomst"]].rename(columns=key)),
    ):
        table.astype(object).where(table.notna(), None).to_sql(name, fund, index=False)


def make_spells(regions: Sequence[str]) -> pd.DataFrame:
    """Return absences of all lengths, also those that are over long before they are screened."""
    rng = np.random.default_rng(4)
    count = 8000
    began = pd.Timestamp("2021-07-01") + pd.to_timedelta(rng.integers(0, 1826, count), unit="D")
    days = rng.choice([5, 20, 45, 70, 120, 400, 900], count)
    ended = (began + pd.to_timedelta(days, unit="D")).strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "provincie": rng.choice(regions, count),
            "eerste_ziektedag": began.strftime("%Y-%m-%d"),
            "laatste_ziektedag": np.where(ended > "2026-06-30", None, ended),
        }
    )


def pseudonymise(number: str) -> str:
    return hashlib.sha256(f"a secret of the fund {number}".encode()).hexdigest()[:20]


@pytest.fixture(scope="module")
def own(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the extract that the SQL of the guide makes, with the contract of the guide."""
    folder = tmp_path_factory.mktemp("own")
    with sqlite3.connect(":memory:") as fund:
        fill_fund(build_cohort(contract, 2500, seed=4), fund)
        fund.create_function("pseudoniem", 1, pseudonymise)
        for table, query in QUERIES.items():
            pd.read_sql_query(query, fund).to_csv(folder / f"{table}.csv", index=False)
    (folder / "contract.toml").write_text(contract.text, encoding="utf-8")
    return folder


def test_the_sql_makes_every_table_of_an_extract(own: Path) -> None:
    made = {path.stem for path in own.glob("*.csv")}

    assert made == {"cases", "work_periods", "follow_up", "pathways", "groups", "entries"}


def test_every_command_of_the_guide_works_in_its_order(
    own: Path, tmp_path: Path, fast_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", make_tracking(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "eigen").symlink_to(own)
    (tmp_path / "contract.toml").write_text((own / "contract.toml").read_text("utf-8"), "utf-8")
    told: dict[str, str] = {}

    for command in COMMANDS:
        words = shlex.split(command)
        if words[0] in ("train", "check"):
            words += ["--config", str(fast_config)]
        if words[0] == "release":  # so few people fail some of the gates
            failing = told["gates"].partition("needs a waiver of: ")[2].split()
            for name in failing:
                words += ["--waive", name.strip(","), "--reason", "so few people"]
        result = RUNNER.invoke(app, words)
        assert result.exit_code == 0, (command, result.output, result.exception)
        told[words[0]] = result.output

    assert list(told) == [
        "synth",
        "check",
        "train",
        "evaluate",
        "explain-model",
        "gates",
        "release",
        "backtest",
        "forecast",
    ]
    assert "p_usual: can be estimated" in told["check"]
    assert "fonds_a 1" in told["check"]
    assert "Entries: counts of new absences" in told["check"]
    assert "chosen for 1" in told["backtest"]
    assert (tmp_path / "var" / "vooruit.xlsx").is_file()
    assert "version 1 is the champion now" in told["release"]
    assert (tmp_path / "var" / "check.html").is_file()
