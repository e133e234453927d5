"""References of every kind, in every place of a request: what they stand for, what is left out, what is refused."""

from typing import Any
from xml.parsers import expat

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.config import parse
from fanin.config.finding import ConfigError
from fanin.config.mistake import Mistake
from fanin.config.template import (
    BodyTemplate,
    CallerReference,
    EachReference,
    FieldReference,
    HeaderTemplate,
    InputReference,
    MissingValue,
    ParameterReference,
    Reference,
    RefusedValue,
    Template,
    UrlTemplate,
)
from fanin.config.template.body import MAX_BODY
from fanin.config.template.escapes import ESCAPES
from fanin.config.template.xml import XmlTemplate
from fanin.config.values import Json
from fanin.config.warn import warnings
from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call
from fanin.engine.document import Asked
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Plan
from fanin.errors import CallerNotAllowed, ClientValueRefused, NotFound
from tests.unit.scenario import config_of

X = ParameterReference("x")


class TestNotation:
    """What stands between braces."""

    @pytest.mark.parametrize(
        ("text", "reference", "optional", "escape"),
        [
            ("{x}", X, False, ""),
            ("{x?}", X, True, ""),
            ("{x:odata}", X, False, "odata"),
            ("{x?:lucene}", X, True, "lucene"),
            ("{geo.a.0?}", FieldReference("geo", ("a", "0")), True, ""),
            ("{input}", InputReference(), False, ""),
            ("{input.a.b?}", InputReference(("a", "b")), True, ""),
            ("{each}", EachReference(), False, ""),
            ("{each.id:backslash}", EachReference(("id",)), False, "backslash"),
            ("{caller.sub}", CallerReference(("sub",)), False, ""),
        ],
    )
    def test_every_kind_is_read_and_written(self, text: str, reference: Reference, optional: bool, escape: str) -> None:  # noqa: FBT001 - a column
        (read,) = Template.parse(text).references
        assert (read, type(read), read.optional, read.escape, str(read)) == (
            reference,
            type(reference),
            optional,
            escape,
            text,
        )

    @pytest.mark.parametrize(
        ("text", "fix"),
        [
            ("{x:html}", "odata, backslash, lucene, json, url"),
            ("{x:odata?}", "Write"),
            ("{!x?}", "Write"),
            ("{caller}", "{caller.sub}"),
            ("{parameters.city}", "Write {city}"),
            ("{errors.geo}", "when"),
            ("{now}", "no reference to the time"),
            ("{request.path}", "declared in [endpoints.NAME.parameters]"),
            ("{request.ip}", "X-Forwarded-For"),
            ("{input[0]}", "Write"),
        ],
    )
    def test_what_is_no_reference_has_a_fix(self, text: str, fix: str) -> None:
        with pytest.raises(Mistake) as caught:
            Template.parse(text)
        assert caught.value.rule == "bad-reference"
        assert fix in caught.value.fix

    def test_nothing_can_be_left_out_of_a_path(self) -> None:
        with pytest.raises(Mistake, match="left out of a path") as caught:
            UrlTemplate.parse("https://a.example/{x?}/y?z=1")
        assert caught.value.part == "{x?}"


class TestQuery:
    """Pairs that are left out, and lists."""

    @pytest.mark.parametrize(
        ("query", "value", "separator", "expanded"),
        [
            ("a=1&x={x?}&b=2", None, None, "?a=1&b=2"),
            ("x={x?}", None, None, ""),
            ("x=<{x?}".replace("<", "-"), "v", None, "?x=-v"),
            ("x={x}&b", ["1", "a b", 2, True], None, "?x=1&x=a%20b&x=2&x=true&b"),
            ("x={x}&b", ["1", "a b"], ",", "?x=1,a%20b&b"),
            ("x={x}", ["1", "2"], "|", "?x=1%7C2"),
            ("x={x}", ["1", "2"], "&", "?x=1%262"),
            ("x=id:{x}", ["1", "2"], None, "?x=id:1&x=id:2"),
            ("x=({x})", ["1", "2"], ",", "?x=(1,2)"),
            ("x={x?}&y", [], None, "?y"),
            ("x={x:odata}", ["O'H", "b"], ",", "?x=O%27%27H,b"),
            ("x={x}", "a,b", ",", "?x=a%2Cb"),
        ],
    )
    def test_is_written(self, query: str, value: Json, separator: str | None, expanded: str) -> None:
        url = UrlTemplate.parse(f"https://a.example/?{query}")
        assert url.expand({X: value}, separator) == f"https://a.example/{expanded}"

    @pytest.mark.parametrize(
        ("value", "separator", "kind"),
        [
            ([], None, MissingValue),
            (None, None, MissingValue),
            ({"a": 1}, None, RefusedValue),
            ([["a"]], None, RefusedValue),
            (["a", None], None, RefusedValue),
            (["a", {}], ",", RefusedValue),
            (["a,b"], ",", RefusedValue),
        ],
    )
    def test_is_refused(self, value: Json, separator: str | None, kind: type[RefusedValue]) -> None:
        """An empty list among them: without its pair, many APIs answer with everything."""
        with pytest.raises(RefusedValue) as caught:
            UrlTemplate.parse("https://a.example/?x={x}").expand({X: value}, separator)
        assert type(caught.value) is kind

    def test_two_lists_in_one_pair_are_refused(self) -> None:
        url = UrlTemplate.parse("https://a.example/?x={x}{y}")
        with pytest.raises(RefusedValue, match="too"):
            url.expand({X: ["1"], ParameterReference("y"): ["2"]})


