"""The formats of answers other than JSON: what each makes of a body, and that none is harmed by a hostile one."""

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from typing import Any, get_args

import pytest

from fanin.config import Source
from fanin.config.answering import ACCEPTED, Format
from fanin.contract import answers
from fanin.engine.call import Call, Response
from fanin.engine.outcome import Span
from fanin.errors import SourceTooLarge, SourceUndecodable
from fanin.sources.meaning import decoded
from tests.unit.processor_time import processor_time
from tests.unit.scenario import config_of

CAP = 600_000
"""The `max_bytes` of the sources of hostile bodies."""


def source(form: str) -> Source:
    """Make a source of a format."""
    toml = f'[sources.a]\nurl = "https://a.example/feeds/a?b=1"\nformat = "{form}"\nmax_bytes = "{CAP}B"\n[endpoints]\n'
    return config_of(toml).sources["a"]


def read(form: str, body: bytes | str, content_type: str = "") -> Any:
    """Decode a body of a format."""
    body = body.encode() if isinstance(body, str) else body
    asked = source(form)
    call = Call(asked, asked.request({}), 1.0, Span(ready=0.0))
    return decoded(asked, Response(200, {"content-type": content_type}, body), call)


@pytest.mark.parametrize(
    ("form", "body", "value"),
    [
        ("ndjson", '{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
        ("ndjson", '\ufeff1\r\n\r\n  \n"a\\nb"', [1, "a\nb"]),
        ("ndjson", "", []),
        ("csv", "a,b\r\n1,2\r\n", [{"a": "1", "b": "2"}]),
        ("csv", 'a,b\n"x,""y""\nz",2', [{"a": 'x,"y"\nz', "b": "2"}]),
        ("csv", "\ufeffa,b\r1\r\r,2", [{"a": "1"}, {"a": "", "b": "2"}]),
        ("csv", "a", []),
        ("csv", "", []),
        ("text", "é\0", "é\0"),
        ("text", "", ""),
        ("bytes", b"\x00\xff\xfe", "AP/+"),
        ("bytes", b"", ""),
        ("xml", "<a/>", {"a": {"#text": ""}}),
        ("xml", "<a> </a>", {"a": {"#text": " "}}),
        (
            "xml",
            (
                '<?xml version="1.0"?><!-- c --><x:a xmlns:x="u" k="&lt;1">\n<b>1</b><b i="2"/> t'
                "<c><![CDATA[<&]]></c></x:a>"
            ),
            {
                "x:a": {
                    "@xmlns:x": "u",
                    "@k": "<1",
                    "b": [{"#text": "1"}, {"@i": "2", "#text": ""}],
                    "c": [{"#text": "<&"}],
                    "#text": "\n t",
                }
            },
        ),
        ("xml", "<!DOCTYPE a><a>&#233;</a>", {"a": {"#text": "é"}}),
    ],
)
def test_a_body_becomes_a_value(form: str, body: bytes | str, value: Any) -> None:
    assert read(form, body) == value


@pytest.mark.parametrize(
    ("form", "body", "why"),
    [
        ("ndjson", '{"a":1}\n{', "not JSON in line 2"),
        ("ndjson", "1],[2", "not JSON in line 1"),
        ("ndjson", "1,2", "not JSON in line 1"),
        ("ndjson", "[" * 128 + "]" * 128, "nested over 128 levels"),
        ("ndjson", "[" * 5000 + "]" * 5000, "nested over 128 levels"),
        ("json", "[" * 129 + "]" * 129, "nested over 128 levels"),
        ("json", "[" * 5000 + "]" * 5000, "nested over 128 levels"),
        ("json", "[", "not JSON"),
        ("csv", 'a,b\n"x', "not CSV in line 2"),
        ("csv", 'a,b\n"x"y,1', "not CSV in line 2"),
        ("csv", "a,b\n1,2,3", "line 2 has more fields than columns"),
        ("csv", "a,a\n1,2", "two columns have one name"),
        ("csv", "a\nb\0", "NUL"),
        ("csv", "a\n" + "b" * 131_073, "not CSV in line 2"),
        ("text", b"\xff", "bytes that are not of its charset"),
        ("xml", "", "not XML in line 1"),
        ("xml", "<a>\n<b></a>", "not XML in line 2"),
        ("xml", "<a>\0</a>", "not XML"),
        ("xml", "<a>&b;</a>", "not XML"),
        ("xml", '<a k="1" k="2"/>', "not XML"),
        ("xml", "<a/><b/>", "not XML"),
        ("xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a DTD"),
        ("xml", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&b;</a>', "a DTD"),
        ("xml", "<a>" * 61 + "</a>" * 61, "nested over 60 levels"),
        ("feed", '<!DOCTYPE rss [<!ENTITY b SYSTEM "file:///etc/passwd">]><rss><channel>&b;</channel></rss>', "a DTD"),
        ("feed", '<!DOCTYPE rss SYSTEM "http://a.example/rss.dtd"><rss>&eacute;</rss>', "an entity of a DTD"),
        ("feed", "<html/>", "XML that is no feed"),
        ("feed", "<rss>" + "<a>" * 200 + "</a>" * 200 + "</rss>", "nested over 128 levels"),
        ("feed", "<x:rss/>", "not XML"),
        ("feed", "<rss><channel><a x:b='1'/></channel></rss>", "not XML"),
        ("feed", "<rss><a xmlns:x='u'><x:b/></a><x:b/></rss>", "a prefix is not declared"),
        ("feed", "<rss xmlns:x=''/>", "not XML"),
        ("feed", "<rss xmlns:x='u'><x:a:b/></rss>", "not XML"),
    ],
)
def test_what_is_not_of_its_format_is_undecodable(form: str, body: bytes | str, why: str) -> None:
    with pytest.raises(SourceUndecodable, match=why):
        read(form, body)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("é".encode(), "", "é"),
        ("é".encode("latin-1"), "text/plain; charset=ISO-8859-1", "é"),
        ("€".encode("cp1252"), 'text/plain;charset="windows-1252"', "€"),
        ("\ufeffé".encode("utf-16-le"), "text/plain; charset=latin1", "é"),
        ("\ufeffé".encode("utf-16-be"), "", "é"),
        ("é".encode("utf-16-le"), "text/plain; charset=utf-16", "é"),
        ("日本".encode("shift_jis"), "text/plain; a=b; charset=Shift_JIS", "日本"),
    ],
)
def test_the_charset_is_told_by_a_mark_or_else_by_the_content_type(body: bytes, content_type: str, text: str) -> None:
    assert read("text", body, content_type) == text


