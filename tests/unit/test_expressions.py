"""fanin.config.expressions: JMESPath, with functions of fanin's own, within bounds."""

import math
from typing import Any

import jmespath
import orjson
import pytest

from fanin.config.expressions import Expression, ExpressionError, ExpressionTooLarge, compile_expression
from fanin.config.expressions.functions import FUNCTIONS
from fanin.config.expressions.kinds import ANY, kinds_of
from fanin.config.expressions.sharing import copies
from fanin.config.mistake import Mistake
from fanin.config.values import Json

MOST = 4_000_000
"""Bytes of memory, as the smallest answers have."""


def search(text: str, document: Json, most: int = MOST) -> Json:
    """Evaluate an expression."""
    return compile_expression(text, of="body").search(document, most)


class TestTheLanguage:
    """It is JMESPath's, as the library evaluates it."""

    DOCUMENTS: tuple[Any, ...] = (
        None,
        0,
        "text",
        [],
        {},
        [1, 2.5, None, "b", "a", [3, [4]], {"a": 1}],
        {"a": {"b": {"c": [1, 2, 3]}}, "n": None, "z": 0, "t": True, "f": False, "e": "", "x": "x"},
        {
            "a": [{"b": 3, "c": "x", "d": [1, 2]}, {"b": 1, "c": "y", "d": []}, {"b": 2}, None, 7],
            "b": ["b", "a", "c"],
            "n": [3, 1, 2],
            "o": {"k": 1, "l": [1], "m": None},
            "s": "a,b",
        },
    )

    @pytest.mark.parametrize(
        "text",
        [
            *("a", "a.b", "a.b.c", "a.b.c[0]", "a.b.c[-1]", "a.b.c[9]", '"a"."b"', "@", "[0]", "[1:3]", "[::-1]", "*"),
            *("a[*].b", "a[].b", "a[].d[]", "a[*].d[0]", "a[0].d", "o.*", "*.b", "a[1:].c", "[][]", "a[*].d[*]"),
            *("a[?b > `1`]", "a[?b > `1`].c", "a[?c]", "a[?!c]", "a[?b == `3` || c == 'y'].b", "a[?b && c].b"),
            *("{x: a, y: b}", "[a, b, n]", "a[*].{b: b, c: c}", "a[*].[b, c]", "a.[b]", "o.{k: k}", "a[].{c: c}[0]"),
            *("a || b", "z || x", "e || x", "f || n || x", "a && x", "z && x", "!z", "!e", "!n", "!a", "!t", "!f"),
            *("z == `0`", "z == f", "t == `1`", "a == a", "a != o", "a < b"),
            *('o == `{"k": 1, "l": [1], "m": null}`', "a[0].d == n"),
            *("n[0] < n[1]", "s < 'b'", "s >= 'a,b'", "n < `1`", "`1` <= `1`", "f == `false`", "e != ''"),
            *("a | [0]", "a[*].b | [0]", "b | sort(@)", "`[1, 2]`", "'raw'", '`{"a": 1}`.a', "b[?@ > 'a']"),
            *("length(@)", "length(b)", "keys(o)", "values(o)", "sort(n)", "sort(b)", "sum(n)", "avg(n)", "max(n)"),
            *("min(b)", "join(',', b)", "reverse(b)", "reverse(s)", "contains(b, 'a')", "contains(s, ',')", "type(@)"),
            *("to_string(o)", "to_string(s)", "to_number('7')", "to_number(s)", "to_array(s)", "to_array(b)"),
            *("abs(`-1`)", "ceil(`1.5`)", "floor(`1.5`)", "starts_with(s, 'a')", "ends_with(s, 'a')", "merge(o, o)"),
            *("not_null(n, s)", "map(&b, a)", "sort_by(a[?b], &b)[].b", "max_by(a[?b], &b)", "min_by(a[?b], &b)"),
            *("sort_by(n, &@)", "map(&{x: @}, b)", "a[?contains(d || `[]`, `1`)]", "(a || b)[0]", "a[?d[?@ == `1`]]"),
        ],
    )  # fmt: skip
    def test_every_construct_gives_what_the_library_gives(self, text: str) -> None:
        """On data that fits, and on data that does not."""
        fitted = 0
        for document in self.DOCUMENTS:
            try:
                expected = jmespath.search(text, document)
            except (ValueError, TypeError):
                with pytest.raises(ExpressionError):
                    search(text, document)
            else:
                assert search(text, document) == expected
                fitted += 1
        assert fitted

    @pytest.mark.parametrize(
        ("text", "document", "value"),
        [
            ("split(@, ', ')", "a, b,c", ["a", "b,c"]),
            ("split(@, ',')", "", [""]),
            ("split(@, '')", "ab1", ["a", "b", "1"]),
            ("split(@, '')", "", []),
            ("replace(@, 'a', 'bb')", "aca", "bbcbb"),
            ("replace(@, '', 'x')", "aca", "aca"),
            ("items(@)", {"a": 1, "b": None}, [["a", 1], ["b", None]]),
            ("items(@)", {}, []),
            ("from_items(@)", [["a", 1], ["b", 2], ["a", 3]], {"a": 3, "b": 2}),
            ("from_items(zip(a, b))", {"a": ["x", "y"], "b": [1, 2, 3]}, {"x": 1, "y": 2}),
            ("zip(a, b)", {"a": [1, 2], "b": []}, []),
            ("zip(a)", {"a": [1, 2]}, [[1], [2]]),
            (
                "group_by(@, &k)",
                [{"k": "a", "n": 1}, {"k": "b"}, {"k": "a", "n": 2}, {"k": None}, {}],
                {"a": [{"k": "a", "n": 1}, {"k": "a", "n": 2}], "b": [{"k": "b"}]},
            ),
            ("group_by(@, &k)", [], {}),
            (
                "attach(i, 'r', &k, r, &id)",
                {"i": [{"k": 7, "n": 1}, {"k": "8"}, {"k": None}, {"r": 0}], "r": [{"id": "7"}, {"id": 7, "x": 1}, {}]},
                [{"k": 7, "n": 1, "r": {"id": "7"}}, {"k": "8", "r": None}, {"k": None, "r": None}, {"r": None}],
            ),
            (
                "attach(i, 'r', &k, r, &[0])",
                {"i": [{"k": [2, 1, 3, None, [1]]}, {"k": []}, {"k": {}}], "r": [[1, "a"], [2, "b"]]},
                [{"k": [2, 1, 3, None, [1]], "r": [[2, "b"], [1, "a"]]}, {"k": [], "r": []}, {"k": {}, "r": None}],
            ),
            ("attach(i, 'r', &k, r, &k)", {"i": [{"k": None}], "r": [{"k": ""}]}, [{"k": None, "r": None}]),
            ("attach(@, 'r', &k, @, &k)", [], []),
            ("subtract(a, b)", {"a": 5, "b": 7.5}, -2.5),
            ("product(@)", [2, 3, 0.5], 3.0),
            ("product(@)", [], 1),
            ("product(@)", [2**40, 2**40], float(2**80)),
            ("divide(a, b)", {"a": 6, "b": 3}, 2),
            ("divide(a, b)", {"a": 1999, "b": 100}, 19.99),
            ("round(@, `2`)", 2.345678, 2.35),
            ("round(@, `0`)", 2.5, 2),
            ("round(@, `1`)", 7, 7),
            ("lower(@)", "ÄB", "äb"),
            ("upper(@)", "äb", "ÄB"),
            ("trim(@)", " \t a b\n", "a b"),
        ],
    )
    def test_functions_of_our_own(self, text: str, document: Json, value: Json) -> None:
        """What the library lacks, and its successor has under the same names."""
        assert search(text, document) == value

    @pytest.mark.parametrize(
        ("text", "document", "why"),
        [
            ("split(@, ',')", 5, r"calls split\(\) with number, not string"),
            ("lower(@)", None, r"calls lower\(\) with null, not string"),
            ("from_items(@)", [["secret", 1], ["secret"]], r"calls from_items\(\) with array, not array of pairs"),
            ("from_items(@)", [[1, "secret"]], r"calls from_items\(\) with array, not array of pairs"),
            ("from_items(@)", ["secret"], r"calls from_items\(\) with string, not array-array"),
            ("group_by(@, &k)", [{"k": 987}], r"calls group_by\(\) with number, not string"),
            ("attach(@, 'r', &k, @, &k)", [5], r"calls attach\(\) with number, not array of objects"),
            ("attach(@, 'r', &k, @, &k)", None, r"calls attach\(\) with null, not array"),
            ("divide(`1`, @)", 0, r"calls divide\(\) with 0, not number other than 0"),
            ("round(@, `-1`)", 987.1, r"calls round\(\) with number, not whole number from 0 to 15"),
            ("round(@, @)", 0.5, r"calls round\(\) with number, not whole number from 0 to 15"),
            ("round(@, `0`)", 1e300, "makes a number that JSON's readers may not take"),
            ("product(@)", [1e308, 1e308], "makes a number that JSON's readers may not take"),
            ("divide(@, `1e-300`)", 1e300, "makes a number that JSON's readers may not take"),
            ("sum(@)", ["secret"], r"calls sum\(\) with string, not array-number"),
            ("sort_by(@, &k)", [{"k": {"secret": 1}}], r"calls sort_by\(\) with object, not string or number"),
            ("a < b", {"a": "secret", "b": 5}, "meets data that it cannot take"),
            ("contains(@, `5`)", "secret", "meets data"),
            ("to_number(@)", "9" * 30, "makes a number that JSON's readers may not take"),
            ("{x: [to_number(@)]}", "nan", "makes a number that JSON's readers may not take"),
        ],
    )
    def test_an_error_says_why_without_the_data(self, text: str, document: Json, why: str) -> None:
        """It may stand in an answer to a client."""
        with pytest.raises(ExpressionError, match=why) as raised:
            search(text, document)
        assert "secret" not in str(raised.value)
        assert "987" not in str(raised.value)

    def test_an_expression_does_not_change_its_data(self) -> None:
        """The answer may be in a cache, and a literal is there for the next request."""
        document: Json = {"a": [3, 1, 2], "o": {"x": 1}}
        for text in ("sort(a)", "reverse(a)", 'merge(o, `{"y": 2}`)', "[a, a][]", "group_by([o], &to_string(x))"):
            search(text, document)
        merged = compile_expression('merge(`{"y": 2}`, o)', of="body")
        assert [merged.search(document, MOST) for _ in range(2)] == [{"y": 2, "x": 1}] * 2
        assert document == {"a": [3, 1, 2], "o": {"x": 1}}


