"""fanin.config.template: texts with references."""

import re
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanin.config.mistake import Mistake
from fanin.config.template import (
    BodyTemplate,
    CallerReference,
    FieldReference,
    HeaderTemplate,
    ParameterReference,
    RefusedValue,
    Scalar,
    Template,
    UrlTemplate,
    put_variables,
    written,
)

CITY, LAT = ParameterReference("city"), FieldReference("geo", ("lat",))

URL_CLAIM = CallerReference(("https://a.example/b?c&d",))
"""A claim that is named by a URL, with characters that cut paths and queries."""

unicode = st.characters(exclude_categories=["Cs"])
texts = st.text(st.one_of(st.sampled_from("/?#%&=+.;:@\\ \r\n\0"), unicode))
scalars = st.one_of(texts, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
literals = st.text("abcXYZ019-_~!$&'()*+,;=:", max_size=4)
pieces = st.one_of(literals, st.sampled_from(["{city}", "{geo.lat}"]))
segments = st.lists(pieces, max_size=3).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{city}", (CITY,)),
        ("a{city}b{geo.lat}", ("a", CITY, "b", LAT)),
        ("{geo.a.0.b-c_D}", (FieldReference("geo", ("a", "0", "b-c_D")),)),
        ('{geo."@id".x?}', (FieldReference("geo", ("@id", "x"), optional=True),)),
        ('{caller."https://a.example/b?c&d"}/{geo.lat}', (URL_CLAIM, "/", LAT)),
        ("{{city}}", ("{city}",)),
        ("{{{city}}}", ("{", CITY, "}")),
        ("", ()),
    ],
)
def test_a_text_is_cut_at_its_references(text: str, expected: tuple[object, ...]) -> None:
    """Single braces make references, double ones are literal braces, and adjoining literals are one piece."""
    assert Template.parse(text).pieces == expected


def test_a_literal_brace_in_a_url_is_percent_encoded() -> None:
    """No URL has one as it is (RFC 3986, appendix A)."""
    url = UrlTemplate.parse("https://a.example/{{X}}/{city}?q={{%22{city}%22}}")
    assert url.expand({CITY: "{a}"}) == "https://a.example/%7BX%7D/%7Ba%7D?q=%7B%22%7Ba%7D%22%7D"


@pytest.mark.parametrize("text", ["{", "}", "a{city", "city}", "{{city}", "{city}}"])
def test_a_brace_without_its_partner_is_refused(text: str) -> None:
    """Every brace has a partner or is doubled."""
    with pytest.raises(Mistake, match="without its partner") as caught:
        Template.parse(text)
    assert caught.value.rule == "bad-reference"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "City",
        "1a",
        "a b",
        "geo.",
        ".lat",
        "geo..lat",
        "geo[0]",
        "Geo.lat",
        "$x",
        "a-b",
        'geo."',
        'geo.""',
        'geo."a"b',
    ],
)
def test_what_stands_between_braces_must_be_a_reference(name: str) -> None:
    """Only `{parameter}` and `{source.field}` are references."""
    with pytest.raises(Mistake, match="is no reference"):
        Template.parse(f"{{{name}}}")


@given(st.lists(st.one_of(texts, st.sampled_from([CITY, LAT, URL_CLAIM]))))
def test_a_written_template_reads_back(parts: list[str | ParameterReference | FieldReference]) -> None:
    """Doubling the braces of literals and writing references as they are gives a text that parses to the same."""
    text = "".join(p.replace("{", "{{").replace("}", "}}") if isinstance(p, str) else str(p) for p in parts)
    parsed = Template.parse(text)
    assert [p for p in parsed.pieces if not isinstance(p, str)] == [p for p in parts if not isinstance(p, str)]
    assert "".join(map(str, parsed.pieces)) == "".join(map(str, parts))


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (3, "3"), (38.72, "38.72"), ("a b", "a b"), (-9.0, "-9.0")]
)
def test_values_are_written_as_json_and_urls_do(value: Scalar, text: str) -> None:
    """Booleans are lower case; texts stand as they are."""
    assert written(value) == text


