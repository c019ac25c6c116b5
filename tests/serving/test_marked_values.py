"""Nothing that was sent comes back in an error, a log line, a metric or an audit detail."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from serving.server import set_up_logs
from serving.store.tables import audit
from tests.running_service import PASSWORD, TODAY, USERS, Service, make_own_case

TEXT, NUMBER = "Gemerkt8f3k", 83461.27
MARKS = (TEXT.lower(), "83461")
_ALONE = r"(?<!\d)(?<!\d\.){}(?!\d)"
PROBLEM = "application/problem+json"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    set_up_logs()
    yield written
    structlog.reset_defaults()


def find_marks(text: str) -> list[str]:
    """Return the marks that a text holds; digits within a longer number are chance: a duration."""
    return [mark for mark in MARKS if re.search(_ALONE.format(mark), text.lower())]


def read_log(log: io.StringIO) -> str:
    """Return what was logged, without moments and durations: their digits are chance."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return json.dumps([line | {"timestamp": "", "ms": 0} for line in lines])


def list_operations(service: Service) -> Iterator[tuple[str, str, dict[str, Any]]]:
    paths: dict[str, dict[str, Any]] = service.app.openapi()["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            yield method, path, operation


def build_bodies(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Any]:
    yield {TEXT: TEXT}
    yield [TEXT, NUMBER]
    yield {"cases": [{TEXT: NUMBER}, TEXT]}
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    names = _find_properties(schema, schemas)
    yield dict.fromkeys(names, TEXT)
    yield dict.fromkeys(names, NUMBER)
    for name in names:
        yield make_own_case() | {name: TEXT}


def _find_properties(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[str]:
    reference = schema.get("$ref", "").rpartition("/")[2]
    return list(schemas.get(reference, schema).get("properties", {}))


def send_marked(service: Service, user: str) -> Iterator[tuple[str, Any]]:
    """Send marked values to every route in every place, and give the answers."""
    schemas = service.app.openapi()["components"]["schemas"]
    for method, path, operation in list_operations(service):
        marked = re.sub(r"\{[^}]+\}", TEXT, path)
        known = re.sub(r"\{[^}]+\}", "C-0001", path)
        query = {p["name"]: TEXT for p in operation.get("parameters", []) if p["in"] == "query"}
        headers = {"X-Gemerkt": TEXT, "User-Agent": TEXT}
        sent: dict[str, Any] = {"headers": headers, "auth": (user, PASSWORD)}
        for address, parameters in ((marked, {}), (known, query), (known, {TEXT: str(NUMBER)})):
            for body in build_bodies(operation, schemas):
                yield (
                    f"{method} {path}",
                    service.client.request(method, address, params=parameters, json=body, **sent),
                )
        yield (
            f"{method} {path}",
            service.client.request(
                method, known, content=f'{{"{TEXT}": {NUMBER}'.encode(), auth=(user, PASSWORD)
            ),
        )


@pytest.mark.parametrize("user", [u.key for u in USERS if "." not in u.key])
def test_no_error_no_log_and_no_metric_repeats_what_was_sent(
    service: Service, log: io.StringIO, user: str
) -> None:
    service.post(make_own_case(1))

    repeated, statuses = set(), set()
    for route, answer in send_marked(service, user):
        statuses.add(answer.status_code)
        if answer.status_code >= 400 and find_marks(answer.text):
            repeated.add((route, answer.status_code))
    metrics = service.client.get("/metrics").text

    assert repeated == set()
    assert max(statuses) < 500
    assert len(statuses) > 1
    assert '"event": "request"' in read_log(log)
    assert find_marks(read_log(log)) == []
    assert find_marks(metrics) == []


def test_what_went_well_leaves_no_value_in_log_metrics_or_detail_of_the_audit(
    service: Service, log: io.StringIO
) -> None:
    case = make_own_case(case_id=TEXT, person_key=f"P-{TEXT}", absent_days_5y=83)

    made = service.post(case)
    service.get(f"/api/v1/cases/{TEXT}")
    service.get(f"/api/v1/cases?search={TEXT}")
    with service.store.reading() as connection:
        details = connection.execute(select(audit.c.detail)).scalars().all()

    assert made.status_code == 201
    assert find_marks(read_log(log)) == []
    assert find_marks(service.client.get("/metrics").text) == []
    assert find_marks(json.dumps(details)) == []
    assert TODAY.isoformat() not in json.dumps(details)