def chained(part: str, times: int) -> str:
    """Put steps behind each other."""
    return " | ".join([part] * times)


class TestBounds:
    """A short expression cannot make much of little, nor take long."""

    LONG = "x" * 200_000

    @pytest.mark.parametrize(
        ("text", "document"),
        [
            (chained("[@,@,@,@]", 9), 1000),
            (chained("[@,@]", 24), "x"),
            (chained("[@,@]", 60), 0),
            (chained("{a: @, b: @}", 24), "x"),
            (f"[`1`] | {chained('[@,@]', 24)}", 0),
            (f"`[[[1, 2, 3, 4]]]` | {chained('[@,@]', 24)}", None),
            (f"[{','.join(['@'] * 16)}] | {chained('map(&[@, @], @)', 20)}", 1000),
            (f"{chained('[@, @]', 20)} | @ == `[]` && [@, @]", "x"),
            (chained("merge({a: @}, {b: @})", 24), "x"),
            (chained("zip([@], [@])", 24), "x"),
            (chained("items({a: @, b: @})", 24), "x"),
            (chained("attach(@, 'a', &k, @, &k) | attach(@, 'b', &k, @, &k)", 10), [{"k": 1}] * 9),
            ("attach(i, 'a', &k, r, &k)[].a.l", {"i": [{"k": 1}] * 1_000, "r": [{"k": 1, "l": LONG}]}),
            (chained("[@, @][]", 24), [1]),
            (chained("[@, @, @, @][].[@, @, @, @][]", 24), [1]),
            (chained("join('', [@, @])", 24), "x"),
            (chained("replace(@, 'x', 'xxxxxxxxxxxxxxxx')", 12), "x"),
            (f"{chained('[@, @, @, @]', 10)} | to_string(@)", "x"),
            ("a.[x,x,x,x,x,x,x,x,x,x] | [@,@,@,@,@]", {"a": {"x": LONG}}),
            ('[*].[`"' + "y" * 100_000 + '"`]', [1] * 100),
            ("[*].[@ || `" + str([[1, 2, 3]] * 1000) + "`]", [1, False] * 1000),
            ("[*].{a: a, b: b, c: c}", [{}] * 20_000),
            ("split(@, ',')", "," * 100_000),
            ("split(@, '')", "," * 100_000),
            ("[@, @, @]", LONG * 10),
        ],
    )  # fmt: skip
    def test_what_is_too_large_is_refused(self, text: str, document: Json) -> None:
        """Each part counts as often as it would be written."""
        with pytest.raises(ExpressionTooLarge, match=r"takes over 500000 steps|makes values of over 4000000 bytes"):
            search(text, document)

    @pytest.mark.parametrize(
        "text",
        [
            "[a, a, a, a][] | [@, @, @, @][] | [*].[l, l, l, l] | [*].[length([0])] | length(@)",
            f"{chained('[@,@]', 22)} == {chained('[@,@]', 22)}",
            f"contains({chained('[@,@]', 22)}, `[[1]]`)",
            f"[{','.join(['s'] * 100)}] | [*].[@,@,@,@,@,@,@,@] | [*].[length(join('', @))]",
            "map(&contains(l, 'y'), a) | length(@)",
            "attach(a, 'x', &l, a, &l) | length(@)",
            "attach(a, 'x', &`[" + ",".join("1" * 500) + "]`, a, &n) | length(@)",
            "sort(a[*].l)",
            "sort_by(a, &l)[0].n",
            "max(a[*].l)",
            "max_by(a, &l).n",
            "group_by(a, &l) | length(@)",
            "a[?l == m] | length(@)",
            "a[?l < m] | length(@)",
            "contains(a[*].l, m)",
            "a[?contains(@.l, 'yy')]",
            "length(a[*].to_number(l))",
            "a[*].lower(l) | length(@)",
        ],
    )
    def test_what_takes_too_long_is_refused(self, text: str) -> None:
        """However little comes of it."""
        # Texts that are equal and of their own, so that every comparison goes through them.
        items = [{"l": "x" * 20_000 + str(number), "m": "x" * 20_000 + "y", "n": number} for number in range(800)]
        document: Json = {"a": items, "s": "x" * 1000, "m": "x" * 20_000 + "y"}  # type: ignore[dict-item]
        with pytest.raises(ExpressionTooLarge):
            search(text, document, 800_000)

    @pytest.mark.parametrize("size", [1, 100, 10_000])
    def test_steps_are_counted_by_what_is_gone_through(self, size: int) -> None:
        """Twice the items, twice the steps, so that a limit says what it says."""
        expression = compile_expression("[*].[a.b || c]", of="body")
        document: Json = [{"a": {"b": 1}}] * size

        def passes(most: int) -> bool:
            try:
                expression.search(document, most)
            except ExpressionTooLarge:
                return False
            return True

        least = next(power for power in range(8, 30) if passes(2**power))
        assert 2**least < 1000 * size

    def test_ordinary_picks_have_room_at_the_least_bound(self) -> None:
        """10,000 items of an answer, ten fields of each."""
        fields = [f"f{number}" for number in range(10)]
        document: Json = [dict.fromkeys(fields, 1) for _ in range(5_000)]
        text = f"[*].{{{', '.join(f'{name}: {name}' for name in fields)}}}"
        assert search(text, document) == document

    @pytest.mark.parametrize(
        ("text", "most"),
        [
            ("a.b[0]", 1),
            ("a[*].b", 1),
            ("{x: a, y: b.c, z: b.d}", 1),
            ("[*].{x: x, y: y.z}", 1),
            ("{a: a, b: a}", 2),
            ("{a: a, b: a.b}", 2),
            ("{b: a.b, a: a}", 2),
            ("{x: a.x, y: a.y.z, y1: a.y1}", 1),
            ("{a: @, b: x}", 2),
            ("[@, @] | [@, @]", 4),
            ("`1` | [@, @] | [@, @]", 4),
            ("map(&[@, @], [@, @])", 4),
            ("[*].[@, @]", 2),
            ("[?[@, @, @]].x", 1),
            ("a || [@, @]", 2),
            ("{a: length(a), b: a}", 1),
            ("merge(@, {x: y})", 2),
            ("sort_by(@, &[@, @])", 1),
            ("[`1`, `2`, a]", 1),
            ("a.[x, x].[@, @]", 4),
        ],
    )
    def test_only_what_holds_a_part_twice_must_be_looked_through(self, text: str, most: int) -> None:
        """So that ordinary picks cost no second way through their values."""
        assert max(copies(compile_expression(text, of="body").parsed)) == most

    def test_the_deepest_value_of_the_deepest_answer_can_be_written(self) -> None:
        """An answer has 128 levels at most, and an expression adds 64; orjson writes 254."""
        deep: Json = 1
        for _ in range(128):
            deep = [deep]
        expression = compile_expression("@" + ".[@]" * 63 + "|[@]", of="body")
        assert expression.added_levels == 64
        assert orjson.dumps({"errors": {"a": expression.search(deep, MOST)}}).count(b"[") == 192

    @pytest.mark.parametrize(
        "function",
        ["items(@)", "zip(@)", "group_by(@, &x)", "attach(@, 'x', &x, @, &x)", "split(x, 'y')", "from_items(@)"],
    )
    def test_what_adds_over_64_levels_is_a_mistake(self, function: str) -> None:
        """Functions count as a level each."""
        with pytest.raises(Mistake, match="64 levels"):
            compile_expression(chained(function, 65), of="body")

    def test_floats_that_overflow_are_found_wherever_they_stand(self) -> None:
        """In the value of an expression that can make them."""
        assert search("[sum(@)]", [1e308]) == [1e308]
        with pytest.raises(ExpressionError, match="makes a number"):
            search("[sum(@)]", [1e308, 1e308])
        assert math.isinf(float("1e999"))


