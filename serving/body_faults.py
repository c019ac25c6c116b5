"""What is wrong with a body that pydantic refused, in Dutch and without any value of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from serving.faults import FieldFault

# for who sends JSON
API_NL: Mapping[str, str] = {
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
    "date": "een datum als JJJJ-MM-DD",
    "other": "een waarde zoals /docs beschrijft",
}
# for who fills in a form
PAGE_NL: Mapping[str, str] = {
    **API_NL,
    "missing": "een antwoord, want dit mag niet leeg blijven",
    "enum": "een van de mogelijkheden op de pagina",
    "literal_error": "een van de mogelijkheden op de pagina",
    "too_long": "hoogstens {max_length} keuzes",
    "string_pattern_mismatch": "een korte naam op één regel, hoogstens 64 tekens",
    "date": "een datum die bestaat, zoals 15/04/2026",
    "other": "een ander antwoord: dit kan niet gelezen worden",
}


def list_faults(
    error: ValidationError, kind: type[BaseModel], texts: Mapping[str, str] = API_NL
) -> list[FieldFault]:
    """Return what has to change in a body; a name that we do not know is not repeated."""
    known = set(_list_names(kind.model_json_schema()))
    faults = {}
    for e in error.errors(include_input=False, include_url=False):
        parts = [str(p) for p in e["loc"] if isinstance(p, int) or p in known]
        name = ".".join(parts) or "body"
        faults[name, e["type"]] = FieldFault(name, _expected_nl(e["type"], e.get("ctx", {}), texts))
    return list(faults.values())


def _list_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _list_names(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _list_names(part)


def _expected_nl(kind: str, bounds: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    if kind.startswith("date"):
        return texts["date"]
    return texts.get(kind, texts["other"]).format(**bounds)
