import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from anyio import to_thread
from prometheus_client.parser import text_string_to_metric_families

from features.contract import default_contract
from features.requests import check_case
from serving.openapi import build_example_of_today
from serving.pages.templating import build_static_address
from tests.factories import make_contract
from tests.planned_store import get_planned_template
from tests.running_processes import build_environment, call, running_server
from tests.running_service import PASSWORD, Service, get_bundle_folder, make_own_case

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    *("pandas", "sklearn", "mlflow", "shap", "matplotlib", "lightgbm", "pandera", "pyarrow"),
    *("typst", "joserfc", "scipy", "statsmodels", "numba", "dask", "distributed"),
)


def test_a_worker_loads_no_heavy_library_to_start_or_to_assess_cases(
    sqlite_url: str, tmp_path: Path
) -> None:
    case, loaded = make_own_case(), tmp_path / "loaded"
    road = (
        ("POST", "/assessments?save=false", case, 200),
        ("POST", "/assessments", case, 201),
        ("POST", "/assessments", case | {"age_years": 200}, 422),
        ("POST", "/assessments/batch", [case], 200),
        ("GET", "/cases", None, 200),
        ("GET", "/cases/C-0001", None, 200),
        ("GET", "/model", None, 200),
    )
    environment = build_environment(sqlite_url, tmp_path) | {"PYTHONPROFILEIMPORTTIME": "1"}

    with loaded.open("w") as log, running_server(environment, log) as (_, port):
        found = [
            call(port, method, path, json.dumps(body).encode() if body else b"")[0]
            for method, path, body, _ in road
        ]

    names = {line.rpartition("|")[2].strip() for line in loaded.read_text().splitlines()}
    assert found == [status for *_, status in road]
    assert {"serving.commands", "serving.assess", "numpy"} <= names
    assert not {name.partition(".")[0] for name in names} & {*HEAVY, "httpx2"}


