"""The check of the parameters that a client sends, against their declarations."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationError, create_model

from fanin.config.parameters import Parameter, sent_as
from fanin.config.values import Json
from fanin.errors import bad_parameters


def described(errors: Sequence[Any]) -> list[tuple[str, str]]:
    """Name each parameter that pydantic found wrong, and say what is wrong with it, or with which item.

    Args:
        errors: what `errors()` of pydantic's, or FastAPI's, exception gives.
    """
    return [_described(error["loc"], error["msg"][:1].lower() + error["msg"][1:]) for error in errors]


def _described(place: Sequence[str | int], message: str) -> tuple[str, str]:
    *_, name = (part for part in place if isinstance(part, str))
    item = next((part for part in place if isinstance(part, int)), None)
    return name, message if item is None else f"item {item + 1}: {message}"


class Parameters:
    """The check of a client's parameters, the same for every function; each under its name on the wire.

    Args:
        declared: each parameter by its name.
        in_path: the names of those in the path.
    """

    def __init__(self, declared: Mapping[str, Parameter], in_path: Sequence[str] = ()) -> None:
        self._declared = declared
        self._in_path = frozenset(in_path)
        self.sent_as = sent_as(declared)
        """Each parameter's name on the wire, by its own."""
        self.some_are_cookies = any(parameter.in_ == "cookie" for parameter in declared.values())
        """Whether clients send some in their cookies."""
        self._plain = all(parameter.plain for parameter in declared.values())
        # Under aliases, so that any name will do: pydantic keeps some for itself.
        fields: dict[str, Any] = {
            f"parameter_{name}": (_annotation(parameter), Field(_default(parameter), alias=self.sent_as[name]))
            for name, parameter in declared.items()
        }
        self._model = create_model("Parameters", **fields)

    def gathered(
        self,
        path: Mapping[str, Json],
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
    ) -> dict[str, Json]:
        """Take the parameters from the places in which a client sends them; what is not declared is passed over.

        Args:
            path: the texts of the path.
            query: the query's keys and values, in their order.
            headers: names in lower case.
            cookies: by name.
        """
        if self._plain:
            return {**dict(query), **path} if self._declared else {}
        found: dict[str, Json] = {}
        for name, parameter in self._declared.items():
            wire = self.sent_as[name]
            values: list[Json] = []
            match "path" if name in self._in_path else parameter.in_:
                case "path":
                    values = [path[name]] if name in path else []
                case "query":
                    values = [value for key, value in query if key == wire]
                case "header":
                    values = [headers[wire.lower()]] if wire.lower() in headers else []
                case "cookie":
                    values = [cookies[wire]] if wire in cookies else []
            if values:
                found[wire] = values if parameter.type == "list" else values[-1]
        return found

    def check(self, sent: Mapping[str, Json]) -> dict[str, Json]:
        """Read what a client sends, texts of path and query or values of JSON, as the declared types.

        What is not declared is passed over. What is optional and absent is null.

        Raises:
            RequestError: one or more are missing or wrong.
        """
        if not self._declared:
            return {}
        if not self._plain:
            wires = {self.sent_as[name]: parameter for name, parameter in self._declared.items()}
            sent = {k: value for k, value in sent.items() if k in wires and not wires[k].is_absent(value)}
        try:
            checked: dict[str, Json] = self._model.model_validate(sent).model_dump(by_alias=True)
        except ValidationError as error:
            raise bad_parameters(described(error.errors())) from error
        return checked

    def meant(self, checked: Mapping[str, Json]) -> Mapping[str, Json]:
        """Give what references see of checked parameters, by their own names."""
        if self._plain:
            return checked
        return {
            name: parameter.meant(checked[self.sent_as[name]])
            for name, parameter in self._declared.items()
            if self.sent_as[name] in checked
        }


def _annotation(parameter: Parameter) -> Any:
    return parameter.required_annotation | None if parameter.optional else parameter.required_annotation


def _default(parameter: Parameter) -> Any:
    return ... if parameter.required else parameter.default