class TestMentions:
    """What an expression reads from its document decides which sources it waits for."""

    @pytest.mark.parametrize(
        ("text", "mentions"),
        [
            ("geo", "geo"),
            ("geo.lat", "geo"),
            ("geo.lat.x[0]", "geo"),
            ('"geo"', "geo"),
            ("geo[0].lat", "geo"),
            ("geo[*].lat", "geo"),
            ("geo[].lat", "geo"),
            ("geo.*.lat", "geo"),
            ("geo[1:3].lat", "geo"),
            ("geo | lat", "geo"),
            ("geo | [lat, lon]", "geo"),
            ("(geo).lat", "geo"),
            ("geo.[lat, lon]", "geo"),
            ("geo.{a: lat, b: lon}", "geo"),
            ("geo[?lat > lon].x", "geo"),
            ("geo[?lat == `1`] | [0].y", "geo"),
            ("geo[*].[a, b]", "geo"),
            ("sort_by(geo, &lat)", "geo"),
            ("map(&{a: b}, geo)", "geo"),
            ("length(geo)", "geo"),
            ("geo || air", "geo air"),
            ("geo && air.x", "geo air"),
            ("!geo", "geo"),
            ("geo.a == air.b", "geo air"),
            ("[geo, air.x]", "geo air"),
            ("{geo: air, x: rates.y}", "air rates"),
            ("{a: [geo.x, {b: air}]}", "geo air"),
            ("merge(geo, {x: air.y}, parameters)", "geo air parameters"),
            ("join(', ', geo.names)", "geo"),
            ("zip(geo.a, air.b)[*].c", "geo air"),
            ("'geo'", ""),
            ('`{"geo": 1}`', ""),
            ("`true`", ""),
            ("(geo || air).x | y", "geo air"),
            ("[geo, air][0]", "geo air"),
            ("[geo, air][].x", "geo air"),
            ("parameters.city", "parameters"),
            ("input.a.b && caller.sub == 'x'", "input caller"),
            ("errors.geo.status == `404`", "errors"),
            ("now", "now"),
        ],
    )  # fmt: skip
    def test_identifiers_at_the_start_are_read_from_the_document(self, text: str, mentions: str) -> None:
        """Those right of a dot, a pipe or a projection, in a filter or behind & are not, nor are keys and literals."""
        assert compile_expression(text, of="plan").mentions == frozenset(mentions.split())

    @pytest.mark.parametrize(
        ("text", "errors", "parameters"),
        [
            ("errors.geo", "geo", ""),
            ("!(errors.geo) && errors.air.status == `404`", "geo air", ""),
            ("{a: errors.geo, b: [errors.air.title]}", "geo air", ""),
            ("errors.geo | type", "geo", ""),
            ("errors.geo[0]", "geo", ""),
            ("geo.errors", "", ""),
            ("parameters.city || parameters.town", "", "city town"),
            ("keys(parameters)", "", ""),
            ("parameters.a.b", "", "a"),
        ],
    )
    def test_names_behind_errors_and_parameters_are_told(self, text: str, errors: str, parameters: str) -> None:
        """So that an unknown one is found before any request."""
        expression = compile_expression(text, of="plan")
        assert expression.errors == frozenset(errors.split())
        assert expression.parameters == frozenset(parameters.split())

    @pytest.mark.parametrize(
        "text",
        [
            *("@", "*", "keys(@)", "@.geo", "@ | geo", "[*]", "[]", "[0]", "[0:1]", "[?geo]", "*.lat", "geo || @"),
            *("[@]", "{a: @}", "@ == geo", "!@", "sort_by(@, &x)", "[geo, @.x]", "values(@)[0]", "&@ | geo"),
            *("errors", "keys(errors)", "errors.*", "errors[0]", "errors | geo", "errors.[geo]", "errors.{a: geo}"),
            *("[errors]", "errors || geo"),
        ],
    )
    def test_the_document_and_all_errors_cannot_be_taken_whole(self, text: str) -> None:
        """It would not be known which sources to wait for."""
        with pytest.raises(Mistake) as raised:
            compile_expression(text, of="plan")
        assert raised.value.rule == ("bad-jmespath" if text.startswith("&") else "whole-document")
        assert raised.value.fix.startswith("The language" if text.startswith("&") else "Name ")

    def test_a_body_is_no_plan_document(self) -> None:
        """It may be taken whole, and nothing is waited for."""
        assert compile_expression("@", of="body").mentions == frozenset()

    def test_a_response_has_members_of_known_names(self) -> None:
        """Others are found before any answer."""
        expression = compile_expression(
            '{n: headers."x-total", s: status, b: body[0], l: links.next, w: @}', of="response"
        )
        assert expression.mentions == {"status", "headers", "links", "body"}
        for text, fix in (
            ("items[0]", "Write body.items for what is in the body, or use one of: body, headers, links, status"),
            ("heders", "Write 'headers'"),
        ):
            with pytest.raises(Mistake, match="is no member of a response") as caught:
                compile_expression(text, of="response")
            assert caught.value.fix == fix

    @pytest.mark.parametrize(
        ("text", "fix"),
        [
            ("{city}", "Write parameters.city, or city for a source"),
            ("geo.{lat}", "Write parameters.lat, or lat for a source"),
            ("length({geo.names})", "Write geo.names"),
            ("a == '{$unit}' && {$unit}", "Write a variable's value itself; no expression sees a secret"),
            ("{!key} == x", "Write a variable's value itself; no expression sees a secret"),
        ],
    )
    def test_references_of_texts_are_told_from_other_mistakes(self, text: str, fix: str) -> None:
        """The fix is what to write in an expression."""
        with pytest.raises(Mistake, match="stands in texts only") as raised:
            compile_expression(text, of="plan")
        assert (raised.value.rule, raised.value.fix) == ("braces", fix)

    @pytest.mark.parametrize("text", ["!geo.x", "!geo.x[0]", "a[?!b.c]"])
    def test_a_not_before_a_path_is_a_mistake(self, text: str) -> None:
        """JMESPath reads it as a path into true or false, which is always null."""
        assert jmespath.search(text, {"geo": None, "a": [{"b": {}}]}) in (None, [])
        with pytest.raises(Mistake, match=r"Write !\(a\.b\)"):
            compile_expression(text, of="body")
        assert compile_expression("!(geo.x)", of="plan").mentions == {"geo"}

    @pytest.mark.parametrize("text", ["'{city}'", "{a: '{b}'}", '`"{x}"`'])
    def test_braces_in_a_literal_are_text(self, text: str) -> None:
        """They stand for themselves."""
        assert isinstance(compile_expression(text, of="plan"), Expression)


