"""The interval of a share, and how few people are too few to tell of."""

from math import sqrt

from models.heads import NINETY_PERCENT

FEWEST_SHOWN = 5  # people: a count or a mean over fewer tells too much of each of them


def bound_share(share: float, count: float) -> tuple[float, float]:
    """Return the 90 % interval of a share among so many, by Wilson's score (1927).

    It holds for small counts, and within 0 and 1. The count may be an effective one.
    """
    z2 = NINETY_PERCENT**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    spread = share * (1 - share) / count + z2 / (4 * count**2)
    half = NINETY_PERCENT / (1 + z2 / count) * sqrt(spread)
    return max(0.0, middle - half), min(1.0, middle + half)
