"""The API of letters to the person."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.deps import ApiUser, Service
from serving.permissions import Action, User
from serving.person_letter import PersonLetter, Sender, to_pdf, write_person_letter
from serving.routes.parts import PREFIX, Now, ServiceHere, answer_pdf, problems

router = APIRouter(prefix=f"{PREFIX}/cases/{{case_id}}", tags=["Persoon"])


@router.get(
    "/letter.pdf",
    summary="De brief voor de persoon",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, **problems(401, 403, 404, 409, 503)},
)
def get_letter(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.SEND_LETTER))],
) -> Response:
    """Geeft een brief in gewone taal: de inschatting, de gegevens en de rechten; wordt genoteerd.

    Zonder naam of adres: die vult u zelf in. Loopt er een bezwaar, of komt uw eigen inschatting
    eerst, dan is er geen brief.
    """
    return answer_letter(user, case_id, service, now)


def answer_letter(user: User, case_id: str, service: Service, now: datetime) -> Response:
    """Return the letter about a case as a file, for the API and for the pages."""
    settings, lists = service.settings, service.referral_lists
    letter: PersonLetter = write_person_letter(
        user,
        case_id,
        store=service.store,
        now=now,
        mode=settings.own_estimate,
        sender=Sender(lists.fund_names, lists.contact_nl, settings.dpo_contact),
    )
    return answer_pdf(to_pdf(letter), f"brief-{case_id}")
