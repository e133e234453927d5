"""Texts with references.

`{city}` is a request parameter, `{geo.lat}` a field of another source's value, `{input.name}` a field of the client's
body, `{each.id}` one of the item that a call is for, `{caller.sub}` a claim of who asks, `{!key}` a secret.
`{city?}` leaves out what it stands in where there is no value; `{city:odata}` is escaped for another language's quotes.
Variables (`{$open_meteo}`) are put in when the file is loaded, before a text is read for its references; only they
may stand for a scheme, a host or a port. A literal brace is written twice.
"""

from fanin.config.template.body import MAX_BODY, BodyTemplate
from fanin.config.template.form import FormTemplate
from fanin.config.template.query import QueryTemplate
from fanin.config.template.reference import (
    BODY,
    RESERVED,
    CallerReference,
    EachReference,
    FieldReference,
    InputReference,
    MissingValue,
    ParameterReference,
    Reference,
    RefusedValue,
    Scalar,
    SecretReference,
    Values,
)
from fanin.config.template.text import (
    HeaderTemplate,
    Template,
    braced,
    checked_for_header,
    header_text,
    matched,
    percent_encoded,
    put_variables,
    text_of,
    written,
)
from fanin.config.template.url import MAX_URL, UrlTemplate
from fanin.config.template.whole_url import AnyUrl, ChosenUrl, ReferredUrl, from_outside, read_url

__all__ = [
    "BODY",
    "MAX_BODY",
    "MAX_URL",
    "RESERVED",
    "AnyUrl",
    "BodyTemplate",
    "CallerReference",
    "ChosenUrl",
    "EachReference",
    "FieldReference",
    "FormTemplate",
    "HeaderTemplate",
    "InputReference",
    "MissingValue",
    "ParameterReference",
    "QueryTemplate",
    "Reference",
    "ReferredUrl",
    "RefusedValue",
    "Scalar",
    "SecretReference",
    "Template",
    "UrlTemplate",
    "Values",
    "braced",
    "checked_for_header",
    "from_outside",
    "header_text",
    "matched",
    "percent_encoded",
    "put_variables",
    "read_url",
    "text_of",
    "written",
]
