"""What the page of a case shows of contacts with the person, with the form to report one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from features.deadlines import add_months
from serving.case_file import CaseFile
from serving.contacts import FURTHEST_MONTHS, MOST_NOTE, awaits_contact
from serving.pages.forms import FormView
from serving.pages.work_forms import Options, day_nl, list_options
from serving.permissions import Action, User, can
from serving.store.contacts import RESULT_NL, Contact, ContactResult
from serving.wording import date_nl, upper_first


@dataclass(frozen=True)
class ContactView:
    """One contact: what became of it, who reported it when, and what was noted."""

    told_nl: str
    made_nl: str
    note: str

    @classmethod
    def of(cls, made: Contact, names: Mapping[str, str]) -> "ContactView":
        """Return what the page tells of a contact."""
        who = names.get(made.made_by, "een collega")
        return cls(
            told_nl=upper_first(tell_contact(made)),
            made_nl=f"{day_nl(made.made_at)}, door {who}",
            note=made.note or "",
        )


@dataclass(frozen=True)
class ContactPart:
    """The contacts with the person, the last first; the form while one is expected."""

    form: FormView | None
    is_open: bool
    told: Sequence[ContactView]
    results: Options
    first_day: str
    last_day: str
    most_text: int

    @classmethod
    def of(
        cls, file: CaseFile, user: User, form: FormView, names: Mapping[str, str], today: date
    ) -> "ContactPart | None":
        """Return the contacts of a case; None where there are none and none is expected."""
        is_asked = can(user, Action.RECORD_CONTACT) and awaits_contact(file.standing)
        if not is_asked and not file.contacts:
            return None
        return cls(
            form=form if is_asked else None,
            # the call is what is asked of who does not decide
            is_open=form.is_again or not can(user, Action.DECIDE),
            told=[ContactView.of(one, names) for one in file.contacts],
            results=list_options(RESULT_NL),
            first_day=(today + timedelta(days=1)).isoformat(),
            last_day=add_months(today, FURTHEST_MONTHS).isoformat(),
            most_text=MOST_NOTE,
        )


def tell_contact(made: Contact) -> str:
    """Return what became of a contact, with the day on which to call again."""
    told = RESULT_NL[made.result]
    if made.result is ContactResult.CALL_AGAIN and made.call_again_on is not None:
        return f"vraagt om terug te bellen op {date_nl(made.call_again_on)}"
    return told


def find_last_contact(file: CaseFile) -> Contact | None:
    """Return the last contact since the last decision: what the physician did not answer yet."""
    if not file.contacts or not awaits_contact(file.standing):
        return None
    last = file.contacts[0]
    is_new = not file.decisions or last.made_at >= file.decisions[0].made_at
    return last if is_new else None
