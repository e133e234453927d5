"""Which secrets are looked up together."""

from collections.abc import Mapping

from fanin.config import Config
from fanin.config.needs import needs_of

type Together = Mapping[frozenset[str], frozenset[str]]
"""For the names that a call needs, all that are looked up with them."""


def looked_up_together(config: Config) -> Together:
    """Give, for what each source needs, what all sources need that are read by the same endpoints.

    So an endpoint's secrets are asked for once, whichever of its calls is first.
    """
    together: dict[frozenset[str], frozenset[str]] = {}
    for endpoint in config.endpoints.values():
        read = [config.sources[name].secrets for name in needs_of(endpoint.reads, config.sources)]
        everything = frozenset[str]().union(*read)
        for names in read:
            together[names] = together.get(names, frozenset()) | everything
    return together
