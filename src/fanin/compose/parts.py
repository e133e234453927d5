"""What functions are made of: each part made when it is first asked for, since no function has need of all."""

import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from fanin.compose.observability import configure_logs, watching
from fanin.compose.snapshots import take_part
from fanin.config.finding import ConfigError, Finding
from fanin.config.format import Config
from fanin.config.frozen import thawed
from fanin.credentials.secrets.redaction import redaction_of
from fanin.engine.call import Fetch, Policy, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.engine.front_door import OPEN, FrontDoor
from fanin.observability.redact import redactor
from fanin.sources.address import AddressGuard
from fanin.sources.kinds import blocking_fetch_of, fetches_of
from fanin.sources.reach import BlockingFetch, BlockingReach, Reach
from fanin.sources.resolve import Resolver
from fanin.sources.tls import tls_context

# ruff: noqa: PLC0415 - the bundle of one function lacks the libraries of the other

if TYPE_CHECKING:
    from fanin.aws.client import Aws
    from fanin.aws.client_blocking import BlockingAws
    from fanin.compose.jobs_parts import Around
    from fanin.compose.resources import Resources
    from fanin.compose.stores import Stores
    from fanin.contract.client_limit import ClientCounts
    from fanin.credentials.auth.authenticate import Authenticator


class Parts:
    """The parts of one function.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment.
        counts: what counts the requests of clients, if another function in this process has one.

    Raises:
        ConfigError: fanin.toml cannot be served, or the environment says what cannot be.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], counts: "ClientCounts | None" = None) -> None:
        take_part(environment)
        redaction = self._redaction = redaction_of(environment)
        configure_logs(environment, redaction)
        self.redact = redactor(redaction)
        """Hides what logs may not show."""
        self.environment = environment
        self._given_counts = counts
        self.config = configuration(folder, environment)
        self.runtime = Runtime()
        self.catalogue = Catalogue(self.config, self.runtime.clock)
        self._resolvers = _resolvers(environment)
        if environment.get("FANIN_SECRETS"):
            _ = self._authenticator  # a mistake in it keeps the function from starting, whether or not it is needed

    @cached_property
    def _authenticator(self) -> "Authenticator":
        """What puts secrets and credentials into the requests of sources."""
        from fanin.credentials.authentication import authenticator_of

        return authenticator_of(self.config, self.environment, self._redaction, self.runtime.clock)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """The context of TLS connections."""
        return tls_context()

    @cached_property
    def aws(self) -> "Aws":
        """The client of AWS's services on an event loop, one for all that a function asks of them."""
        from fanin.aws.client import Aws

        return Aws(self.environment, self.tls)

    @cached_property
    def blocking_aws(self) -> "Callable[[], BlockingAws]":
        """Gives the client of AWS's services in threads, one for all of them, to whichever asks first."""

        def made() -> "BlockingAws":
            from fanin.aws.client_blocking import BlockingAws

            return BlockingAws(self.environment, self.tls, clock=self.runtime.clock)

        return when_asked_for(made)

    @cached_property
    def resources(self) -> "Resources":
        """The function's tables, queues and buckets, over that client."""
        from fanin.compose.resources import Resources

        return Resources(lambda: self.aws, self.runtime)

    @cached_property
    def stores(self) -> "Stores":
        """Where answers are kept and calls are counted."""
        from fanin.compose.stores import stores

        return stores(self.environment, lambda: self.resources, self.runtime)

    @cached_property
    def fetches(self) -> dict[str, Fetch]:
        """The fetch of each source; connections live as long as the environment."""
        reach = Reach(self._resolvers, lambda: self.tls, self.runtime.clock)
        return fetches_of(self.config.sources, reach, AsyncExitStack())

    @cached_property
    def front_door(self) -> FrontDoor:
        """What says who asks, and how often they may."""
        door = self._callers_door if self.config.callers else OPEN
        if (counts := self.counts) is None:
            return door
        from fanin.compose.client_limits import client_limits, limited

        runtime, aws = self.runtime, self.blocking_aws
        return limited(door, client_limits(self.environment, runtime, counts, lambda: self.resources, aws))

    @cached_property
    def counts(self) -> "ClientCounts | None":
        """What counts the requests of clients in this process; None if nothing limits them."""
        limits = any(endpoint.client_limit for endpoint in self.config.endpoints.values())
        if not limits and not any(callers.kind == "keys" for callers in self.config.callers.values()):
            return None  # of keys, each may have a limit of its own
        from fanin.contract.client_limit import ClientCounts

        return ClientCounts(self.runtime.now) if self._given_counts is None else self._given_counts

    @property
    def _callers_door(self) -> FrontDoor:
        """What says who asks."""
        from fanin.callers.kinds import Around as AroundCallers
        from fanin.compose.front_door import front_door
        from fanin.credentials.secrets.places import place_of

        clock, now = self.runtime.clock, self.runtime.now
        around = AroundCallers(self.environment, self._redaction, place_of(self.environment), clock, now)
        reach = Reach(self._resolvers, lambda: self.tls, clock)
        return front_door(self.config.callers, around, reach, lambda: self.aws, self.blocking_aws)

    def pipelines(self, *, renewing: bool = False) -> dict[str, Fetch]:
        """Make the pipeline of each source.

        Args:
            renewing: whether to ask for what is stale, rather than answer with it.
        """
        from fanin.policies.order import pipelines_of
        from fanin.policies.steps import Shared

        sources = self.config.sources.values()
        keep = any(source.cache or source.invalidates or source.rate_limit for source in sources)
        caching, limits = self.stores if keep else (None, None)
        shared = Shared(self.runtime, caching, limits, self._authenticate, renewing=renewing)
        return pipelines_of(self.config.sources, self.fetches, shared)

    @property
    def _authenticate(self) -> Policy | None:
        """The step that authenticates calls; None if no source has it."""
        if not any(source.asks_by for source in self.config.sources.values()):
            return None
        from fanin.credentials.authentication import authentication

        return authentication(self._authenticator, self._aws_of_secrets)

    def blocking_fetch(self) -> BlockingFetch:
        """Make what makes blocking calls of every source, over connections that all requests share."""
        from fanin.credentials.authentication import blocking_authentication

        authenticate = blocking_authentication(self._authenticator, self.environment, self.tls)
        reach = BlockingReach(self._resolvers, lambda: self.tls, self.runtime.clock, authenticate)
        return blocking_fetch_of(self.config.sources, reach, ExitStack())

    @property
    def around_jobs(self) -> "Around":
        """What is around jobs."""
        from fanin.compose.jobs_parts import Around
        from fanin.credentials.authentication import secret_reader

        return Around(
            self.catalogue,
            self.environment,
            self.runtime,
            self._resolvers[False],
            self.tls,
            lambda: self.resources,
            secret_reader(self._authenticator, self._aws_of_secrets, self.runtime.clock),
            self.redact,
            watching(self.environment),
        )

    @property
    def _aws_of_secrets(self) -> "Aws | None":
        """The client to look secrets up with, where they are in a store of AWS's."""
        return self.aws if self.environment.get("FANIN_SECRETS") else None


