"""Whatever is sent to the API, by whomever: it answers, and never with an error of our own."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
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
PER_OPERATION = settings().max_examples // 20


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("fuzzed")
    shutil.copy(get_sqlite_template(), folder / "store.db")
    service = make_service(f"sqlite:///{folder / 'store.db'}", api_per_minute=10**7)
    for number in range(1, 4):
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

    for operation in operations:

        @settings(max_examples=PER_OPERATION)
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: schemathesis.Case[Any]) -> None:
            answer = case.call(auth=(BY_ROLE[role], PASSWORD))
            case.validate_response(answer, checks=CHECKS)

        send()

    assert len(operations) > 5
