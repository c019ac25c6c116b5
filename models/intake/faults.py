"""What the planner's figures cannot be made from."""

from features.errors import KantelpuntError


class IntakeError(KantelpuntError):
    """Counts that no road to a pathway can be learnt from, or a change that cannot be tried."""
