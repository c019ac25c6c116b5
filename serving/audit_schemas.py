"""What the API answers about the audit log."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from serving.audit_trail import AuditPage, Verdict
from serving.store.audit_trail import AuditLine


class AuditLineOut(BaseModel):
    """One thing that one user did."""

    number: int
    at: datetime
    user: str
    action: str
    sickness_fund: str | None
    case_id: str | None
    detail: dict[str, Any] = Field(description="Aantallen en versies; nooit een gegeven.")
    hash: str

    @classmethod
    def of(cls, line: AuditLine) -> "AuditLineOut":
        """Return what the API says of a line."""
        return cls(**vars(line))


class AuditPageOut(BaseModel):
    """One page of the audit log, newest first."""

    lines: list[AuditLineOut]
    next: str | None = Field(description="Adres van de volgende bladzijde.")

    @classmethod
    def of(cls, page: AuditPage, address: str | None) -> "AuditPageOut":
        """Return what the API says of a page."""
        return cls(lines=[AuditLineOut.of(line) for line in page.lines], next=address)


class VerdictOut(BaseModel):
    """Whether the audit log is whole."""

    whole: bool
    lines: int = Field(description="Regels die nagekeken werden.")
    head: str = Field(description="Einde van de keten; noteer het buiten deze dienst.")
    broken_at: int | None = Field(description="Eerste regel die niet klopt.")
    fault: str | None

    @classmethod
    def of(cls, found: Verdict) -> "VerdictOut":
        """Return what the API says of a check."""
        return cls(
            whole=found.is_whole,
            lines=found.lines,
            head=found.head,
            broken_at=found.broken,
            fault=None if found.is_whole else FAULTS_NL[found.fault],
        )


FAULTS_NL = {
    "it cannot be read": "de regel is onleesbaar",
    "it is missing": "de regel ontbreekt",
    "it was changed, added or moved": "de regel is veranderd, toegevoegd of verplaatst",
    "lines were cut off at the end": "aan het einde ontbreken regels",
    "the noted end is not that of the last line": "het genoteerde einde past niet bij de regels",
    "lines were added past the noted end": "na het genoteerde einde staan nog regels",
    "the head that was noted is not in the chain": "het genoteerde einde komt nergens voor",
}