class TestOtherPlaces:
    """Paths, headers, cookies and bodies."""

    @pytest.mark.parametrize("value", [["a"], {"a": 1}, []])
    def test_a_path_and_a_header_take_no_list_and_no_object(self, value: Json) -> None:
        with pytest.raises(RefusedValue):
            UrlTemplate.parse("https://a.example/{x}").expand({X: value})
        with pytest.raises(RefusedValue):
            HeaderTemplate.parse("{x}").expand({X: value})

    @pytest.mark.parametrize("value", ["a;b=c", "a b", 'a"', "a,b", "a\\", "é", "a\r\nb"])
    def test_no_value_ends_its_cookie(self, value: str) -> None:
        with pytest.raises(RefusedValue):
            HeaderTemplate.parse("id={x}; lang=en").in_cookie().expand({X: value})

    def test_a_value_may_be_all_cookies(self) -> None:
        assert HeaderTemplate.parse("{x}").in_cookie().expand({X: "a=b; c=d"}) == "a=b; c=d"

    @pytest.mark.parametrize("value", [["a", 1, None], {"a": {"b": []}}, 1.5, "x", True])
    def test_a_text_of_one_reference_becomes_the_value_itself(self, value: Json) -> None:
        assert BodyTemplate.parse({"a": ["{x}"], "b": "{x?}"}).expand({X: value}) == {"a": [value], "b": value}

    def test_a_member_with_an_optional_null_is_left_out(self) -> None:
        body = BodyTemplate.parse({"a": "{x?}", "b": ["{x?}", "c"], "d": "x{x?}", "e": {"f": "{x?}"}})
        assert body.expand({X: None}) == {"b": ["c"], "e": {}}

    def test_a_longer_text_takes_no_list(self) -> None:
        with pytest.raises(RefusedValue):
            BodyTemplate.parse("a{x}").expand({X: ["b"]})

    def test_what_json_cannot_write_is_refused(self) -> None:
        deep: Json = "x"
        for _ in range(300):
            deep = [deep]
        for value in ("\ud800", deep, "x" * MAX_BODY):
            with pytest.raises(RefusedValue):
                BodyTemplate.parse({"a": "{x}"}).encoded({X: value})


