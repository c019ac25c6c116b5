"""What a field expects, in Dutch: for the request schema, the forms and docs/velden.md."""

from features.contract import Field

# sources of the default contract; any other source is shown as its contract writes it
_SOURCES_NL = {
    "sickness fund": "ziekenfonds",
    "questionnaire week 10": "vragenlijst van week 10",
    "dates of the case": "data van de melding",
}


def describe_nl(field: Field) -> str:
    """Return one Dutch line: what to fill in, where it comes from, whether it may stay empty."""
    if field.derived is not None:
        need = "Wordt berekend."
    else:
        need = "Mag ontbreken." if field.missing else "Verplicht."
    expected = expected_nl(field)
    return f"{expected[:1].upper()}{expected[1:]}. Bron: {source_nl(field)}. {need}"


def source_nl(field: Field) -> str:
    """Return from whom or what the value comes."""
    return _SOURCES_NL.get(field.source, field.source)


def expected_nl(field: Field) -> str:
    """Return what a value must look like: unit and bounds, or the levels with their labels."""
    if field.levels:
        labels = [
            f"{key} ({label})" if label != key else key for key, label in field.levels.items()
        ]
        return "een van " + ", ".join(labels)
    if field.kind == "flag":
        return "ja (true) of nee (false)"
    whole = "geheel getal" if field.integer else "getal"
    unit = f", in {field.unit_nl}" if field.unit_nl else ""
    return f"{whole} van {to_dutch(field.low)} tot {to_dutch(field.high)}{unit}"


def to_dutch(number: float | None) -> str:
    """Return a number with a decimal comma."""
    return f"{number or 0:g}".replace(".", ",")
