"""Regular expressions that few starts need."""

import re
from functools import cached_property


class LatePattern:
    """A regular expression that is compiled when it is first used, and not when its module is imported.

    To compile one takes as long as to make a class. Those that read fanin.toml have done so when a bundle was built.

    Args:
        text: the expression.
        flags: those of `re`.
    """

    def __init__(self, text: str, flags: int = 0) -> None:
        self.text = text
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression, as it is used."""
        return re.compile(self.text, self._flags)
