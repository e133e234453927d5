"""Which bytes of a source's URL an upstream gets: the same from every execution model, encoded as RFC 3986 says."""

from collections.abc import Callable

import pytest

from tests.contract.own.case import Case
from tests.contract.own.upstream import Gives, Upstreams

TARGETS = {
    "a bracket in the query": ("/x?page[size]=2", "/x?page%5Bsize%5D=2"),
    "a bracket in the path": ("/x[1]/y", "/x%5B1%5D/y"),
    "what is encoded already": ("/x?page%5bsize%5D=2&q=100%25", "/x?page%5bsize%5D=2&q=100%25"),
    "delimiters that both may have": (
        "/x;a=1,2/y!$&'()*+=:@?q=!$&'()*+,;=:@/?",
        "/x;a=1,2/y!$&'()*+=:@?q=!$&'()*+,;=:@/?",
    ),
    "an at sign": ("/users/@me?mail=me@b.example", "/users/@me?mail=me@b.example"),
    "a tilde": ("/~me?x=~", "/~me?x=~"),
    "no path": ("", "/"),
    "no path, but a query": ("?q=a", "/?q=a"),
    "an empty query": ("/x?", "/x?"),
    "empty segments": ("/a//b/", "/a//b/"),
    "a parameter's value": ("/x/{p}?q={p}", "/x/a%20b%2F%40%5B%C3%A9%25?q=a%20b%2F%40%5B%C3%A9%25"),
}
"""What a URL ends with, and what is asked for."""


@pytest.mark.parametrize("slash", ["", "/"], ids=["", "behind a variable that ends in a slash"])
def test_every_model_sends_the_same_bytes(hold: Callable[[str, Case], None], upstreams: Upstreams, slash: str) -> None:
    lines = ["fanin = 1", "[variables]", f'base = "{upstreams.base_url("api")}{slash}"']
    targets = {f"s{n}": target for n, (_, target) in enumerate(TARGETS.values()) if target}
    for n, (end, _) in enumerate(TARGETS.values()):
        if not slash or end.startswith("/"):
            lines += [f"[sources.s{n}]", f'url = "{{$base}}{end}"', "private = true"]
    names = [line[9:-1] for line in lines if line.startswith("[sources.")]
    listed = ", ".join(f'"{name}"' for name in names)
    lines += ["[endpoints.all]", 'path = "/all"', f"sources = [{listed}]"]
    lines += ["[endpoints.all.parameters.p]"]
    asked = [f"GET {targets[name]}" for name in names]
    case = Case(
        rule="a URL's bytes are the same, whichever model asks",
        question="/all?p=a%20b%2F%40%5B%C3%A9%25",
        upstream={line: Gives({}) for line in asked},
        asked=asked,
    )
    hold("\n".join(lines) + "\n", case)
