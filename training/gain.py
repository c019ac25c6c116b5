"""The gain of a release: what is learnt of it, and whether ranking people by it is worth anything.

Where the gain cannot be learnt the release says that it is unknown, and why.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from features.errors import KantelpuntError
from features.tables import Extract
from features.trial import Trial, build_trial
from models.effects import Effects, GainConfig, find_effects, fit_overlap
from models.estimate import GainStatus
from models.gain import FittedGain, fit_gain, flat_head
from models.gain_spread import fit_gain_spread
from models.heads import AdditiveHead, GainHead, SpreadHead
from models.hidden import Confounder, bound_bias, find_robustness, rank_confounders
from training.config import Config
from training.evaluate import Measured, bound_by_error
from training.ranking_skill import Skill, measure_skill

LATEST_BY_LOT = 14  # days: a lot decides at once, and a first appointment takes a little
MOST_LATE = 0.05


class NoLotError(KantelpuntError):
    """An extract in which support cannot have been given by lot on the screening day."""


@dataclass(frozen=True)
class KnownGain:
    """What was learnt of the gain.

    `mean` has a 95 % interval for chance alone; a confounder that nobody measured,
    `hidden_strength` times as strong as the strongest that was, may move it by `hidden` more, up or
    down. `robustness` is the share of what is left of outcome and of support that such a confounder
    must explain to make the mean 0. Where a lot gave support `hidden` is 0 and `robustness` 1.
    """

    head: GainHead
    effects: Effects
    fitted: FittedGain
    skill: Skill
    mean: Measured
    hidden: float
    robustness: float
    confounders: tuple[Confounder, ...]


@dataclass(frozen=True)
class LearntGain:
    """The trial, and what was learnt from it, or why nothing was."""

    trial: Trial
    known: KnownGain | None
    why_unknown: str = ""

    @property
    def head(self) -> GainHead | None:
        """The part of the model that tells the gain."""
        return self.known.head if self.known else None

    def describe(self) -> dict[str, Any]:
        """Return plain values for the bundle."""
        starts = int(self.trial.supported.sum())
        counts = {"starts": starts, "comparisons": len(self.trial) - starts}
        known = self.known
        if known is None:
            return {"status": GainStatus.UNKNOWN.value, "why_unknown": self.why_unknown, **counts}
        return {
            "status": known.head.status.value,
            **counts,
            "by_lot": known.effects.by_lot,
            "comparable": len(known.effects),
            "form": known.fitted.form,
            "slopes": {name: round(slope, 6) for name, slope in known.fitted.slopes.items()},
            "shrink": round(known.fitted.shrink, 6),
            "losses": {name: round(loss, 6) for name, loss in known.fitted.losses.items()},
            "mean": known.mean.plain(),
            "hidden": round(known.hidden, 6),
            "robustness": round(known.robustness, 6),
            "strongest_confounder": known.confounders[0].field if known.confounders else None,
            "ranking_slope_90": known.skill.slope.plain(),
            "ranking_supported": known.skill.supported,
        }


def learn_gain(
    extract: Extract, config: Config, seed: int, *, as_of: date, by_lot: bool = False
) -> LearntGain:
    """Return the gain as far as the extract shows it on `as_of`.

    `by_lot`: support was given by lot on the screening day; raises NoLotError where it began later.
    """
    trial = build_trial(extract, seed=seed, as_of=as_of)
    if by_lot:
        check_lot(trial)
    effects = find_effects(trial, config.usual, config.gain, seed, by_lot=by_lot)
    if isinstance(effects, str):
        return LearntGain(trial, None, effects)
    fitted = fit_gain(effects, config.usual, config.gain, seed)
    skill = measure_skill(extract, trial, effects, config, seed, by_lot=by_lot)
    confounders = () if by_lot else tuple(rank_confounders(trial, effects))
    hidden = _bound_hidden(confounders, effects, config.gain)
    known = KnownGain(
        head=_build_head(trial, effects, fitted, skill, hidden, config, seed, by_lot=by_lot),
        effects=effects,
        fitted=fitted,
        skill=skill,
        mean=bound_by_error(fitted.mean, fitted.error),
        hidden=hidden,
        robustness=1.0 if by_lot else find_robustness(effects, fitted.mean),
        confounders=confounders,
    )
    return LearntGain(trial, known)


def check_lot(trial: Trial) -> None:
    """Raise NoLotError where support began later than a lot on the screening day explains."""
    late = trial.day[trial.supported == 1] > LATEST_BY_LOT
    if len(late) and late.mean() > MOST_LATE:
        raise NoLotError(
            f"--by-lot: a lot gives support on the screening day, and {late.mean():.0%} of starts "
            f"are more than {LATEST_BY_LOT} days later: leave --by-lot out"
        )


def _bound_hidden(
    confounders: tuple[Confounder, ...], effects: Effects, config: GainConfig
) -> float:
    """Return what a hidden confounder may do that explains more than the strongest measured one."""
    if not confounders:
        return 0.0
    strongest, times = confounders[0], config.hidden_strength
    return bound_bias(effects, times * strongest.of_outcome, times * strongest.of_support)


def _build_head(
    trial: Trial,
    effects: Effects,
    fitted: FittedGain,
    skill: Skill,
    hidden: float,
    config: Config,
    seed: int,
    *,
    by_lot: bool,
) -> GainHead:
    """Return the head of the release: one gain for all unless ranking by it beat chance later."""
    overlap = None if by_lot else fit_overlap(trial, config.usual, config.gain, seed)
    usual, gain = config.usual, config.gain
    if fitted.form != "constant" and skill.is_better_than_chance:
        spread = fit_gain_spread(effects, fitted, usual, gain, config.spread, seed)
        return GainHead(GainStatus.ESTIMATED, fitted.head, spread, overlap, hidden)
    flat = AdditiveHead(flat_head(trial.contract, fitted.mean), None, 0.0)
    spread = SpreadHead(None, fitted.error**2)
    return GainHead(GainStatus.SAME_FOR_ALL, flat, spread, overlap, hidden)
