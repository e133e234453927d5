"""Which secrets of fanin.toml are missing where the environment itself holds them."""

from collections.abc import Iterator, Mapping

from fanin.config import Config
from fanin.config.check import keys_of
from fanin.config.template import SecretReference
from fanin.credentials.secrets.places import PREFIX, EnvironmentVariables, place_of
from fanin.errors import Finding


def missing(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Find the secrets without a value. A store of AWS's is not asked.

    Args:
        config: the checked configuration.
        environment: the process's; `FANIN_SECRETS` says where secrets are.

    Raises:
        ConfigError: `FANIN_SECRETS` names no place.
    """
    if not isinstance(place_of(environment), EnvironmentVariables):
        return
    needing: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for source in config.sources.values():
        written = {
            reference: key for reference, key in keys_of(source).items() if isinstance(reference, SecretReference)
        }
        for name in sorted(source.secrets):
            key = written.get(SecretReference(name), ("sources", source.name, "auth"))
            upstream = source.shares(key[2])
            whose = f"upstream {upstream!r}" if upstream else f"source {source.name!r}"
            by = (whose, ("upstreams", upstream, *key[2:]) if upstream else key)
            if by not in needing.setdefault(name, []):
                needing[name].append(by)
    for name, ((whose, key), *others) in needing.items():
        if not environment.get(PREFIX + name.upper()):
            more = f" and {len(others)} others" if others else ""
            yield _missing(name, f"of {whose}{more}", key)
    signs = config.jobs.callback_secret
    if signs and not environment.get(PREFIX + signs.upper()):
        yield _missing(signs, "that signs callbacks", ("jobs", "callback_secret"))


def _missing(name: str, whose: str, key: tuple[str, ...]) -> Finding:
    message = f"the secret {name!r} {whose} is missing"
    return Finding("missing-secret", key, message, f"Set {PREFIX}{name.upper()}", part=f"{{!{name}}}")
