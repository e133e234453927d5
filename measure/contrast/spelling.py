"""How figures are spelled."""

from measure.statistics import Ratio, Spread


def spread(of: Spread, digits: int = 0) -> str:
    """Spell a median with its quartiles."""
    return f"{of.median:,.{digits}f} ({of.low:,.{digits}f}–{of.high:,.{digits}f})"  # noqa: RUF001 - a range


def factor(of: Ratio | None, digits: int = 2) -> str:
    """Spell a ratio with its interval; a dash without one."""
    if of is None:
        return "–"  # noqa: RUF001 - nothing
    bounds = f"from {of.low:,.{digits}f}" if of.high is None else f"{of.low:,.{digits}f}–{of.high:,.{digits}f}"  # noqa: RUF001
    return f"{of.times:,.{digits}f} ({bounds})"


def times(of: Ratio) -> str:
    """Spell a ratio in a sentence: two digits that count, and the interval, if there was more than one round."""
    digits = 0 if of.times >= 20 else 1 if of.times >= 2 else 2
    spelled = f"{of.times:,.{digits}f} times"
    if of.low == of.high:
        return spelled
    bounds = f"{of.low:,.{digits}f} or more" if of.high is None else f"{of.low:,.{digits}f} to {of.high:,.{digits}f}"
    return f"{spelled} ({bounds})"


def number(value: float | None, digits: int = 0, none: str = "–") -> str:  # noqa: RUF001 - nothing
    """Spell a number that may be missing."""
    return none if value is None else f"{value:,.{digits}f}"


def share(value: float) -> str:
    """Spell a share of 1."""
    return f"{value:.0%}" if value == 0 or value >= 0.1 else f"{value:.1%}"