def configuration(folder: Path, environment: Mapping[str, str]) -> Config:
    """Load the fanin.toml that `FANIN_CONFIG` names, or the one in a folder, as a build has left it if it has.

    Raises:
        ConfigError: it cannot be served.
    """
    if not environment.get("FANIN_CONFIG") and (config := thawed(folder, environment)):
        return config
    from fanin.config.reading import load

    return load(path_of(folder, environment), environment)


def path_of(folder: Path, environment: Mapping[str, str]) -> Path:
    """Give the path of the fanin.toml that `FANIN_CONFIG` names, or of the one in a folder."""
    return Path(environment.get("FANIN_CONFIG") or folder / "fanin.toml")


def when_asked_for[Part](make: Callable[[], Part]) -> Callable[[], Part]:
    """Make a part when it is first asked for, once, whichever thread asks: what few requests need delays no start."""
    lock, made = Lock(), cache(make)

    def part() -> Part:
        with lock:
            return made()

    return part


def _resolvers(environment: Mapping[str, str]) -> dict[bool, Resolver]:
    """Make the resolver of private sources and that of all others, whose connections must not be shared."""
    try:
        guard = AddressGuard(
            environment.get("FANIN_ALLOW", ""), runtime_api=environment.get("AWS_LAMBDA_RUNTIME_API", "")
        )
        return {private: Resolver(guard, private=private) for private in (False, True)}
    except ValueError as error:
        fix = "Write CIDR:port, such as 10.0.0.0/16:443, * for any port, and spaces between"
        raise ConfigError([Finding("bad-allow", ("FANIN_ALLOW",), str(error), fix)], "environment") from error
