"""The upstreams of these cases: scripted ones, called as files have them: `{$api}` and `{$other}`."""

from fanin.local.upstream.script import Broken, Given, Gives, Script
from fanin.local.upstream.scripted import Asked, ScriptedUpstreams

__all__ = ["Asked", "Broken", "Given", "Gives", "Script", "Upstreams"]

HOSTS = ("api", "other")


class Upstreams(ScriptedUpstreams):
    """The upstreams of one module's cases."""

    def __init__(self) -> None:
        super().__init__(HOSTS)