@pytest.mark.parametrize("charset", ["utf-7", "base64", "rot13", "idna", "unicode_escape", "zlib", "utf_8_sig", "../x"])
def test_no_other_charset_is_read(charset: str) -> None:
    """Python has codecs that are no charsets."""
    with pytest.raises(SourceUndecodable, match="charset that fanin does not read"):
        read("text", b"a", f"text/plain; charset={charset}")


def test_xml_says_its_charset_itself_unless_its_content_type_does() -> None:
    latin = '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'
    assert read("xml", latin.encode("latin-1")) == {"a": {"#text": "é"}}
    assert read("xml", latin.encode(), "text/xml; charset=utf-8") == {"a": {"#text": "é"}}
    assert read("csv", "é\n1".encode("latin-1"), "text/csv; charset=latin1") == [{"é": "1"}]


RSS = """<?xml version="1.0"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
     xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>News</title><atom:link rel="self" href="https://a.example/self"/><link>/home</link>
<image><title>Logo</title></image>
<item><media:title>No</media:title><title> A &amp; <b>B</b> </title><link>../one</link>
<guid isPermaLink="false">1</guid>
<pubDate>Mon, 15 Jun 2026 14:00:00 +0100</pubDate><dc:creator>Ada</dc:creator><content:encoded>whole</content:encoded>
<description>short</description></item>
<item><guid>https://a.example/two</guid><dc:date>2026-06-15</dc:date><author>bob@a.example</author></item>
<item><link>javascript:alert(1)</link><pubDate>yesterday</pubDate></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://b.example/x/"><title type="xhtml">
<div xmlns="http://www.w3.org/1999/xhtml">A <i>b</i></div></title><link rel="self" href="s"/><link href="y"/>
<entry><title>T</title><id>urn:1</id><link rel="edit" href="e"/><link rel="alternate" href="z"/>
<author><name>Ada</name><uri>u</uri></author><published>2026-06-15T13:00:00.75+02:00</published>
<updated>2026-06-15T13:00Z</updated><content type="html">&lt;p&gt;c</content>
<source><title>Other</title><id>urn:2</id></source></entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>R</title><link>https://c.example/</link></channel>
<image><title>No</title></image>
<item rdf:about="https://c.example/1"><title>I</title><link>https://c.example/1</link><dc:date>2026-06-15T13:00:00+00:00</dc:date>
</item></rdf:RDF>"""