class TestEscapes:
    """Values between another language's quotes."""

    @pytest.mark.parametrize(
        ("escape", "value", "escaped"),
        [
            ("odata", "O'Hara", "O''Hara"),
            ("backslash", "O'H\"a\\ra\n", "O\\'H\\\"a\\\\ra\\n"),
            ("lucene", 'a:b (c) "d"', r"a\:b\ \(c\)\ \"d\""),
            ("lucene", "a<b>c", r"a\ b\ c"),
            ("lucene", "AND", r"\AND"),
            ("json", "O'H\"a\\\n\0é", "O'H\\\"a\\\\\\n\\u0000é"),
            ("url", "a b&c=%/é", "a%20b%26c%3D%25%2F%C3%A9"),
        ],
    )
    def test_is_escaped(self, escape: str, value: str, escaped: str) -> None:
        assert BodyTemplate.parse(f"{{x:{escape}}}").expand({X: value}) == escaped

    @given(st.text())
    def test_no_value_ends_odatas_quotes(self, value: str) -> None:
        """In an OData literal a quote is two of them: read so, the value comes out as it was."""
        inside = ESCAPES["odata"](value)
        assert inside.replace("''", "'") == value
        assert "'" not in inside.replace("''", "")

    @given(st.text(st.one_of(st.sampled_from("\\'\"\n\r\0"), st.characters())))
    def test_no_value_ends_quotes_that_backslashes_escape(self, value: str) -> None:
        """Read as such languages do, no quote, line break or backslash is left by itself."""
        try:
            inside = ESCAPES["backslash"](value)
        except ValueError:
            return
        unescaped, index = [], 0
        while index < len(inside):
            if inside[index] == "\\":
                unescaped.append({"n": "\n", "r": "\r", "t": "\t"}.get(inside[index + 1], inside[index + 1]))
                index += 2
            else:
                assert inside[index] not in "'\"\n\r"
                unescaped.append(inside[index])
                index += 1
        assert "".join(unescaped) == value

    @pytest.mark.parametrize("escape", ["json", "url"])
    def test_what_is_no_unicode_is_refused(self, escape: str) -> None:
        with pytest.raises(ValueError, match="not Unicode text"):
            ESCAPES[escape]("a\ud800")

    @pytest.mark.parametrize(
        ("text", "warned"),
        [
            ("v=%7B%22v%22:%22{x:json}%22%7D", False),
            ("v=%7B%22v%22:{x:json}%7D", True),
            ("v=a%3D{x:url}", False),
            ("$filter=Name%20eq%20'{x}'", True),
            ("$filter=Name%20eq%20%27a{x}b%27", True),
            ("q=%22{x}%22", True),
            ("$filter=Name%20eq%20'{x:odata}'", False),
            ("$filter=Name%20eq%20{x:odata}", True),
            ("$filter=Name%20eq%20'a'%20and%20{x}", False),
            ("q=don't%20{x}%20it's", False),
            ("q='{n}'", False),
            ("q=name:{x:lucene}", False),
        ],
    )
    def test_check_warns_of_values_that_could_end_quotes(self, text: str, warned: bool) -> None:  # noqa: FBT001 - a column
        toml = (
            f'fanin = 1\n[sources.a]\nurl = "https://a.example/?{text}"\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
            '[endpoints.e.parameters]\nx = {}\nn = { type = "integer" }\n'
        )
        found = [finding.rule for finding in warnings(parse(toml, {}), toml)]
        assert found.count("unescaped") == warned
        assert set(found) <= {"unescaped", "unused"}

    @pytest.mark.parametrize(
        ("text", "fix"),
        [
            ("$filter=Name%20eq%20'{x}'", "Write {x:odata}, {x:backslash} or {x:lucene}, by"),
            ("q=%22{x}%22", "Write {x:json}, {x:backslash} or {x:lucene}, by"),  # OData has no double quotes
            ("$filter=Name%20eq%20{x:odata}", "Put it between quotes, or remove the escape"),
        ],
    )
    def test_the_fix_names_the_escapes_of_languages_with_such_quotes(self, text: str, fix: str) -> None:
        toml = (
            f'fanin = 1\n[sources.a]\nurl = "https://a.example/?{text}"\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
            "[endpoints.e.parameters]\nx = {}\n"
        )
        (finding,) = (finding for finding in warnings(parse(toml, {}), toml) if finding.rule == "unescaped")
        assert finding.fix.startswith(fix)


PLAN = """
[callers.staff]
iam = {}
[sources.a]
url = "https://a.example"
[sources.b]
method = "POST"
url = "https://b.example/{input.id}?tag={a.tags}&x={a.none?}&who={caller.sub}"
headers = { X-None = "{a.none?}", X-Id = "{input.id}" }
body = { all = "{input}", none = "{input.none?}" }
[endpoints.e]
method = "POST"
input = true
path = "/e"
caller = "staff"
sources = ["b"]
"""


def call_of_b(text: str = PLAN, value: Json = None, **more: Any) -> tuple[list[Call], Aggregation]:
    """Settle a with a value, and give what may start then."""
    config = config_of(text)
    aggregation = Aggregation(Plan.of(config.endpoints["e"], config.sources), Asked({}, **more), 10.0, lambda: 0.0)
    (first,) = aggregation.start()
    return aggregation.settle(first, Outcome(value)), aggregation


class TestPlan:
    """What references stand for in a request."""

    def test_input_and_caller_are_put_in_and_what_is_null_is_left_out(self) -> None:
        (call,), _ = call_of_b(value={"tags": ["t", "u"], "none": None}, input={"id": 7}, caller={"sub": "me"})
        assert call.request.url == "https://b.example/7?tag=t&tag=u&who=me"
        assert call.request.headers == (("X-Id", "7"),)
        assert orjson.loads(call.request.body or b"") == {"all": {"id": 7}}

    @pytest.mark.parametrize(
        ("more", "failure"),
        [
            ({"input": {"id": 7}}, CallerNotAllowed),
            ({"caller": {"sub": "me"}}, NotFound),
            ({"input": {"id": None}, "caller": {"sub": "me"}}, NotFound),
        ],
    )
    def test_null_without_a_question_mark_fails_without_a_call(self, more: dict[str, Any], failure: type) -> None:
        calls, aggregation = call_of_b(value={"tags": ["t"]}, **more)
        assert calls == []
        error = aggregation.result().failures["b"]
        assert (type(error), error.attempts) == (failure, 0)

    def test_an_empty_list_in_a_query_is_not_found_without_a_call(self) -> None:
        calls, aggregation = call_of_b(value={"tags": []}, input={"id": 7}, caller={"sub": "me"})
        assert (calls, type(aggregation.result().failures["b"])) == ([], NotFound)

    def test_a_list_in_a_path_is_refused_without_a_call(self) -> None:
        calls, aggregation = call_of_b(value={"tags": ["t"]}, input={"id": [7]}, caller={"sub": "me"})
        assert (calls, type(aggregation.result().failures["b"])) == ([], ClientValueRefused)


