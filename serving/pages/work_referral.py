"""What the page of a case shows of consent and referral, with the forms that are possible now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from serving.capacities import Choices
from serving.case_file import CaseFile
from serving.consent import PURPOSE_NL, ConsentPurpose, covers_partner, find_consent_to_refer
from serving.offers import FIT_NL, Offer
from serving.pages.form_texts import STEP_NL
from serving.pages.forms import FormView
from serving.pages.work_forms import Options, day_nl, list_options
from serving.permissions import Action, User, can
from serving.refer import MOST_WHY
from serving.refer_schemas import STOPPED_NL
from serving.referral_form import MOST_CHARACTERS
from serving.states import RECALL_NL, TRANSITIONS, CaseEvent, CaseState
from serving.store.referrals import Referral
from serving.wording import date_nl, upper_first

_ENDS_NL = {
    CaseState.TO_REFER: "Zonder toestemming kan de aanmelding niet weg.",
    CaseState.REFERRED: "De aanmelding bij VDAB stopt. Verwittig daarna zelf VDAB.",
    CaseState.ACCEPTED: "De aanmelding bij VDAB stopt. Verwittig daarna zelf VDAB.",
    CaseState.STARTED: "Het traject eindigt vandaag. Verwittig daarna zelf VDAB.",
}
_NOT_COVERED_NL = (
    "De toestemming geldt niet voor een partner van VDAB. Deel niets met de partner voor de "
    "persoon daarmee instemt, en noteer dan die toestemming."
)


@dataclass(frozen=True)
class ConsentPart:
    """The consents of a case, and the forms to record one and to withdraw them."""

    form: FormView
    withdraw: FormView | None
    is_open: bool
    kept: Sequence[str]
    ended: Sequence[str]
    purposes: Options
    first_day: str
    last_day: str
    follows_nl: str

    @classmethod
    def of(
        cls, file: CaseFile, user: User, forms: tuple[FormView, FormView], today: date
    ) -> "ConsentPart | None":
        """Return the consents of a case for who records them."""
        if not can(user, Action.RECORD_CONSENT):
            return None
        found, state = file.trail.consents, file.standing.state
        may_refer = find_consent_to_refer(found) is not None
        waits = state in (CaseState.TO_REFER, CaseState.WITH_COORDINATOR) and not may_refer
        return cls(
            form=forms[0],
            withdraw=forms[1] if any(one.withdrawn_at is None for one in found) else None,
            is_open=waits or forms[0].is_again,
            kept=[
                f"{date_nl(one.given_on)}: {PURPOSE_NL[ConsentPurpose(one.purpose)]}"
                for one in found
                if one.withdrawn_at is None
            ],
            ended=[
                f"{date_nl(one.given_on)}: ingetrokken op {day_nl(one.withdrawn_at)}"
                for one in found
                if one.withdrawn_at is not None
            ],
            purposes=list_options(PURPOSE_NL),
            first_day=file.standing.absence_started_on.isoformat(),
            last_day=today.isoformat(),
            follows_nl=_ENDS_NL.get(state, "Er loopt geen doorverwijzing."),
        )


@dataclass(frozen=True)
class OfferChoice:
    """An offer that a form can name."""

    key: str
    name_nl: str
    hint_nl: str


@dataclass(frozen=True)
class ComposePart:
    """The form to compose a referral, which is read over before it goes."""

    form: FormView
    capacities: Options
    needs: Options
    offers: Sequence[OfferChoice]
    most_text: int

    @classmethod
    def of(
        cls, file: CaseFile, form: FormView, choices: Choices, offers: Sequence[Offer]
    ) -> "ComposePart | None":
        """Return the form; None where nothing can be sent now."""
        has_consent = find_consent_to_refer(file.trail.consents) is not None
        if CaseEvent.SEND not in file.allowed.events or not has_consent:
            return None
        return cls(
            form=form,
            capacities=[(one.key, upper_first(one.label_nl)) for one in choices.capacities],
            needs=[(one.key, upper_first(one.label_nl)) for one in choices.needs],
            # what would tell of a diagnosis never stands on a form
            offers=[
                OfferChoice(one.key, one.rule.name_nl, FIT_NL[one.fit])
                for one in offers
                if not one.reveals_diagnosis
            ],
            most_text=MOST_CHARACTERS,
        )


@dataclass(frozen=True)
class SentPart:
    """The last referral: how far it came, and the forms to note what VDAB does or to recall it."""

    reference: str
    lines: Sequence[str]
    warning_nl: str
    step: FormView | None
    steps: Options
    recall: FormView | None
    whys: Options
    first_day: str
    last_day: str
    most_why: int

    @classmethod
    def of(
        cls, file: CaseFile, user: User, forms: tuple[FormView, FormView], today: date
    ) -> "SentPart | None":
        """Return the last referral; None where none was sent."""
        if not file.trail.referrals:
            return None
        last, state = file.trail.referrals[0], file.standing.state
        covers = covers_partner(file.trail.consents, last.partner)
        may_recall = can(user, Action.REFER) and (state, CaseEvent.RECALL) in TRANSITIONS
        steps = [(e.value, text) for e, text in STEP_NL.items() if e in file.allowed.events]
        known = filter(None, (last.sent_on, last.accepted_on, last.started_on))
        return cls(
            reference=str(last.form["reference"]),
            lines=_tell(last),
            warning_nl="" if covers else _NOT_COVERED_NL,
            step=forms[0] if steps else None,
            steps=steps,
            recall=forms[1] if may_recall else None,
            whys=list_options(RECALL_NL),
            first_day=max(known).isoformat(),
            last_day=today.isoformat(),
            most_why=MOST_WHY,
        )


def _tell(r: Referral) -> list[str]:
    stopped = STOPPED_NL.get(r.stopped_why or "", r.stopped_why)
    days = [
        ("Verstuurd op", r.sent_on, ""),
        ("Aanvaard op", r.accepted_on, ""),
        ("Traject gestart op", r.started_on, ""),
        ("Traject beëindigd op", r.ended_on, stopped),
        ("Gestopt op", None if r.ended_on else r.stopped_on, stopped),
    ]
    told = [(f"{what} {date_nl(on)}", why) for what, on, why in days if on]
    lines = [f"{line}: {why}" if why else line for line, why in told]
    return [*lines, *([f"Partner: {r.partner}"] if r.partner else [])]