def entry(**fields: str) -> dict[str, str | None]:
    """Give an entry with these fields and no others."""
    names = ("title", "link", "id", "summary", "author", "published", "updated")
    return {name: fields.get(name) for name in names}


def test_rss_and_atom_become_one_form() -> None:
    at = "2026-06-15T13:00:00Z"
    assert read("feed", RSS) == {
        "title": "News",
        "link": "https://a.example/home",
        "entries": [
            entry(title="A & B", link="https://a.example/one", id="1", summary="short", author="Ada", published=at),
            entry(
                id="https://a.example/two",
                link="https://a.example/two",
                published="2026-06-15T00:00:00Z",
                author="bob@a.example",
            ),
            entry(),
        ],
    }
    assert read("feed", ATOM) == {
        "title": "A b",
        "link": "https://b.example/x/y",
        "entries": [
            entry(
                title="T",
                id="urn:1",
                link="https://b.example/x/z",
                author="Ada",
                published="2026-06-15T11:00:00Z",
                updated=at,
                summary="<p>c",
            )
        ],
    }
    assert read("feed", RDF) == {
        "title": "R",
        "link": "https://c.example/",
        "entries": [entry(title="I", link="https://c.example/1", id="https://c.example/1", published=at)],
    }
    assert read("feed", "<rss><channel/></rss>") == {"title": None, "link": None, "entries": []}


def test_a_prefix_stands_for_what_the_innermost_element_declares() -> None:
    feed = read(
        "feed",
        """<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>A</a:title><a:entry><a:title>B</a:title>
        <c xmlns:a="u"><a:id>no</a:id></c><a:id xmlns="u">C</a:id></a:entry>
        <entry xmlns="http://www.w3.org/2005/Atom"><title>D</title><link xmlns="" href="no"/><id xml:base="u">E</id>
        </entry><entry/></a:feed>""",
    )
    assert feed == {"title": "A", "link": None, "entries": [entry(title="B", id="C"), entry(title="D", id="E")]}


