"""A small real service for tests: a trained bundle, a store on either database, and users."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.cohort import build_screenings
from features.contract import Contract, default_contract
from features.matrix import build_matrix, build_row
from features.requests import check_case
from features.synthetic import build_cohort
from features.tables import Extract
from models.answers import AnswerTable
from models.bundle import Bundle, read_bundle, write_bundle
from models.estimate import GainStatus
from models.heads import OverlapHead, SpreadHead
from models.screening import ScreeningModel
from models.spread import fit_spread
from models.suggestion import read_limits
from models.usual import Sample, Shape, fit_usual
from serving import uploaded_file
from serving.app import create_app
from serving.assess import Desk, build_assessment
from serving.assessment import Assessment
from serving.permissions import Role, User
from serving.settings import Settings, read_settings
from serving.store import patience
from serving.store.audit import AuditEvent
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store
from serving.store.users import save_user
from serving.wording import ZONE
from tests.factories import (
    make_case,
    make_contract,
    make_curve,
    make_extract_tables,
    make_gain,
    make_stump,
)
from tests.waiting import AGES
from training.config import read_config
from training.people import count_people

NOW = datetime(2026, 4, 15, 10, 0, tzinfo=ZONE)
TODAY = NOW.date()
FUND, OTHER_FUND = "fonds-a", "fonds-b"
PASSWORD = "een-lang-wachtwoord"  # noqa: S105
# a machine of tests may stand still for longer than people wait
patience.ANSWER_SECONDS = float(AGES)
uploaded_file.CHECK_SECONDS = AGES
FAST = replace(read_config().usual, folds=2, learning_rate=0.1, threads=1)
USERS = (
    User("arts", "Dr. Arts", Role.ADVISING_PHYSICIAN, FUND),
    User("arts.antwerpen", "Dr. Regio", Role.ADVISING_PHYSICIAN, FUND, "antwerpen"),
    User("arts.b", "Dr. Ander", Role.ADVISING_PHYSICIAN, OTHER_FUND),
    User("coordinator", "Coördinator", Role.RTW_COORDINATOR, FUND),
    User("coordinator.b", "Coördinator b", Role.RTW_COORDINATOR, OTHER_FUND),
    User("planner", "Planner", Role.PLANNER),
    User("dataspecialist", "Dataspecialist", Role.DATA_SCIENTIST),
    User("auditor", "Auditor", Role.AUDITOR),
    User("systeem", "Systeem", Role.FUND_SYSTEM, FUND),
)


@cache
def get_bundle_folder() -> Path:
    """Return the folder of a bundle that was trained on synthetic persons, made once."""
    cohort = build_cohort(default_contract(), 1500, seed=5, until=date(2026, 3, 31))
    empty = cohort.tables["groups"].iloc[:0]
    extract = Extract(contract=default_contract(), rejected=empty, **cohort.tables)
    return _fit(Sample.of(build_screenings(extract)), default_contract())


def _fit(sample: Sample, contract: Contract) -> Path:
    shape = Shape(leaves=4, rounds=60, share=0.5, squared_error=0.2)
    head = fit_usual(sample, shape, FAST, seed=1)
    spread = fit_spread(
        sample,
        head,
        shape,
        FAST,
        replace(read_config().spread, refits=3, rounds=20, learning_rate=0.1),
        seed=1,
    )
    folder = Path(mkdtemp(prefix="kantelpunt-bundle-")) / "bundle"
    card = "# Model card\n\n| figure | value |\n| --- | --- |\n| AUC | 0.7 |\n"
    info = {"trained_on": "2026-03-31", "figures": {"auc": 0.7}}
    # counted among those who were learnt from: good enough where nobody decides by it
    people = count_people(head.predict(sample.matrix), sample, date(2024, 1, 1), date(2025, 1, 1))
    write_bundle(folder, ScreeningModel(contract, head, spread, people=people), info, card)
    return folder


@cache
def get_bundle() -> Bundle:
    """Return the bundle, loaded once."""
    return read_bundle(get_bundle_folder(), version="3")


@cache
def get_gain_bundle(status: GainStatus) -> Bundle:
    """Return the same bundle with a gain of fixed numbers, a curve and answers, loaded once.

    Where the gain is estimated it falls with work ability and rises with age; under 20 it is not
    known. Intervals are narrow, so that few suggestions are unsure.
    """
    model = get_bundle().model
    contract = model.contract
    from_20 = make_stump(contract, "age_years", 20)
    slopes = {"age_years": 0.004, "work_ability": -0.02}
    gains = {
        GainStatus.ESTIMATED: make_gain(
            contract, slopes=slopes, half=0.02, overlap=OverlapHead(from_20, 0.5, 1.5), hidden=0.012
        ),
        GainStatus.SAME_FOR_ALL: make_gain(
            contract, GainStatus.SAME_FOR_ALL, base=0.05, half=0.01, hidden=0.02
        ),
        GainStatus.UNKNOWN: None,
    }
    made = replace(
        model,
        spread=SpreadHead(None, 0.001),
        gain=gains[status],
        curve=make_curve(contract),
        answers=AnswerTable(contract.answers[:4], ((2.0, 5.0),) * 4, ((0.4, 0.6),) * 4),
    )
    folder = Path(mkdtemp(prefix="kantelpunt-bundle-")) / "bundle"
    write_bundle(folder, made, get_bundle().info, get_bundle().card)
    return read_bundle(folder, version="3")


@cache
def get_other_bundle() -> Bundle:
    """Return a bundle under the contract of five unrelated fields, loaded once."""
    contract, rng = make_contract(), np.random.default_rng(1)
    frame = make_extract_tables(400, contract)["cases"]
    returned = (rng.random(400) < 0.3 + 0.4 * frame["insured"].fillna(0)).astype(float)
    matrix = build_matrix(frame, contract)
    sample = Sample(contract, matrix, returned.to_numpy(), np.ones(400), np.arange(400))
    return read_bundle(_fit(sample, contract), version="1")


@cache
def get_password_hash() -> str:
    """Return a hash of PASSWORD that is quick to check; a real one is slow on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def fill_users(store: Store) -> None:
    """Keep the users above, all with the same password."""
    with store.writing() as connection:
        for user in USERS:
            values = vars(user) | {"password_hash": get_password_hash()}
            event = AuditEvent(NOW, "test", "add_user")
            save_user(connection, User(**values), audit=event)


