"""The header Link, as RFC 8288 has it, and where its links lead."""

import pytest

from fanin.sources.links import MOST, absolute, links_of


@pytest.mark.parametrize(
    ("header", "links"),
    [
        ("", {}),
        ("<b>; rel=next", {"next": "https://a.example/x/b"}),
        ('</b?c=1,2>;REL="Next  prev"', {"next": "https://a.example/b?c=1,2", "prev": "https://a.example/b?c=1,2"}),
        ('<b>; title="a, <c>; rel=last"; rel=next', {"next": "https://a.example/x/b"}),
        (
            "<b>; rel=next, <c>; rel=next, <d>; rel=last",
            {"next": "https://a.example/x/b", "last": "https://a.example/x/d"},
        ),
        ("<b>; rel=next; rel=last", {"next": "https://a.example/x/b"}),
        ('<b>; anchor="#c"; rel=next, <d>; rel=next', {"next": "https://a.example/x/d"}),
        ("<https://b.example/>; rel=next", {"next": "https://b.example/"}),
        ("<//b.example/>;rel=next", {"next": "https://b.example/"}),
        ("<javascript:alert(1)>; rel=next, <http://[>; rel=last, <>; rel=prev", {}),
        ("<b>", {}),
        ("<b>; rel", {}),
        ("<b; rel=next", {}),
        ("b; rel=next", {}),
        ('<b>; rel="next', {}),
        ("<b>;; rel=next ; ,<c> ; rel = last", {"next": "https://a.example/x/b", "last": "https://a.example/x/c"}),
        ('<b>; rel="ne\\xt"', {"next": "https://a.example/x/b"}),
    ],
)
def test_each_relation_has_the_url_of_its_first_link(header: str, links: dict[str, str]) -> None:
    assert links_of(header, "https://a.example/x/y?z") == links


def test_a_link_that_is_longer_than_any_url_leads_nowhere() -> None:
    assert absolute("https://a.example", "b" * (MOST + 1)) == ""
    assert absolute("https://a.example", "b" * 100).endswith("b" * 100)
