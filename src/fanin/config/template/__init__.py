"""Texts with references.

`{city}` is a request parameter, `{geo.lat}` a field of another source's value, `{!key}` a secret.
Variables (`{$open_meteo}`) are put in when the file is loaded, before a text is read for its references; only they
may stand for a scheme, a host or a port. A literal brace is written twice.
"""

from fanin.config.template.body import BodyTemplate
from fanin.config.template.header import HeaderTemplate, checked_for_header, header_text
from fanin.config.template.reference import (
    FieldReference,
    ParameterReference,
    Reference,
    RefusedValue,
    Scalar,
    SecretReference,
    Values,
)
from fanin.config.template.text import Template, put_variables, written
from fanin.config.template.url import MAX_URL, UrlTemplate, percent_encoded

__all__ = [
    "MAX_URL",
    "BodyTemplate",
    "FieldReference",
    "HeaderTemplate",
    "ParameterReference",
    "Reference",
    "RefusedValue",
    "Scalar",
    "SecretReference",
    "Template",
    "UrlTemplate",
    "Values",
    "checked_for_header",
    "header_text",
    "percent_encoded",
    "put_variables",
    "written",
]
