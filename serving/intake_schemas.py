"""What the API answers about intake files."""

from datetime import datetime

from pydantic import BaseModel, Field

from serving.errors import build_problem
from serving.faults import FieldFault
from serving.schemas import ProblemOut
from serving.store.imports import Import, ImportStatus


class ImportCountsOut(BaseModel):
    """What became of the cases of a file."""

    saved: int = Field(description="Ingeschat en bewaard.")
    known: int = Field(description="Al ingeschat door dit model, met dezelfde gegevens.")
    elsewhere: int = Field(description="Van een ander ziekenfonds of een andere regio: geweigerd.")
    untimely: int = Field(description="Van na vandaag, of van voor de eerste grenzen.")
    blocked: int = Field(description="Met een bezwaar dat nog niet behandeld is, of aanvaard.")
    rejected: int = Field(description="Afgekeurde rijen.")
    other_case: int = Field(
        description="Onder een nummer van een andere persoon, afwezigheid of regio; ze staan bij "
        "de afgekeurde rijen."
    )


class ImportOut(BaseModel):
    """One intake file: how far it is, and what became of its cases."""

    import_id: str
    status: ImportStatus
    began_at: datetime
    began_by: str
    ended_at: datetime | None
    model_version: str
    rows_total: int = Field(description="Goede rijen; 0 zolang het bestand niet gelezen is.")
    rows_done: int
    counts: ImportCountsOut
    problem: ProblemOut | None

    @classmethod
    def of(cls, made: Import) -> "ImportOut":
        """Return what the API says of an import."""
        return cls(
            import_id=made.import_id,
            status=made.status,
            began_at=made.began_at,
            began_by=made.began_by,
            ended_at=made.ended_at,
            model_version=made.model_version,
            rows_total=made.rows_total,
            rows_done=made.rows_done,
            counts=ImportCountsOut(**vars(made.counts)),
            problem=_explain(made),
        )


def _explain(made: Import) -> ProblemOut | None:
    if made.problem is None:
        return None
    columns = made.problem.get("columns", [])
    faults = tuple(FieldFault(name, "een kolom zoals het contract noemt") for name in columns)
    return ProblemOut.of(build_problem(made.problem["key"], faults))


class ImportsOut(BaseModel):
    """The latest intake files of a sickness fund, latest first."""

    imports: list[ImportOut]
