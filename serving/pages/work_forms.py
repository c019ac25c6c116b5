"""The forms of a physician on the page of a case: the own estimate and the decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from features.deadlines import add_months
from serving.access_texts import ANSWER_NL
from serving.case_file import CaseFile
from serving.decide import FURTHEST_MONTHS
from serving.decision_reasons import MOST_TEXT, REASON_NL
from serving.pages.form_texts import DECISION_HINT_NL, LABEL_NL
from serving.pages.forms import FormView
from serving.permissions import Action, User, can
from serving.question_texts import NEEDED_NL, POSSIBLE_NL
from serving.settings import OwnEstimateMode
from serving.states import ASKS_REASON, DECISION_NL, FOLLOWS, CaseState, DecisionKind
from serving.wording import date_nl, find_day, upper_first

Options = Sequence[tuple[str, str]]
_DEVIATES_NL = "Enkel als u afwijkt. Bij “nu niet opportuun” vragen we geen reden."
_UNSURE_NL = (
    "Waarom u het dossier afsluit",
    "Enkel bij “keert op eigen kracht terug”: het voorstel is onzeker, dus waarop steunt u?",
)
# states in which a decision is what the case waits for
_UNDECIDED = (CaseState.OPEN, CaseState.WITH_COORDINATOR)


@dataclass(frozen=True)
class OwnPart:
    """The own estimate: the form, or what was answered."""

    form: FormView | None
    is_first: bool
    told_nl: str
    answers: Options

    @classmethod
    def of(
        cls, file: CaseFile, user: User, mode: OwnEstimateMode, form: FormView
    ) -> "OwnPart | None":
        """Return the own estimate of who gives one; None where it is not asked."""
        if not can(user, Action.ESTIMATE_FIRST) or mode is OwnEstimateMode.OFF:
            return None
        about = (file.latest.assessment_id, user.key)
        own = [e for e in file.own_estimates if (e.assessment_id, e.user_key) == about]
        if own:
            possible, needed = ANSWER_NL[own[0].is_possible], ANSWER_NL[own[0].is_needed]
            told = f"{POSSIBLE_NL} {upper_first(possible)}. {NEEDED_NL} {upper_first(needed)}."
            return cls(None, False, f"Uw eigen inschatting. {told}", ())
        is_late = not file.is_withheld and about[0] in {d.assessment_id for d in file.decisions}
        if file.standing.is_blocked or is_late:
            return None
        return cls(form, file.is_withheld, "", list_options(ANSWER_NL))


@dataclass(frozen=True)
class DecisionOption:
    """One decision to choose; `follows` tells whether that is what was suggested."""

    key: str
    label_nl: str
    hint_nl: str
    follows: bool


@dataclass(frozen=True)
class DecisionPart:
    """The form of a decision. `asking` are the choices that ask for a reason."""

    form: FormView
    title_nl: str
    is_open: bool
    options: Sequence[DecisionOption]
    asking: str
    reasons: Options
    reason_nl: str
    reason_hint_nl: str
    first_day: str
    last_day: str
    most_text: int

    @classmethod
    def of(cls, file: CaseFile, form: FormView, today: date) -> "DecisionPart | None":
        """Return the form of a decision; None where nothing can be decided."""
        allowed, standing = file.allowed.decisions, file.standing
        if not allowed:
            return None
        # after an objection that was upheld there is no suggestion to follow
        follows = frozenset() if standing.is_blocked else FOLLOWS[standing.suggestion]
        asking = frozenset() if standing.is_blocked else ASKS_REASON[standing.suggestion]
        is_first = standing.state in _UNDECIDED
        is_unsure = len(follows) == len(DecisionKind)
        named = frozenset() if is_unsure else follows
        return cls(
            form=form,
            title_nl="Uw beslissing" if is_first else "De beslissing wijzigen",
            is_open=is_first or form.is_again,
            options=[
                DecisionOption(
                    k.value, upper_first(DECISION_NL[k]), DECISION_HINT_NL[k], k in named
                )
                for k in allowed
            ],
            asking=" ".join(k.value for k in allowed if k in asking),
            reasons=list_options(REASON_NL),
            reason_nl=_UNSURE_NL[0] if is_unsure else LABEL_NL["reason"],
            reason_hint_nl=_UNSURE_NL[1] if is_unsure else _DEVIATES_NL,
            first_day=(today + timedelta(days=1)).isoformat(),
            last_day=add_months(today, FURTHEST_MONTHS).isoformat(),
            most_text=MOST_TEXT,
        )


def list_options(texts: Mapping[Any, str]) -> Options:
    """Return the choices of a list, by key and text."""
    return [(str(key), upper_first(text)) for key, text in texts.items()]


def day_nl(moment: datetime) -> str:
    """Return the day here on which something happened."""
    return date_nl(find_day(moment))
