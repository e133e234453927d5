"""Which secrets of fanin.toml are missing where the environment itself holds them."""

from collections.abc import Iterator, Mapping

from fanin.config import Config
from fanin.config.check import keys_of
from fanin.config.finding import Finding
from fanin.config.template import SecretReference
from fanin.credentials.secrets.places import PREFIX, EnvironmentVariables, place_of


def missing(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Find the secrets without a value, those of an upstream once. A store of AWS's is not asked.

    Args:
        config: the checked configuration.
        environment: the process's; `FANIN_SECRETS` says where secrets are.

    Raises:
        ConfigError: `FANIN_SECRETS` names no place.
    """
    if not isinstance(place_of(environment), EnvironmentVariables):
        return
    needing: dict[str, dict[str, tuple[str, ...]]] = {}
    for source in config.sources.values():
        written = {
            reference: key for reference, key in keys_of(source).items() if isinstance(reference, SecretReference)
        }
        for name in sorted(source.secrets):
            table = "auth" if source.auth and name in source.auth.secrets else "tls"
            key = written.get(SecretReference(name), ("sources", source.name, table))
            if upstream := source.shares(key[2]):
                owner, key = f"of upstream {upstream!r}", ("upstreams", upstream, *key[2:])
            else:
                owner = f"of source {source.name!r}"
            needing.setdefault(name, {}).setdefault(owner, key)
    for name, owners in needing.items():
        if not environment.get(PREFIX + name.upper()):
            owner, key = next(iter(owners.items()))
            more = f" and {len(owners) - 1} others" if len(owners) > 1 else ""
            yield _missing(name, f"{owner}{more}", key)
    yield from _of_callers(config, environment)
    signs = config.jobs.callback_secret
    if signs and not environment.get(PREFIX + signs.upper()):
        yield _missing(signs, "that signs callbacks", ("jobs", "callback_secret"))


def _of_callers(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    for callers in config.callers.values():
        for name in callers.table.secrets:
            if not environment.get(PREFIX + name.upper()):
                yield _missing(name, f"of callers {callers.name!r}", ("callers", callers.name, callers.kind, "secret"))


def _missing(name: str, whose: str, key: tuple[str, ...]) -> Finding:
    message = f"the secret {name!r} {whose} is missing"
    return Finding("missing-secret", key, message, f"Set {PREFIX}{name.upper()}", part=f"{{!{name}}}")
