"""What the routes of the API share: what they ask for, how they answer, how they read bodies."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ValidationError

from serving.body_faults import list_faults
from serving.deps import Service, give_now, give_service, read_json
from serving.faults import FieldFault, RequestRefusedError

PREFIX = "/api/v1"
_PROBLEMS = {
    401: "Niet aangemeld",
    403: "Niet toegelaten",
    404: "Niet gevonden",
    409: "Ondertussen veranderd, of nu niet mogelijk; er ging niets verloren",
    413: "Te groot",
    415: "Geen JSON",
    422: "Niet in te schatten, of niet leesbaar",
    429: "Te veel ineens",
    503: "Opslag niet bereikbaar",
}

ServiceHere = Annotated[Service, Depends(give_service)]
Now = Annotated[datetime, Depends(give_now)]
Body = Annotated[Any, Depends(read_json)]
Save = Annotated[bool, Query(description="Met save=false wordt niets bewaard.")]
Model = TypeVar("Model", bound=BaseModel)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of the problems that a route can answer with."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    return {s: {"description": _PROBLEMS[s], "content": content} for s in statuses}


def check_parameters(request: Request, known: Collection[str]) -> None:
    """Raise RequestRefusedError where a query has a parameter that the route does not know.

    A mistyped filter would otherwise give the whole list. Its name is not repeated: anything at all
    can stand there.
    """
    if not set(request.query_params) <= set(known):
        expected = f"enkel deze parameters: {', '.join(sorted(known))}; een andere is onbekend"
        raise RequestRefusedError("parameters", [FieldFault("query", expected)])


# of routes that read or write what belongs to one case
READS = problems(401, 403, 404, 503)
WRITES = problems(401, 403, 404, 409, 413, 415, 422, 503)


def to_json(model: BaseModel, status: int = 200) -> Response:
    """Return a model as the answer, without checking again what we made ourselves."""
    return Response(model.model_dump_json(), status, media_type="application/json")


def answer_pdf(pdf: bytes, name: str) -> Response:
    """Return a PDF as a file that no browser or proxy keeps."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


def build_next(request: Request, name: str, place: str | int | None) -> str | None:
    """Return the address of the page after `place`: the same request, or None on the last page."""
    if place is None:
        return None
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != name]
    return f"{request.url.path}?{urlencode([*kept, (name, place)])}"


@dataclass(frozen=True)
class ReadBody(Generic[Model]):
    """Gives the JSON body as `kind`: `Annotated[DecisionIn, Depends(ReadBody(DecisionIn))]`.

    `kind` forbids extra fields. The route names `openapi_extra=describe_body(kind)`.
    """

    kind: type[Model]

    async def __call__(self, request: Request) -> Model:
        """Return the body; raises RequestRefusedError that names fields and no value."""
        await read_json(request)
        try:
            return self.kind.model_validate_json(await request.body(), strict=True)
        except ValidationError as error:
            raise RequestRefusedError("body", list_faults(error, self.kind)) from None


def describe_body(kind: type[BaseModel]) -> dict[str, Any]:
    """Return what a route says of its body in /docs."""
    schema = kind.model_json_schema()
    for part in schema.get("$defs", {}).values():
        if "enum" in part:  # its docstring would hide that the property has no text of its own
            part.pop("description", None)
    whole = _inline(schema, schema.pop("$defs", {}))
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": whole}}}}


def _inline(schema: Any, parts: Mapping[str, Any]) -> Any:
    """Return a schema that stands by itself: what it refers to is written out."""
    if isinstance(schema, list):
        return [_inline(part, parts) for part in schema]
    if not isinstance(schema, dict):
        return schema
    own = {k: _inline(v, parts) for k, v in schema.items() if k != "$ref"}
    if "$ref" in schema:
        own = _inline(parts[schema["$ref"].rpartition("/")[2]], parts) | own
    return own
