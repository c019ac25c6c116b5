"""What the routes of the API share: what they ask for, how they answer, how they read bodies."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ValidationError

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


def list_faults(error: ValidationError, kind: type[BaseModel]) -> list[FieldFault]:
    """Return what has to change in a body, in Dutch; a name that we do not know is not repeated."""
    known = set(_list_names(kind.model_json_schema()))
    faults = {}
    for e in error.errors(include_input=False, include_url=False):
        parts = [str(p) for p in e["loc"] if isinstance(p, int) or p in known]
        name = ".".join(parts) or "body"
        faults[name, e["type"]] = FieldFault(name, _expected_nl(e["type"], e.get("ctx", {})))
    return list(faults.values())


def _list_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _list_names(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _list_names(part)


_EXPECTED_NL = {
    "missing": "dit veld ontbreekt",
    "extra_forbidden": "enkel velden die /docs beschrijft; laat andere weg",
    "enum": "een van de waarden die /docs noemt",
    "literal_error": "een van de waarden die /docs noemt",
    "bool_type": "true of false",
    "int_type": "een geheel getal",
    "float_type": "een getal",
    "string_type": "een tekst",
    "list_type": "een lijst",
    "dict_type": "een object",
    "model_type": "een object met één waarde per veld",
    "string_too_long": "hoogstens {max_length} tekens",
    "string_too_short": "minstens {min_length} teken(s)",
    "too_long": "hoogstens {max_length} in de lijst",
    "too_short": "minstens {min_length} in de lijst",
    "greater_than_equal": "minstens {ge}",
    "less_than_equal": "hoogstens {le}",
}


def _expected_nl(kind: str, bounds: Mapping[str, Any]) -> str:
    if kind.startswith("date"):
        return "een datum als JJJJ-MM-DD"
    return _EXPECTED_NL.get(kind, "een waarde zoals /docs beschrijft").format(**bounds)


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
