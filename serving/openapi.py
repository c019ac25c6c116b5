"""The description of the API, with the request model of the contract that is served."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from features.contract import Contract
from features.requests import build_example, build_request_model
from serving.api_texts import put_into_dutch
from serving.assess import MOST_IN_BATCH
from serving.schemas import ProblemOut

ABOUT = """
Schat op het kantelpunt (rond de derde maand ziekte) de kans op duurzame terugkeer naar werk, en
zegt waarom. **De adviserend arts beslist, altijd.** Fouten volgen RFC 9457
(`application/problem+json`) en herhalen nooit een waarde.
"""


def build_openapi(
    app: FastAPI,
    contract: Contract,
    *,
    today: date,
    schemes: Sequence[str] = ("basic",),
    example_fund: str = "",
) -> dict[str, Any]:
    """Return the OpenAPI description, with a ready example of a case that is screened today.

    `schemes` are the ways to tell who asks, of HTTP: basic, bearer.
    """
    described = get_openapi(
        title="Kantelpunt", version=app.version, description=ABOUT, routes=app.routes
    )
    example = build_example_of_today(contract, today)
    if example_fund:
        example["sickness_fund"] = example_fund
    schemas = described["components"]["schemas"]
    schemas["Case"] = build_request_model(contract).model_json_schema() | {"examples": [example]}
    schemas.setdefault("ProblemOut", ProblemOut.model_json_schema())
    described["components"]["securitySchemes"] = {
        name: {"type": "http", "scheme": name} for name in schemes
    }
    case = {"$ref": "#/components/schemas/Case"}
    many = {"type": "array", "items": case, "maxItems": MOST_IN_BATCH}
    either = {"oneOf": [many, {"type": "object", "properties": {"cases": many}}]}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            if path.startswith("/api/"):
                operation["security"] = [{name: []} for name in schemes]
                operation["responses"]["429"] = _TOO_MANY
            if path.endswith("/assessments"):
                operation["requestBody"] = _body(case, example)
            elif path.endswith("/batch"):
                operation["requestBody"] = _body(either, {"cases": [example]})
    put_into_dutch(described)
    return described


_TOO_MANY = {
    "description": "Te veel aanvragen; Retry-After zegt na hoeveel seconden het weer kan",
    "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}
    },
}


def _body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def build_example_of_today(contract: Contract, today: date) -> dict[str, Any]:
    """Return the made-up case of the contract, moved in time so that it is screened today."""
    example = build_example(contract)
    days = today - date.fromisoformat(example["screened_on"])
    for name in ("absence_started_on", "screened_on"):
        example[name] = (date.fromisoformat(example[name]) + days).isoformat()
    return example
