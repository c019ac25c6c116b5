"""What the page of a case shows of what the person asks, with the forms to note and answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.case_file import CaseFile
from serving.pages.form_texts import REQUEST_HINT_NL, REQUEST_NL
from serving.pages.forms import Filled, FormView
from serving.pages.work_forms import Options, day_nl, list_options
from serving.permissions import Action, User, can
from serving.person_schemas import KIND_NL, OUTCOME_NL
from serving.persons import MOST_TEXT
from serving.store.requests import PersonRequest, RequestKind, RequestOutcome
from serving.wording import upper_first

ANSWER_FORM = "antwoord"
_TITLE_NL: Mapping[RequestKind, str] = {
    RequestKind.OBJECTION: "De persoon maakt bezwaar",
    RequestKind.CORRECTION: "De persoon vraagt een verbetering",
    RequestKind.ACCESS: "De persoon vraagt inzage",
}
_O = RequestOutcome
# what a physician answers in place; a correction that is made has a page of its own
_ANSWERS_NL: Mapping[RequestKind, Mapping[RequestOutcome, str]] = {
    RequestKind.OBJECTION: {
        _O.UPHELD: "het bezwaar aanvaarden: er wordt niets meer ingeschat",
        _O.REJECTED: "het bezwaar niet aanvaarden: er wordt weer ingeschat",
    },
    RequestKind.CORRECTION: {_O.REJECTED: "de gegevens niet verbeteren"},
    RequestKind.ACCESS: {
        _O.DONE: "de persoon kreeg het overzicht",
        _O.REJECTED: "de persoon krijgt het overzicht niet",
    },
}


@dataclass(frozen=True)
class OpenRequest:
    """A request that waits for an answer; the form only for who may give it."""

    request_id: str
    title_nl: str
    made_nl: str
    text: str
    is_correction: bool
    is_access: bool
    form: FormView | None
    answers: Options


@dataclass(frozen=True)
class RequestsPart:
    """What the person asked, and the form to note something new."""

    form: FormView
    is_open: bool
    waiting: Sequence[OpenRequest]
    handled: Sequence[str]
    kinds: Sequence[tuple[str, str, str]]
    most_text: int

    @classmethod
    def of(
        cls,
        file: CaseFile,
        user: User,
        form: FormView,
        forms: Mapping[str, FormView],
    ) -> "RequestsPart | None":
        """Return the requests of a case, for who notes them."""
        if not can(user, Action.RECORD_REQUEST):
            return None
        found = file.trail.requests
        return cls(
            form=form,
            is_open=form.is_again,
            waiting=[_open(one, forms.get(one.request_id)) for one in found if not one.outcome],
            handled=[_tell(one) for one in found if one.outcome],
            kinds=[
                (k, text, REQUEST_HINT_NL[RequestKind(k)]) for k, text in list_options(REQUEST_NL)
            ],
            most_text=MOST_TEXT,
        )


def build_answer_forms(file: CaseFile, user: User, filled: Filled | None) -> dict[str, FormView]:
    """Return the form of each request that waits, by its id, for who may answer."""
    if not can(user, Action.HANDLE_REQUEST):
        return {}
    waiting = [one.request_id for one in file.trail.requests if one.outcome is None]
    return {one: FormView.of(f"{ANSWER_FORM}-{one}", filled) for one in waiting}


def _open(one: PersonRequest, form: FormView | None) -> OpenRequest:
    return OpenRequest(
        request_id=one.request_id,
        title_nl=_TITLE_NL[one.kind],
        made_nl=day_nl(one.made_at),
        text=one.text or "",
        is_correction=one.kind is RequestKind.CORRECTION,
        is_access=one.kind is RequestKind.ACCESS,
        form=form,
        answers=list_options(_ANSWERS_NL[one.kind]),
    )


def _tell(one: PersonRequest) -> str:
    asked = f"{KIND_NL[one.kind]} van {day_nl(one.made_at)}"
    outcome = OUTCOME_NL[one.outcome] if one.outcome else ""
    on = f" op {day_nl(one.handled_at)}" if one.handled_at else ""
    return upper_first(f"{asked}: {outcome}{on}")
