"""Everything that a fanin.toml is warned of: it can be served, and may not do what it is meant to.

Mistakes, with which it cannot be served, are found in `check`.
"""

from collections.abc import Iterable

from fanin.config import budget, check_callers, check_lists
from fanin.config.below import keys_below
from fanin.config.callers.key_form import key_findings
from fanin.config.exposed import exposed
from fanin.config.finding import Finding
from fanin.config.fixed_conditions import fixed_conditions
from fanin.config.format import Config
from fanin.config.keywords import misspelt
from fanin.config.lookalikes import lookalikes
from fanin.config.parts import Part, Parts
from fanin.config.quotes import unescaped
from fanin.config.unused import unused


def warnings(config: Config, text: str, others: Iterable[Finding] = ()) -> list[Finding]:
    """Give all warnings, in the order of the file.

    Args:
        config: the checked configuration.
        text: the file that it was read from, in which the findings are placed.
        others: warnings that were found elsewhere.
    """
    parts = config.parts or Parts([Part("", text)])
    found = (
        *budget.warnings(config),
        *check_lists.warnings(config),
        *check_callers.warnings(config),
        *exposed(config),
        *misspelt(config),
        *lookalikes(config),
        *unescaped(config),
        *unused(config),
        *keys_below(config, parts),
        *fixed_conditions(config),
        *(finding for part in parts.files for finding in key_findings(part.text, part.name)),
        *others,
    )
    return parts.in_order([parts.place(finding) for finding in found])
