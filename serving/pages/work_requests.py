"""What the page of a case shows of what the person asks, with the forms to note and answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from features.deadlines import ANSWER, Clock, add_months
from serving.case_file import CaseFile
from serving.pages.form_texts import REQUEST_HINT_NL, REQUEST_NL
from serving.pages.forms import Filled, FormView
from serving.pages.work_forms import Options, day_nl, list_options
from serving.permissions import Action, User, can
from serving.person_schemas import KIND_NL, OUTCOME_NL
from serving.persons import EARLIEST_MONTHS, MOST_TEXT
from serving.store.requests import PersonRequest, RequestKind, RequestOutcome
from serving.wording import date_nl, days_left_nl, upper_first

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
    received_nl: str
    answer_nl: str
    is_late: bool
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
    first_day: str
    last_day: str
    most_text: int

    @classmethod
    def of(
        cls,
        file: CaseFile,
        user: User,
        form: FormView,
        forms: Mapping[str, FormView],
        today: date,
    ) -> "RequestsPart | None":
        """Return the requests of a case, for who notes them."""
        if not can(user, Action.RECORD_REQUEST):
            return None
        found = file.trail.requests
        return cls(
            form=form,
            is_open=form.is_again,
            waiting=[
                _open(one, forms.get(one.request_id), today) for one in found if not one.outcome
            ],
            handled=[_tell(one) for one in found if one.outcome],
            kinds=[
                (k, text, REQUEST_HINT_NL[RequestKind(k)]) for k, text in list_options(REQUEST_NL)
            ],
            first_day=add_months(today, -EARLIEST_MONTHS).isoformat(),
            last_day=today.isoformat(),
            most_text=MOST_TEXT,
        )


def build_answer_forms(file: CaseFile, user: User, filled: Filled | None) -> dict[str, FormView]:
    """Return the form of each request that waits, by its id, for who may answer."""
    if not can(user, Action.HANDLE_REQUEST):
        return {}
    waiting = [one.request_id for one in file.trail.requests if one.outcome is None]
    return {one: FormView.of(f"{ANSWER_FORM}-{one}", filled) for one in waiting}


def _open(one: PersonRequest, form: FormView | None, today: date) -> OpenRequest:
    clock = ANSWER.to_clock(one.received_on, today)
    return OpenRequest(
        request_id=one.request_id,
        title_nl=_TITLE_NL[one.kind],
        received_nl=date_nl(one.received_on),
        answer_nl=tell_answer(clock),
        is_late=clock.days_left < 0,
        text=one.text or "",
        is_correction=one.kind is RequestKind.CORRECTION,
        is_access=one.kind is RequestKind.ACCESS,
        form=form,
        answers=list_options(_ANSWERS_NL[one.kind]),
    )


def tell_answer(clock: Clock) -> str:
    """Return until when the person waits for an answer, in a sentence with its source."""
    must = "moest" if clock.days_left < 0 else "moet"
    left, on = days_left_nl(clock.days_left), date_nl(clock.due_on)
    return f"Het antwoord {must} er ten laatste op {on} zijn ({left}; {clock.source})."


def _tell(one: PersonRequest) -> str:
    asked = f"{KIND_NL[one.kind]} van {date_nl(one.received_on)}"
    outcome = OUTCOME_NL[one.outcome] if one.outcome else ""
    on = f" op {day_nl(one.handled_at)}" if one.handled_at else ""
    return upper_first(f"{asked}: {outcome}{on}")