class TestVariables:
    """`{$name}`, put in when the file is loaded."""

    def test_each_is_replaced_by_its_value(self) -> None:
        """A variable may stand anywhere, more than once, and other references stay."""
        assert put_variables("{$a}/{$b}?{$a}={x}", {"a": "1", "b": "2"}) == "1/2?1={x}"

    def test_an_unknown_one_is_a_mistake_that_names_the_known(self) -> None:
        """The fix names what is defined."""
        with pytest.raises(Mistake, match=r"unknown variable \{\$c\}.*a, b") as caught:
            put_variables("{$c}", {"b": "", "a": ""})
        assert caught.value.rule == "unknown-variable"

    def test_a_value_is_not_searched_for_variables(self) -> None:
        """Replacement is done once."""
        assert put_variables("{$a}", {"a": "{$b}", "b": "x"}) == "{$b}"

    def test_doubled_braces_are_no_variable(self) -> None:
        """`{{$a}}` is the literal text `{$a}`."""
        assert Template.parse(put_variables("{{$a}}", {"a": "x"})).pieces == ("{$a}",)


class TestUrl:
    """URLs with references in path and query."""

    @pytest.mark.parametrize(
        "text",
        [
            "https://a.example",
            "http://a.example:8080/x/",
            "https://[::1]:8443/x",
            "https://192.0.2.1/a%20b?x=%7C",
            "https://a.example?x={city}",
            "https://a.example/{city}-{geo.lat}/y?z={city}",
        ],
    )
    def test_absolute_http_urls_are_taken(self, text: str) -> None:
        """http and https, a host, a port or none, an address or a name."""
        assert UrlTemplate.parse(text).origin == text.partition("//")[0] + "//" + text.split("/")[2].partition("?")[0]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "a.example/x",
            "/x",
            "ftp://a.example/",
            "https:///x",
            "https://",
            "https://a.example:port/",
            "https://a.example:99999/",
            "https://user:pass@a.example/",
            "https://a.example/#x",
            "https://a.example/a b",
            "https://a.example/é",
            "https://a.example/\n",
            "https://[::1/x",
            "{city}",
            "https://{city}/",
            "https://{city}.example/",
            "{city}://a.example/",
            "https://a.example:{city}/",
            "https://a.{geo.lat}/",
            "https://a.example/./x",
            "https://a.example/x/..",
            "https://a.example/%2e%2E/x",
            "https://a.example/.%2e",
            "https://a.example/{city",
            "https://a.example/?x={a b}",
        ],
    )
    def test_everything_else_is_a_mistake(self, text: str) -> None:
        """No other scheme, no user info, fragment or raw character, no reference before the path, no dot segment."""
        with pytest.raises(Mistake):
            UrlTemplate.parse(text)

    @given(st.lists(segments, max_size=4), st.none() | segments, scalars, scalars)
    @example(["{city}", "x{geo.lat}"], "q={city}", "a/b?c#d&e=f", "../%2e%2e/@\\")
    def test_expansion_keeps_origin_and_number_of_segments(
        self, path: list[str], query: str | None, city: Scalar, lat: Scalar
    ) -> None:
        """Whatever the values, origin, number of path segments and the place of the query are those of the template."""
        text = "https://a.example:8443" + "".join(f"/{segment}" for segment in path)
        text += "" if query is None else f"?{query}"
        url = UrlTemplate.parse(text)
        try:
            expanded = url.expand({CITY: city, LAT: lat})
        except RefusedValue:
            return
        parts = urlsplit(expanded)
        assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "a.example:8443", "")
        assert parts.path.count("/") == (len(path) or 1)
        assert expanded.count("?") == (query is not None)
        assert re.fullmatch(r"[!-~]*", expanded)

    @given(texts)
    def test_any_text_round_trips_through_path_and_query(self, text: str) -> None:
        """What is put in comes out of the server's percent-decoding unchanged."""
        url = UrlTemplate.parse("https://a.example/x-{city}/y?q={city}")
        parts = urlsplit(url.expand({CITY: text}))
        assert unquote(parts.path) == f"/x-{text}/y"
        assert unquote(parts.query) == f"q={text}"
        assert not set("&+") & set(parts.query)

    @given(texts)
    def test_a_whole_segment_is_never_empty_or_a_dot_segment(self, text: str) -> None:
        """A value that leaves an empty segment, `.` or `..` is refused; every other round-trips."""
        url = UrlTemplate.parse("https://a.example/{city}/y")
        if text in ("", ".", ".."):
            with pytest.raises(RefusedValue):
                url.expand({CITY: text})
        else:
            assert unquote(url.expand({CITY: text})) == f"https://a.example/{text}/y"

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("{city}", ""),
            ("{city}", "."),
            ("{city}", ".."),
            (".{city}", "."),
            ("{city}{city}", "."),
            ("%2e{city}", "."),
        ],
    )
    def test_dot_segments_are_refused_however_they_come_about(self, path: str, value: str) -> None:
        """Of a value alone, with a literal dot before it, twice over, or behind an encoded one."""
        url = UrlTemplate.parse(f"https://a.example/x/{path}")
        with pytest.raises(RefusedValue) as caught:
            url.expand({CITY: value})
        assert caught.value.reference == CITY

    def test_dots_are_harmless_in_the_query_and_in_longer_segments(self) -> None:
        """Only whole segments are dot segments."""
        url = UrlTemplate.parse("https://a.example/a{city}?q={city}")
        assert url.expand({CITY: ".."}) == "https://a.example/a..?q=.."

    def test_a_name_in_quotes_cuts_neither_path_nor_query(self) -> None:
        url = UrlTemplate.parse(f"https://a.example/x/{URL_CLAIM}/y?z={URL_CLAIM}&q={{city}}")
        assert url.expand({URL_CLAIM: "a/b", CITY: "c"}) == "https://a.example/x/a%2Fb/y?z=a%2Fb&q=c"

    def test_a_url_without_a_path_gets_one(self) -> None:
        """The path is `/` at least, before the query too."""
        assert UrlTemplate.parse("https://a.example").expand({}) == "https://a.example/"
        assert UrlTemplate.parse("https://a.example?x=1").expand({}) == "https://a.example/?x=1"

    def test_lone_surrogates_are_refused(self) -> None:
        """What is not Unicode text has no percent-encoding."""
        with pytest.raises(RefusedValue, match="not Unicode"):
            UrlTemplate.parse("https://a.example/{city}").expand({CITY: "\ud800"})

    def test_parameters_are_checked_before_other_values_are_there(self) -> None:
        """A segment of parameters alone is judged at once, one with a field when the field is there."""
        url = UrlTemplate.parse("https://a.example/{city}")
        with pytest.raises(RefusedValue):
            url.check_parameters({CITY: ".."})
        UrlTemplate.parse("https://a.example/{city}{geo.lat}").check_parameters({CITY: ".."})

    def test_references_are_listed_in_order(self) -> None:
        """Path first, then query."""
        assert list(UrlTemplate.parse("https://a.example/{geo.lat}?{city}").references) == [LAT, CITY]