def _kind(value: Json) -> str:
    return {dict: "object", list: "array", str: "text", bool: "boolean", type(None): "null"}.get(type(value), "number")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a",
            "'a'",
            "`1`",
            "`[1]`",
            "`null`",
            "`{}`",
            "`true`",
            "a.b",
            "b[0]",
            "[a, b]",
            "{x: a}",
            "o.{x: k}",
            "z || s",
        ),
        *("a && 'x'", "s == s", "s > n", "!s", "a[*].b", "b[]", "o.*", "a[?b]", "b[1:]", "b | length(@)", "s | {x: @}"),
        *(
            "keys(o)",
            "sum(n)",
            "join(',', b)",
            "merge(o, o)",
            "contains(b, 'a')",
            "avg(`[]`)",
            "to_number('x')",
            "max(n)",
        ),
        *("items(o)", "from_items(items(o))", "zip(n, b)", "group_by(g, &k)", "split(s, ',')", "reverse(s)", "type(s)"),
        *("attach(g, 'x', &k, g, &k)", "subtract(z, z)", "product(n)", "divide(z, `2`)", "round(z, z)"),
        *(
            "map(&b, a)",
            "sort(n)",
            "sort_by(g, &k)",
            "to_array(s)",
            "to_string(o)",
            "values(o)",
            "not_null(q, s)",
            "abs(z)",
        ),
    ],
)
def test_what_an_expression_gives_is_of_a_kind_that_it_can_give(text: str) -> None:
    document: Json = {
        "a": [{"b": 1}, {"b": None}],
        "b": ["b", "a"],
        "n": [3, 1],
        "o": {"k": 1},
        "s": "a,b",
        "z": 0,
        "g": [{"k": "x"}, {"k": "y"}],
    }
    expression = compile_expression(text, of="body")
    assert _kind(expression.search(document, MOST)) in kinds_of(expression.parsed)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a", False),
        ("{x: a.b, y: c[0]}", False),
        ("sort_by(a, &b)[*].b", False),
        ("a || `[]`", True),
        ("not_null(a, `{}`)", True),
        ("{x: `{}`}", True),
        ("a[*].{y: `[1]`}", True),
    ],
)
def test_a_value_can_have_a_literal_in_it(text: str, *, holds: bool) -> None:
    assert compile_expression(text, of="body").holds_literals == holds


def test_every_function_that_always_gives_one_kind_is_known() -> None:
    """The others give a part of what they are given."""
    parts = {"max", "max_by", "min", "min_by", "not_null", "reverse"}
    assert {
        name
        for name in FUNCTIONS.FUNCTION_TABLE
        if kinds_of({"type": "function_expression", "value": name, "children": []}) == ANY
    } == parts
