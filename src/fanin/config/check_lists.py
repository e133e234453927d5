"""What only shows of lists when the parts of fanin.toml are seen together: their items, limits, times and places."""

import math
from collections.abc import Iterable, Iterator, Mapping

from fanin.config.fields import gives_object
from fanin.config.finding import Finding
from fanin.config.format import Config, Endpoint
from fanin.config.needs import needs_of
from fanin.config.parameters import Parameter
from fanin.config.source import Source
from fanin.config.template import EachReference, ParameterReference, Reference, UrlTemplate
from fanin.config.units import spelled


def each_findings(source: Source) -> Iterator[Finding]:
    """Find references to an item in a source that has no items."""
    if source.for_each is not None:
        return
    for key, references in source.references_by_key:
        for reference in references:
            if isinstance(reference, EachReference):
                message = f"{reference} is an item of a list, and the source has no for_each"
                fix = 'Add for_each = "…", an expression that gives the list'
                yield Finding("bad-for-each", ("sources", source.name, *key), message, fix, part=str(reference))
                return


def batch_findings(source: Source) -> Iterator[Finding]:
    """Find references to the items of a batch where no list has a place."""
    if source.batch is None:
        return
    for key, references in _without_lists(source):
        for reference in references:
            if isinstance(reference, EachReference):
                message = f"{reference} is a list in a batch, and none has a place here"
                fix = "Put it into the query or the body, or remove batch"
                yield Finding("bad-batch", ("sources", source.name, *key), message, fix, part=str(reference))


def picked_findings(source: Source) -> Iterator[Finding]:
    """Find what picks an object where a list is needed: of pages, and of a batch."""
    needs = "pages" if source.pages else "batch" if source.batch else ""
    for key, expression in (("pick", source.pick), ("pick_response", source.pick_response)):
        if needs and gives_object(expression):
            whose = "each page is a list" if needs == "pages" else "the answer to a batch is a list of rows"
            fix = "Name the list before the braces, as in items[].{id: id}"
            yield Finding(f"bad-{needs}", ("sources", source.name, key), f"it gives an object, and {whose}", fix)


def _without_lists(source: Source) -> Iterator[tuple[tuple[str, ...], Iterable[Reference]]]:
    """Give the references of a source's path and headers."""
    url = getattr(source, "url", None)
    if isinstance(url, UrlTemplate):
        yield ("url",), url.path_references
    yield from ((key, references) for key, references in source.references_by_key if key[0] == "headers")


def endpoint_findings(endpoint: Endpoint, needed: Mapping[str, Source]) -> Iterator[Finding]:
    """Find limits that are no number, and lists where no list has a place.

    Args:
        endpoint: the endpoint.
        needed: the sources that it reads, those that they need included.
    """
    known = endpoint.all_parameters
    for source in needed.values():
        if isinstance(source.limit, ParameterReference) and source.limit.name in known:
            declared = known[source.limit.name]
            if declared.type != "integer":
                message = f"{source.limit} of endpoint {endpoint.name!r} is no integer"
                fix = f'Declare {source.limit.name} = {{ type = "integer", minimum = 0, maximum = {source.max_items} }}'
                yield Finding("bad-limit", ("sources", source.name, "limit"), message, fix)
    if endpoint.merge == "flat":
        for position, name in enumerate(endpoint.sources):
            if name in needed and needed[name].for_each is not None:
                message = f"the value of {name!r} is a list, and a flat merge takes the fields of objects"
                key = ("endpoints", endpoint.name, "sources", position)
                yield Finding("flat-list", key, message, 'Write merge = "nested"', part=f'"{name}"')


def most_items(source: Source, endpoint: Endpoint) -> int:
    """Give how many items a list can have in a request for an endpoint."""
    limit = _most_limit(source, endpoint)
    return source.max_items if limit is None else min(source.max_items, limit)


def most_calls(source: Source, endpoint: Endpoint) -> int:
    """Give how many calls a source can have in a request for an endpoint; attempts are not counted apart."""
    if not source.makes_calls:
        return 0
    if source.for_each is None:
        return 1
    items = most_items(source, endpoint)
    return math.ceil(items / source.batch.size) if source.batch else items


def most_attempts(source: Source, endpoint: Endpoint) -> int:
    """Give how many requests a source can get in a request for an endpoint: pages, retries and hedges included."""
    pages = source.pages.max if source.pages else 1
    attempts = (source.retry.attempts if source.retry else 1) * (2 if source.hedge else 1)
    return most_calls(source, endpoint) * pages * attempts


def warnings(config: Config) -> Iterator[Finding]:
    """Find lists that cannot have all their items in time, or are larger than what they refuse."""
    told: set[tuple[str, str]] = set()
    for endpoint in config.endpoints.values():
        for name in needs_of(endpoint.sources, config.sources):
            source = config.sources[name]
            if source.for_each is not None:
                for finding in _of_list(source, endpoint):
                    if (name, finding.rule) not in told:
                        told.add((name, finding.rule))
                        yield finding


def _of_list(source: Source, endpoint: Endpoint) -> Iterator[Finding]:
    key = ("sources", source.name)
    calls = most_calls(source, endpoint)
    if source.rate_limit and calls > source.rate_limit.calls:
        message = (
            f"one request can have {calls} calls, and rate_limit lets {source.rate_limit.calls} through "
            f"in {spelled(source.rate_limit.per)}: the others wait, or are refused"
        )
        fix = "Lower max_items, raise rate_limit.calls, or ask for many items at once with batch"
        where = "max_items" if "max_items" in source.model_fields_set else "for_each"
        yield Finding("items-over-limit", (*key, where), message, fix)
    if source.attempt_timeout and source.timeout:
        rounds = math.ceil(calls / source.at_once)
        longest = rounds * source.attempt_timeout
        if longest > source.timeout:
            message = (
                f"{calls} calls, {source.at_once} at once, can take {spelled(longest)} with attempts of "
                f"{spelled(source.attempt_timeout)}, and the timeout is {spelled(source.timeout)}: the last may be cut"
            )
            fix = "Raise concurrency, shorten attempt_timeout, lengthen timeout, or lower max_items"
            yield Finding("items-too-long", (*key, "timeout"), message, fix)
    limit = _most_limit(source, endpoint)
    if limit is not None and limit > source.max_items:
        message = f"limit lets {limit} items through, and more than {source.max_items} refuse the source"
        yield Finding("bad-limit", (*key, "limit"), message, f"Write max_items = {limit}, or lower the limit")
    if not any(isinstance(reference, EachReference) for reference in source.references):
        message = "no key refers to {each}, so that the calls for all items are the same"
        yield Finding("unused-each", (*key, "for_each"), message, "Write {each}, or {each.id}, where they differ")


def _most_limit(source: Source, endpoint: Endpoint) -> int | None:
    if isinstance(source.limit, ParameterReference):
        maximum = endpoint.all_parameters.get(source.limit.name, Parameter()).maximum
        return None if maximum is None else int(maximum)
    return source.limit