class TestXml:
    """Documents whose values stay texts: tests/contract/own/test_places.py sends them."""

    @pytest.mark.parametrize(
        ("document", "says", "part"),
        [
            ("<a>", "not well-formed at line 1", ""),
            ("<a/>\n<b/>", "not well-formed at line 2", ""),
            ("{x}", "not well-formed", ""),
            ("<{x}/>", "not well-formed", ""),
            ("<a {x}='1'/>", "not well-formed", ""),
            ("<a b={x}/>", "not well-formed", ""),
            ("<a>&{x};</a>", "not well-formed", ""),
            ("<!DOCTYPE a [<!ENTITY e '{x}'>]><a>&e;</a>", "DTD", ""),
            ("<a><!-- {x} --></a>", "comment", ""),
            ("<a><?p {x}?></a>", "processing instruction", ""),
            ("<a><![CDATA[{x}]]></a>", "CDATA", ""),
            ("<a>{x?}</a>", "nothing can be left out", "{x?}"),
            ("<?xml version='1.0' encoding='latin1'?><a/>", "latin1", ""),
            ("<a>{</a>", "without its partner", "{</a>"),
        ],
    )
    def test_a_document_in_which_a_value_could_be_no_text_is_refused(self, document: str, says: str, part: str) -> None:
        with pytest.raises(Mistake, match=says) as caught:
            XmlTemplate.parse(document)
        assert part in caught.value.part
        assert caught.value.fix

    @given(st.text())
    def test_every_value_comes_out_as_it_was_or_is_refused(self, value: str) -> None:
        read: list[str] = []
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda _, attributes: read.append(attributes["b"])
        parser.CharacterDataHandler = read.append
        try:
            body = XmlTemplate.parse('<a b="{x}">{x}</a>').encoded({X: value})
        except RefusedValue:
            assert any(ord(character) < 32 or ord(character) >= 0xD800 for character in value)
            return
        parser.Parse(body, True)  # noqa: FBT003 - expat takes it by its place
        assert (read[0], "".join(read[1:])) == (value, value)

    def test_a_secret_is_escaped_and_put_in_last(self) -> None:
        text = """
[sources.a]
url = "https://a.example"
method = "POST"
xml = "<p>{!key}</p>"
[endpoints]
"""
        source = config_of(text).sources["a"]
        sealed = source.request({})
        assert sealed.body == b"<p>{!key}</p>"
        assert source.secrets == {"key"}
        assert sealed.open
        assert sealed.open(sealed, dict.fromkeys(source.sealed, "a&b<")).body == b"<p>a&amp;b&lt;</p>"

    def test_a_number_is_written_as_json_does_and_a_list_is_refused(self) -> None:
        document = XmlTemplate.parse("<a>{x}</a>")
        assert document.encoded({X: True}) == b"<a>true</a>"
        with pytest.raises(RefusedValue, match="a list"):
            document.encoded({X: ["a"]})


def test_refresh_has_no_client_whose_body_or_claims_there_could_be() -> None:
    for reference in ("{input.id}", "{caller.sub}"):
        text = f"""fanin = 1
[sources.a]
url = "https://a.example/{reference}"
cache = {{ fresh = "10m" }}
refresh = "5m"
[endpoints.e]
path = "/e"
sources = ["a"]
"""
        with pytest.raises(ConfigError, match="bad-refresh"):
            parse(text, {})


@pytest.mark.parametrize("name", ["input", "each", "caller", "parameters", "request", "now", "errors"])
def test_no_parameter_and_no_source_has_a_name_that_references_mean_otherwise(name: str) -> None:
    text = f"""fanin = 1
[sources.{name}]
url = "https://a.example/"
[endpoints.e]
path = "/e/{{{name}}}"
sources = ["{name}"]
[endpoints.f]
path = "/f"
sources = ["{name}"]
[endpoints.f.parameters.{name}]
"""
    with pytest.raises(ConfigError) as caught:
        parse(text, {})
    assert [(finding.rule, finding.line) for finding in caught.value.findings] == [
        ("reserved-name", 2),
        ("reserved-name", 5),
        ("reserved-name", 10),
    ]
