"""The claims, each answered from the figures: where it holds, by what factor, where not, and why.

No sentence has a figure of its own, and none is chosen but by a figure: on another machine, other sentences come.
"""

from typing import Final

from measure.contrast.figures import Figures
from measure.contrast.verdicts import background, blocking, django, freeing, native, pool
from measure.contrast.verdicts.finding import Verdict

_CLAIMS: Final = (
    blocking.verdict,
    freeing.verdict,
    pool.verdict,
    background.without_waiting,
    native.verdict,
    django.async_views,
    background.in_a_queue,
    django.in_one_process,
)


def verdicts(figures: Figures) -> list[Verdict]:
    """Answer the claims, in their order."""
    return [answer(figures) for answer in _CLAIMS]