@cache
def get_sqlite_template() -> Path:
    """Return a store with tables and users, to copy from."""
    path = Path(mkdtemp(prefix="kantelpunt-store-")) / "template.db"
    store = Store(f"sqlite:///{path}")
    upgrade_store(store)
    fill_users(store)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


def make_settings(url: str, **changes: object) -> Settings:
    given = {
        "database_url": url,
        "session_secret": "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy",
        "secure_cookies": False,
        # tests ask more in a minute than people do; those of the limit set their own
        "api_per_minute": 1_000_000,
        # MLflow notes in the environment what an earlier test of this process read from
        "tracking_uri": "sqlite:////nowhere/mlflow.db",
    }
    return read_settings(**given | changes)


@dataclass
class Service:
    """A running application and the store under it."""

    app: FastAPI
    store: Store
    client: TestClient

    def set_clock(self, moment: datetime) -> None:
        """Let it be this moment for every request from now on."""
        self.app.state.service = replace(self.app.state.service, clock=lambda: moment)

    def post(self, case: Any, user: str = "arts", query: str = "") -> Any:
        """Post one case to the API."""
        address = f"/api/v1/assessments{query}"
        return self.client.post(address, json=case, auth=(user, PASSWORD))

    def get(self, address: str, user: str = "arts") -> Any:
        """Get something from the API."""
        return self.client.get(address, auth=(user, PASSWORD))

    def log_on(self, user: str = "arts", password: str = PASSWORD) -> Any:
        """Log on to the pages."""
        token = find_token(self.client.get("/login").text)
        form = {"token": token, "naar": "/", "name": user, "password": password}
        return self.client.post("/login", data=form, follow_redirects=False)


def find_token(page: str) -> str:
    """Return the token of the first form on a page."""
    return page.partition('name="token" value="')[2].partition('"')[0]


def make_service(url: str, bundle: Bundle | None = None, **changes: object) -> Service:
    app = create_app(make_settings(url, **changes), bundle or get_bundle())
    client = TestClient(app, raise_server_exceptions=False)
    made = Service(app, app.state.service.store, client)
    made.set_clock(NOW)
    return made


def make_own_case(number: int = 1, /, **changes: Any) -> dict[str, Any]:
    """Return a case of the fund of most users."""
    made = {"case_id": f"C-{number:04d}", "person_key": f"P-{number:04d}"}
    return make_case(**made | {"sickness_fund": FUND} | changes)


def make_assessment(
    number: int = 1, /, *, status: GainStatus | None = None, **changes: Any
) -> Assessment:
    """Return an assessment that was not kept; of a model whose gain has a status, if given."""
    bundle = get_gain_bundle(status) if status else get_bundle()
    case = check_case(make_own_case(number, **changes), bundle.contract)
    row = build_row(case, bundle.contract)
    desk = Desk(USERS[0], bundle, read_limits(), NOW)
    return build_assessment(case, row, bundle.estimate(row), desk)
