"""What the API answers about the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from serving.audit_trail import AuditPage, Fault, Verdict
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


FAULTS_NL: Mapping[str, str] = {
    Fault.UNREADABLE: "een regel is niet te lezen",
    Fault.MISSING: "er ontbreekt een regel",
    Fault.CHANGED: "een regel is veranderd, toegevoegd of verplaatst",
    Fault.CUT_OFF: "aan het einde zijn regels weggehaald",
    Fault.OTHER_END: "het genoteerde einde past niet bij de laatste regel",
    Fault.BEYOND_END: "er staan regels na het genoteerde einde",
    Fault.OTHER_HEAD: "het controlegetal dat eerder genoteerd werd, komt in dit logboek niet voor",
}