class TestHeader:
    """Headers' values with references."""

    @given(texts)
    def test_no_value_can_end_the_header(self, text: str) -> None:
        """Values with control characters or outside ASCII are refused; all others stand as they are."""
        header = HeaderTemplate(Template.parse("Bearer {city}"))
        if all(" " <= character <= "~" for character in text):
            assert header.expand({CITY: text}) == f"Bearer {text}"
        else:
            with pytest.raises(RefusedValue):
                header.expand({CITY: text})


class TestBody:
    """JSON bodies with references in their texts."""

    def test_a_text_of_one_reference_becomes_the_value_itself(self) -> None:
        """Numbers and booleans keep their type; in a longer text they are written."""
        body = BodyTemplate.parse({"a": "{geo.lat}", "b": ["x{geo.lat}", "{city}"], "c": 1, "d": None, "e": True})
        expanded = body.expand({LAT: 38.7, CITY: False})
        assert expanded == {"a": 38.7, "b": ["x38.7", False], "c": 1, "d": None, "e": True}

    def test_references_are_found_at_every_depth(self) -> None:
        """In lists and objects, in their order."""
        assert list(BodyTemplate.parse({"a": [{"b": "{city}"}], "c": "{geo.lat}"}).references) == [CITY, LAT]

    @given(texts)
    def test_texts_stand_in_a_body_unchanged(self, text: str) -> None:
        """JSON needs no percent-encoding."""
        assert BodyTemplate.parse({"q": "<{city}>"}).expand({CITY: text}) == {"q": f"<{text}>"}
