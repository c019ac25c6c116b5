"""What bodies of the API share, as pydantic models."""

from pydantic import BaseModel, ConfigDict

from serving.faults import FieldFault


class Closed(BaseModel):
    """A body that takes nothing but its own fields, and repeats no value where one is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FieldFaultOut(BaseModel):
    """One field that has to change, and what is expected there."""

    field: str
    expected: str

    @classmethod
    def of(cls, fault: FieldFault) -> "FieldFaultOut":
        """Return a fault as the API shows it."""
        return cls(field=fault.field, expected=fault.expected)
