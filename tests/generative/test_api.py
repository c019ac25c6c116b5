"""Whatever is sent to the API, by whomever: it answers, and never with an error of our own."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis.strategies import integers
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving.permissions import Role
from tests.running_service import (
    PASSWORD,
    USERS,
    Service,
    get_sqlite_template,
    make_own_case,
    make_service,
)

BY_ROLE = {user.role: user.key for user in reversed(USERS)}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
CASES = 20
Operation = APIOperation[Any, Any, Any, Any]
REACHED = (200, 201, 202, 204, 409)
PER_OPERATION = settings().max_examples // 20


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("fuzzed")
    shutil.copy(get_sqlite_template(), folder / "store.db")
    service = make_service(f"sqlite:///{folder / 'store.db'}", api_per_minute=10**7)
    for number in range(1, CASES + 1):
        service.post(make_own_case(number))
    yield service
    service.client.close()
    service.store.close()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("role", list(BY_ROLE))
def test_no_request_makes_the_service_fail(
    fuzzed: Service, role: Role, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", fuzzed.app)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    if mode is GenerationMode.NEGATIVE:  # where nothing can be given, nothing can be wrong
        operations = [one for one in operations if one.body or [*one.iter_parameters()]]

    answered = {
        (operation.label, status)
        for operation in operations
        for status in send_some(fuzzed, operation, role, mode)
    }
    of_cases = {label for label, status in answered if "{case_id}" in label and status in REACHED}
    assert len(operations) > 20
    if mode is GenerationMode.POSITIVE and role is Role.ADVISING_PHYSICIAN:
        assert len(of_cases) > 10


def send_some(service: Service, operation: Operation, role: Role, mode: GenerationMode) -> set[int]:
    """Send examples of one operation, check the answers, and return their statuses."""
    statuses = set()

    @settings(max_examples=PER_OPERATION)
    @given(case=operation.as_strategy(generation_mode=mode), number=integers(1, CASES))
    def send(case: schemathesis.Case[Any], number: int) -> None:
        aim(case, service, f"C-{number:04d}")
        answer = case.call(auth=(BY_ROLE[role], PASSWORD))
        case.validate_response(answer, checks=CHECKS)
        statuses.add(answer.status_code)

    send()
    return statuses


def aim(case: schemathesis.Case[Any], service: Service, case_id: str) -> None:
    """Let a request be about a case that is there, in the state that it is in."""
    if "case_id" not in (case.path_parameters or {}):
        return
    case.path_parameters["case_id"] = case_id
    known = service.get(f"/api/v1/cases/{case_id}").json()
    if isinstance(case.body, dict) and "latest" in known:
        told = {
            "assessment_id": known["latest"]["assessment_id"],
            "state_version": known["state_version"],
        }
        case.body.update({name: told[name] for name in told if name in case.body})
