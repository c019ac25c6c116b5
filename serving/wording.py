"""Dates, numbers and names as people in Flanders write them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

LOCALE = "nl_BE"
ZONE = ZoneInfo("Europe/Brussels")
MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"
ALL_REGIONS_NL = "alle regio's samen"
VISIBLE_POINTS = 0.05  # less would read 0,0
_DAYS_NL = {
    90: "drie maanden",
    182: "een half jaar",
    365: "een jaar",
    366: "een jaar",
    730: "twee jaar",
}


def date_nl(day: date) -> str:
    """Return a day in full: 5 januari 2026."""
    return format_date(day, "d MMMM y", locale=LOCALE)


def short_date_nl(day: date) -> str:
    """Return a day in short: 5 jan 2026."""
    return format_date(day, "d MMM y", locale=LOCALE)


def moment_nl(moment: datetime) -> str:
    """Return a day and time: 5 januari 2026 om 14:05."""
    return format_datetime(moment, "d MMMM y 'om' HH:mm", locale=LOCALE)


def short_moment_nl(moment: datetime) -> str:
    """Return a day and time in short: 5 jan 2026, 14:05:09."""
    return format_datetime(moment, "d MMM y, HH:mm:ss", locale=LOCALE)


def find_day(moment: datetime) -> date:
    """Return the day here on which something happened: the store gives moments in UTC."""
    return moment.astimezone(ZONE).date()


def month_nl(day: date) -> str:
    """Return a month: januari 2026."""
    return format_date(day, "MMMM y", locale=LOCALE)


def percent_nl(share: float) -> str:
    """Return a share in whole percents: 72 %, which no line end can part."""
    return f"{round(100 * share)}\N{NO-BREAK SPACE}%"


def number_nl(number: float) -> str:
    """Return a number with a decimal comma, points between thousands, at most one decimal."""
    return format_decimal(number, "#,##0.#", locale=LOCALE)


def one_decimal_nl(number: float) -> str:
    """Return a number with exactly one decimal."""
    return format_decimal(number, "0.0", locale=LOCALE)


def times_nl(ratio: float) -> str:
    """Return how many times, with two decimals where they matter: 1,25."""
    return format_decimal(ratio, "#,##0.##" if ratio < 10 else "#,##0", locale=LOCALE)


def op_100(p: float) -> int:
    """Return a chance as so many in a hundred, for display."""
    return round(min(max(p, 0.0), 1.0) * 100)


def interval_nl(low: float, high: float) -> str:
    """Return an interval of chances: 22-41, with an en dash."""
    return f"{op_100(low)}{EN_DASH}{op_100(high)}"


def points_nl(points: float) -> str:
    """Return percentage points with their sign and one decimal: +3,2."""
    shown = format_decimal(abs(points), "0.0", locale=LOCALE)
    if shown == "0,0":
        return shown
    return f"{'+' if points > 0 else MINUS}{shown}"


def whole_nl(number: int) -> str:
    """Return a whole number, with a true minus sign below 0."""
    return f"{MINUS if number < 0 else ''}{abs(number)}"


def signed_nl(number: int) -> str:
    """Return a whole number with its sign: +13; 0 has none."""
    return f"+{number}" if number > 0 else whole_nl(number)


def upper_first(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]


def days_nl(days: int) -> str:
    """Return a period as people say it: een jaar, drie maanden, 100 dagen."""
    return _DAYS_NL.get(days, f"{number_nl(days)} dagen")


def days_left_nl(days: int) -> str:
    """Return how far off a day is: vandaag, nog 1 dag, 3 dagen geleden."""
    if days == 0:
        return "vandaag"
    unit = "dag" if abs(days) == 1 else "dagen"
    return f"nog {days} {unit}" if days > 0 else f"{-days} {unit} geleden"


def region_nl(key: str) -> str:
    """Return a region as people write it; a key such as oost_vlaanderen becomes Oost-Vlaanderen."""
    if key.islower() and key.replace("_", "").isalpha():
        return "-".join(part.capitalize() for part in key.split("_"))
    return key