def test_no_page_file_or_answer_of_planning_loads_a_heavy_library(tmp_path: Path) -> None:
    shutil.copy(get_planned_template(), tmp_path / "planned.db")
    url = f"sqlite:///{tmp_path / 'planned.db'}"
    code = f"""
import sys
from pathlib import Path
from fastapi.testclient import TestClient
from models.bundle import read_bundle
from serving.app import create_app
from serving.settings import read_settings
settings = read_settings(
    database_url={url!r}, session_secret="k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy", secure_cookies=False)
with TestClient(create_app(settings, read_bundle(Path({str(get_bundle_folder())!r})))) as client:
    token = client.get("/login").text.partition('name="token" value="')[2].partition('"')[0]
    form = {{"token": token, "naar": "/", "name": "planner", "password": {PASSWORD!r}}}
    assert client.post("/login", data=form).url.path == "/planning"
    for path in ("", "/capaciteit", "/doelen", "/terugblik", "/scenarios?toestemming=90"):
        assert client.get("/planning" + path).status_code == 200, path
    auth = ("planner", {PASSWORD!r})
    asked = {{"name": "minder", "consent": {{"all": 0.5}}}}
    assert client.post("/api/v1/scenarios", json=asked, auth=auth).status_code == 201
    for path in ("forecast", "capacity", "targets", "limits", "scenarios", "forecast.xlsx"):
        assert client.get(f"/api/v1/{{path}}", auth=auth).status_code == 200, path
    assert client.get("/openapi.json").status_code == 200
print([name for name in {HEAVY!r} if name in sys.modules])
"""

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_more_requests_are_worked_on_at_once_than_the_setting_says(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    service = start_service(sqlite_url, threads=3)

    async def count() -> float:
        return to_thread.current_default_thread_limiter().total_tokens

    with service.client as client:
        assert client.portal is not None
        most = client.portal.call(count)

    assert most == 3


def test_every_answer_carries_the_headers_that_keep_browsers_safe(service: Service) -> None:
    for path in ("/login", "/api/v1/model", "/bestaat-niet", "/static/kantelpunt.css", "/docs"):
        headers = service.client.get(path).headers
        policy = headers["content-security-policy"]

        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers


def test_browsers_keep_no_page_but_every_version_of_a_file_for_good(service: Service) -> None:
    asked = (
        "/login",
        "/static/kantelpunt.css",
        build_static_address("kantelpunt.css"),
        "/static/geen.css?v=1",
    )

    kept = [service.client.get(path).headers["cache-control"] for path in asked]

    for_good = "public, max-age=31536000, immutable"
    assert kept == ["no-store", "no-cache", for_good, "no-cache"]


def test_large_answers_travel_compressed(service: Service) -> None:
    answer = service.client.get("/static/vendor/appuniversum/appuniversum.css")

    assert answer.headers["content-encoding"] == "gzip"


def test_counts_are_by_route_and_tell_nothing_of_a_case(service: Service) -> None:
    service.post(make_own_case())
    service.get("/api/v1/cases/C-0001")
    service.get("/api/v1/cases/C-0002")
    service.client.request("BREW", "/koffie")

    answer = service.client.get("/metrics")

    found = {
        (s.name, *sorted(s.labels.items())): s.value
        for family in text_string_to_metric_families(answer.text)
        for s in family.samples
    }
    route = ("route", "/api/v1/cases/{case_id}")
    assert found["kantelpunt_requests_total", ("method", "GET"), route, ("status", "200")] == 1
    assert found["kantelpunt_requests_total", ("method", "GET"), route, ("status", "404")] == 1
    assert sum(v for k, v in found.items() if k[0] == "kantelpunt_assessments_total") == 1
    assert sum(v for k, v in found.items() if k[0] == "kantelpunt_model_info") == 1
    assert ("method", "other") in {label for key in found for label in key[1:]}
    assert "C-0001" not in answer.text


def test_ready_and_healthy_are_asked_without_an_account(service: Service) -> None:
    assert service.client.get("/healthz").json() == {"status": "ok"}
    assert service.client.get("/readyz").json() == {
        "status": "ok",
        "model_version": "3",
        "following": {"state": "waiting"},
        "challenger": {"state": "waiting"},
    }


def test_the_description_shows_the_contract_with_labels_bounds_and_units(
    service: Service,
) -> None:
    described = service.client.get("/openapi.json").json()

    case = described["components"]["schemas"]["Case"]
    age = case["properties"]["age_years"]
    assert (age["title"], age["minimum"], age["maximum"]) == ("Leeftijd", 16, 67)
    assert age["x-unit"] == "jaar"
    assert "jaar" in age["description"]
    names = {f.name for f in default_contract().columns}
    assert names < set(case["properties"])
    paths = described["paths"]
    assert {"/api/v1/assessments", "/api/v1/cases/{case_id}", "/healthz"} <= set(paths)
    body = paths["/api/v1/assessments"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/Case"}
    assert paths["/api/v1/model"]["get"]["security"] == [{"basic": []}]


def test_every_reference_in_the_description_exists(service: Service) -> None:
    text = service.client.get("/openapi.json").text

    described = json.loads(text)
    for reference in set(re.findall(r"#/components/schemas/(\w+)", text)):
        assert reference in described["components"]["schemas"]


def test_the_example_in_the_description_can_be_sent_as_it_stands(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    service = start_service(sqlite_url, demo_fund="fonds-a")
    described = service.client.get("/openapi.json").json()
    example = described["components"]["schemas"]["Case"]["examples"][0]

    check_case(example, default_contract())

    assert example["sickness_fund"] == "fonds-a"
    assert service.post(example, query="?save=false").status_code in (200, 422)


@pytest.mark.parametrize("contract", [default_contract(), make_contract()])
def test_the_example_is_a_case_of_today_under_any_contract(contract: object) -> None:
    from features.contract import Contract

    assert isinstance(contract, Contract)
    today = date(2027, 8, 9)

    example = check_case(build_example_of_today(contract, today), contract)

    assert example["screened_on"] == today


def test_the_description_is_shown_with_our_own_files_only(service: Service) -> None:
    page = service.client.get("/docs").text

    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) >= 4
    assert all(a.startswith("/") for a in addresses)
    assert {service.client.get(a).status_code for a in addresses} == {200}


def test_what_we_took_from_others_has_its_licence_and_version() -> None:
    folders = [
        *(ROOT / "serving" / "static" / "vendor").iterdir(),
        *(ROOT / "tests" / "web" / "vendor").iterdir(),
    ]

    for folder in folders:
        assert (folder / "LICENSE").is_file()
        assert re.search(r"\d+\.\d+\.\d+\nlicence: ", (folder / "VERSION").read_text())
    assert len(folders) == 3


@pytest.mark.parametrize("path", ["/api/v1/cases/", "/api", "/api/v1/model/", "/docs/", "/static"])
def test_an_address_that_is_not_there_redirects_to_no_host(service: Service, path: str) -> None:
    answer = service.client.get(
        path, headers={"Host": "elders.example"}, auth=("arts", PASSWORD), follow_redirects=False
    )

    assert answer.status_code == 404
    is_problem = answer.headers["content-type"] == "application/problem+json"
    assert is_problem is path.startswith("/api")
    assert "elders.example" not in answer.text
