"""What the page of a case shows of the work on it: own estimate, decision, consent, referral."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from serving.capacities import Choices
from serving.case_file import CaseFile
from serving.errors import build_problem
from serving.offers import Offer
from serving.pages.form_texts import CHOICE_NL, DONE_NL, LABEL_NL, NO_NAMES_NL
from serving.pages.forms import FaultSummary, Filled, FormView
from serving.pages.work_contacts import ContactPart
from serving.pages.work_forms import DecisionPart, OwnPart
from serving.pages.work_referral import ComposePart, ConsentPart, SentPart
from serving.pages.work_requests import RequestsPart, build_answer_forms
from serving.pages.work_standing import StandingView
from serving.permissions import Action, User, can
from serving.settings import OwnEstimateMode
from serving.states import CaseEvent

# each form by its key, with the fields that a fault can lead to
FIELDS: Mapping[str, tuple[str, ...]] = {
    "eigen": ("is_possible", "is_needed"),
    "beslissing": ("kind", "look_again_on", "reason", "reason_text"),
    "contact": ("result", "call_again_on", "note"),
    "toestemming": ("purpose", "given_on"),
    "intrekken": ("sure",),
    "aanmelding": ("capacities", "capacities_text", "needs", "needs_text", "offers"),
    "traject": ("event", "on", "partner", "why"),
    "terugnemen": ("why",),
    "vraag": ("kind", "received_on", "text"),
}
_ANSWER_FIELDS = ("outcome", "outcome_text")


@dataclass(frozen=True)
class WorkInput:
    """What the work panel is made from: the case as it was loaded, and a form that was refused.

    `names` are those of colleagues by key; `done` is what the address says that was just done.
    """

    file: CaseFile
    user: User
    mode: OwnEstimateMode
    offers: Sequence[Offer]
    choices: Choices
    today: date
    filled: Filled | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    done: str = ""


@dataclass(frozen=True)
class WorkView:
    """The work panel. `lost` is what was filled in where that form cannot be sent any more."""

    case_id: str
    state_version: int
    assessment_id: str
    done_nl: str
    summary: FaultSummary | None
    lost: Sequence[tuple[str, str]]
    standing: StandingView
    own: OwnPart | None
    decision: DecisionPart | None
    contact: ContactPart | None
    consent: ConsentPart | None
    compose: ComposePart | None
    sent: SentPart | None
    requests: RequestsPart | None
    can_reassess: bool
    is_due: bool
    can_report: bool
    no_names_nl: str = NO_NAMES_NL

    @classmethod
    def of(cls, given: WorkInput) -> "WorkView":
        """Return what the work panel shows."""
        file, user, filled = given.file, given.user, given.filled
        received = {"received_on": given.today.isoformat()}
        forms = {key: FormView.of(key, filled) for key in FIELDS}
        forms["vraag"] = FormView.of("vraag", filled, received)
        answers = build_answer_forms(file, user, filled)
        # who objects reads what was estimated; of others the own answers come first
        is_readable = file.standing.is_blocked or not file.is_withheld
        consent = (forms["toestemming"], forms["intrekken"])
        follow = (forms["traject"], forms["terugnemen"])
        view = cls(
            case_id=file.standing.case_id,
            state_version=file.standing.state_version,
            assessment_id=file.standing.assessment_id,
            done_nl=DONE_NL.get(given.done, ""),
            summary=None,
            lost=(),
            standing=StandingView.of(file, user, given.names),
            own=OwnPart.of(file, user, given.mode, forms["eigen"]),
            decision=DecisionPart.of(file, forms["beslissing"], given.today),
            contact=ContactPart.of(file, user, forms["contact"], given.names, given.today),
            consent=ConsentPart.of(file, user, consent, given.today),
            compose=ComposePart.of(file, forms["aanmelding"], given.choices, given.offers),
            sent=SentPart.of(file, user, follow, given.today),
            requests=RequestsPart.of(file, user, forms["vraag"], answers, given.today),
            can_reassess=CaseEvent.REASSESS in file.allowed.events,
            is_due=file.reassess_due,
            can_report=can(user, Action.HANDLE_REQUEST) and is_readable,
        )
        return view if filled is None else _tell_refused(view, filled)

    def list_forms(self) -> list[FormView]:
        """Return the forms that can be sent now."""
        parts = (self.own, self.decision, self.compose, self.contact)
        found = [part.form for part in parts if part is not None]
        if self.consent is not None:
            found += [self.consent.form, self.consent.withdraw]
        if self.sent is not None:
            found += [self.sent.step, self.sent.recall]
        if self.requests is not None:
            found += [self.requests.form, *(one.form for one in self.requests.waiting)]
        return [form for form in found if form is not None]


def _tell_refused(view: WorkView, filled: Filled) -> WorkView:
    """Return the panel with what went wrong and, of a form that is gone, what was filled in."""
    is_shown = filled.form in {form.key for form in view.list_forms()}
    names = FIELDS.get(filled.form, _ANSWER_FIELDS) if is_shown else ()
    if filled.problem is None and not is_shown:
        filled = replace(filled, problem=build_problem("wrong-state"))
    labels = {**LABEL_NL, "reason": view.decision.reason_nl} if view.decision else LABEL_NL
    summary = FaultSummary.of(filled, [f"{filled.form}-{name}" for name in names], labels)
    if summary is not None and filled.problem is not None and filled.problem.key == "stale":
        detail = f"{view.standing.decided_nl} {summary.detail_nl}".strip()
        summary = replace(summary, detail_nl=detail)
    return replace(view, summary=summary, lost=() if is_shown else _tell_filled(filled))


def _tell_filled(filled: Filled) -> list[tuple[str, str]]:
    return [
        (LABEL_NL[name], ", ".join(CHOICE_NL.get(value, value) for value in values))
        for name, values in filled.values.items()
        if name in LABEL_NL and any(values)
    ]