def test_links_are_resolved_against_the_bases_of_the_elements_around_them() -> None:
    feed = read(
        "feed",
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="x/"><entry xml:base="y/"><link href="1"/></entry>
        <entry><link href="2"/></entry><entry xml:base="//b.example/"><id>i</id></entry>
        <entry xml:base="z/"><link xml:base="https://c.example/" href="3"/></entry></feed>""",
    )
    links = [each["link"] for each in feed["entries"]]
    assert links == ["https://a.example/feeds/x/y/1", "https://a.example/feeds/x/2", None, "https://c.example/3"]


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Mon, 15 Jun 2026 14:00:00 EST", "2026-06-15T19:00:00Z"),
        ("15 Jun 26 14:00 GMT", "2026-06-15T14:00:00Z"),
        ("2026-06-15T14:00:00", "2026-06-15T14:00:00Z"),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1 Jan 99999 00:00:00 GMT", None),
        ("1" * 70, None),
        ("", None),
    ],
)
def test_times_are_told_in_utc_or_not_at_all(written: str, at: str | None) -> None:
    assert read("feed", f"<rss><channel><item><pubDate>{written}</pubDate></item></channel></rss>")["entries"] == [
        entry() | {"published": at}
    ]


def repeated(piece: str, *, before: str = "", after: str = "") -> Callable[[], bytes]:
    """Make a body of about `CAP` bytes."""
    text = before + piece * ((CAP - len(before.encode()) - len(after.encode())) // len(piece)) + after
    return text.encode


def columns() -> bytes:
    """Name as many columns as fit, and a row of as many fields."""
    return (",".join(f"{number:x}" for number in range(CAP // 14)) + "\n" + "," * (CAP // 14 - 1)).encode()


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "lines of lists": ("ndjson", repeated("[]\n")),
    "empty lines": ("ndjson", repeated("\n")),
    "lines of spaces": ("ndjson", repeated(" ")),
    "one long line": ("ndjson", repeated("[", after="")),
    "columns": ("csv", columns),
    "commas": ("csv", repeated(",", before="a\n")),
    "empty rows": ("csv", repeated("\n", before="a")),
    "short rows": ("csv", repeated("b\n", before=",".join(f"{number:x}" for number in range(50_000)) + "\n")),
    "rows of one digit": ("csv", repeated("1\n", before="a\n")),
    "quotes": ("csv", repeated('"', before="a\n")),
    "a quote that nobody ends": ("csv", repeated("b,\n", before='a\n"')),
    "a quote within a field": ("csv", repeated("b\n", before='a\nx"\n')),
    "a quote within each row": ("csv", repeated('b"\n', before="a\n")),
    "an emoji": ("text", repeated("aaaa", before="😀", after="aaaa")),
    "bytes": ("bytes", repeated("a")),
    "elements": ("xml", repeated("<b/>", before="<a>", after="</a>")),
    "elements of their own": (
        "xml",
        lambda: b"<a>" + b"".join(b"<b%x/>" % number for number in range(CAP // 12)) + b"</a>",
    ),
    "attributes": (
        "xml",
        lambda: b"<a " + b" ".join(b'a%x=""' % number for number in range(CAP // 12)) + b"/>",
    ),
    "an attribute": ("xml", repeated("b", before='<a b="', after='"/>')),
    "open elements": ("xml", repeated("<a>")),
    "a tag that nobody ends": ("xml", repeated("a", before="<")),
    "a comment that nobody ends": ("xml", repeated("-", before="<a><!--")),
    "references": ("xml", repeated("&lt;", before="<a>", after="</a>")),
    "text between elements": ("xml", repeated("b<c/>", before="<a>", after="</a>")),
    "CDATA": ("xml", repeated("<![CDATA[]]>", before="<a>", after="</a>")),
    "instructions": ("xml", repeated("<?b?>", before="<a>", after="</a>")),
    "laughs": (
        "xml",
        lambda: (
            b'<!DOCTYPE a [<!ENTITY a "ha">'
            + b"".join(b'<!ENTITY a%d "%b">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 30))
            + b"]><a>&a29;</a>"
        ),
    ),
    "entries": ("feed", repeated("<item/>", before="<rss><channel>", after="</channel></rss>")),
    "titles": ("feed", repeated("<title>a</title>", before="<rss><channel><item>", after="</item></channel></rss>")),
    "a title of elements": (
        "feed",
        repeated("<b>c</b>", before="<rss><channel><title>", after="</title></channel></rss>"),
    ),
    "bases": (
        "feed",
        repeated('<b xml:base="/a/b"/>', before="<rss><channel>", after="</channel></rss>"),
    ),
    "a name in a long namespace": (
        "feed",
        repeated("<p:a/>", before=f'<rss xmlns:p="{"u" * (CAP // 2)}"><channel>', after="</channel></rss>"),
    ),
    "names in a long namespace": (
        "feed",
        lambda: (
            b'<rss xmlns:p="%b"><channel>' % (b"u" * (CAP // 2))
            + b"".join(b"<p:a%x/>" % number for number in range(CAP // 40))
            + b"</channel></rss>"
        ),
    ),
    "attributes in a long namespace": (
        "feed",
        lambda: (
            b'<rss xmlns:p="%b"><channel ' % (b"u" * (CAP // 2))
            + b" ".join(b'p:a%x=""' % number for number in range(CAP // 40))
            + b"/></rss>"
        ),
    ),
    "links below bases": (
        "feed",
        repeated(
            '<link href="b"/>',
            before='<feed xmlns="http://www.w3.org/2005/Atom">' + '<x xml:base="a/">' * 120 + "<entry>",
            after="</entry>" + "</x>" * 120 + "</feed>",
        ),
    ),
    "links of entries below a long base": (
        "feed",
        repeated(
            '<entry><link href="b"/></entry>',
            before=f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{"a/" * 4_000}">',
            after="</feed>",
        ),
    ),
    "bases that grow": (
        "feed",
        repeated(
            '<entry><link href="b"/></entry>',
            before='<feed xmlns="http://www.w3.org/2005/Atom">' + f'<x xml:base="{"a/" * 500}">' * 100,
            after="</x>" * 100 + "</feed>",
        ),
    ),
    "a prefix declared again and again": (
        "feed",
        repeated('<p:a xmlns:p="u"/>', before="<rss><channel>", after="</channel></rss>"),
    ),
    "prefixes": (
        "feed",
        lambda: b"<rss " + b" ".join(b'xmlns:a%x="u%x"' % (n, n) for n in range(CAP // 24)) + b"/>",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_takes_little_time_and_no_more_memory_than_is_told(name: str) -> None:
    """Whether it is read or refused: linear in time, and what is kept of it is within 8 times `max_bytes`."""
    form, make = HOSTILE[name]
    body = make()
    assert len(body) <= CAP
    read(form, b"<rss/>" if form == "feed" else b"<a/>" if form == "xml" else b"")  # what is imported once
    with processor_time():
        tracemalloc.start()
        try:
            value = None
            with suppress(SourceUndecodable, SourceTooLarge):
                value = read(form, body)
            kept, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert kept <= 8 * CAP + 100_000
        assert peak <= 32 * CAP
        if value is not None:
            assert answers.json_answer({"a": value}, "id").status in {200, 500}


def test_requests_say_what_format_they_want_unless_the_source_does() -> None:
    assert source("json").request({}).headers == ()
    for form, accept in ACCEPTED.items():
        assert source(form).request({}).headers == (("Accept", accept),)
    assert set(ACCEPTED) == set(get_args(Format)) - {"json"}


def test_a_decoder_is_imported_when_a_source_has_its_format() -> None:
    """And no other: a file that names no format pays for none."""
    program = """
import sys
from fanin.config import parse
from fanin.sources.url import _prepared

def prepared(line):
    toml = 'fanin = 1\\n[sources.a]\\nurl = "https://a.example"\\n{}\\n[endpoints]\\n'
    _prepared(parse(toml.format(line), {}).sources["a"], None)
    return sorted(name.rpartition(".")[2] for name in sys.modules if name.startswith("fanin.sources.decoders."))

print(prepared(""), "xml.parsers.expat" in sys.modules)
print(prepared('format = "text"'))
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == ["['json'] False", "['charset', 'json', 'text']"]
