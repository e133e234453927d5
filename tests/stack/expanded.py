"""The template as CloudFormation gets it: expanded by SAM's own translator, and what of it speaks of rights as text."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from fanin.local.layout import ROOT, TEMPLATE
from fanin.local.sam import built

_EXPAND = """
import boto3, json, sys
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

session = boto3.Session(region_name="eu-west-1")
made = []
for text in json.load(sys.stdin):
    template = yaml_parse(text)
    for resource in template["Resources"].values():  # the folders, which `sam package` would upload
        for name in resource.get("Properties", {}).keys() & {"CodeUri", "ContentUri"}:
            resource["Properties"][name] = "s3://bucket/key"
    made.append(Translator({}, Parser(), boto_session=session).translate(template, {}))
print(json.dumps(made))
"""

_NOTHING = {"Ref": "AWS::NoValue"}

type Statement = dict[str, Any]


@cache
def expanded() -> "Expanded":
    """Expand the repository's template."""
    return each_expanded(TEMPLATE.read_text())[0]


def each_expanded(*templates: str) -> list["Expanded"]:
    """Expand templates, all in one process: loading SAM takes longer than what it is loaded for."""
    command = [str(ROOT / ".tools/sam/bin/python"), "-c", _EXPAND]
    done = subprocess.run(command, input=json.dumps(templates), capture_output=True, text=True, check=True)
    return [Expanded(made) for made in json.loads(done.stdout)]


class Expanded:
    """A template after SAM.

    Args:
        template: only resources and functions of CloudFormation's.
        parameters: values of its parameters; one without stands for itself.
    """

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str] | None = None) -> None:
        self._template = template
        self._parameters = parameters or {}
        self._defaults = {name: str(of.get("Default", "")) for name, of in template["Parameters"].items()}
        self._resources = {name: each for name, each in template["Resources"].items() if self._is_there(each)}

    def with_parameters(self, **parameters: str) -> "Expanded":
        """Give the same with values of parameters."""
        return Expanded(self._template, parameters)

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Give the properties of the resources of a type, by their names, without those that a condition leaves out."""
        return built.of_type(kind, {"Resources": self._resources})

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """The resources that there are with these parameters, by their names."""
        return self._resources

    def chosen(self, value: Any) -> Any:
        """Give a value of the template with each `Fn::If` decided, and without what is `AWS::NoValue`."""
        match value:
            case {"Fn::If": [str(condition), then, otherwise]}:
                return self.chosen(then if self._holds({"Condition": condition}) else otherwise)
            case dict():
                # Once for each level: twice would be twice as often with every level below.
                kept = {name: self.chosen(below) for name, below in value.items()}
                return {name: below for name, below in kept.items() if below != _NOTHING}
            case list():
                return [below for below in map(self.chosen, value) if below != _NOTHING]
        return value

    def dangling(self) -> set[str]:
        """Name what resources and outputs refer to and is not there."""
        outputs = [output for output in self._template["Outputs"].values() if self._is_there(output)]
        named = set(_referred(self.chosen([*self._resources.values(), *outputs])))
        return {name for name in named if not name.startswith("AWS::")} - self._resources.keys() - self._defaults.keys()

    def rights(self, role: str) -> dict[str, set[str]]:
        """Give what a role allows, by the names of its policies: `action on resource`, and `if` of conditions."""
        present = self.chosen(self.of_type("AWS::IAM::Role")[role]["Policies"])
        assert len({policy["PolicyName"] for policy in present}) == len(present)
        return {policy["PolicyName"]: set(self._lines(policy["PolicyDocument"])) for policy in present}

    def statements(self) -> dict[str, Statement]:
        """Give every statement about rights, wherever it stands, by where it does."""
        return dict(_statements(self._resources, ""))

    def giving(self) -> set[str]:
        """Give the types of resources that are there to give rights: by name, roles, policies, permissions and URLs."""
        kinds = {resource["Type"] for resource in self._resources.values()}
        return {kind for kind in kinds if re.search(r"::IAM::|Polic|Permission|Principal|Grant|::Url$", kind)}

    def text(self, value: Any) -> str:
        """Write a value out: `${Name}` and `${Name.Attribute}` where only CloudFormation knows it."""
        match value:
            case str():
                return value
            case {"Ref": str(name)}:
                return self._parameters.get(name, f"${{{name}}}")
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return f"${{{name}.{attribute}}}"
            case {"Fn::Sub": str(written)}:
                return self._filled(written, self._parameters)
            case {"Fn::Sub": [str(written), dict(more)]}:
                return self._filled(written, {**self._parameters, **{n: self.text(v) for n, v in more.items()}})
            case {"Fn::Select": [int(number), {"Fn::Split": [str(separator), joined]}]}:
                return self.text(joined).split(separator)[number]
        raise AssertionError(f"not understood: {value}")

    def _lines(self, document: Mapping[str, Any]) -> Iterator[str]:
        for statement in document["Statement"]:
            assert statement.keys() - {"Condition"} == {"Effect", "Action", "Resource"}
            assert statement["Effect"] == "Allow"
            conditions = [
                f"{operator} {key} {self.text(wanted)}"
                for operator, keys in statement.get("Condition", {}).items()
                for key, wanted in keys.items()
            ]
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    right = f"{action} on {self.text(resource)}"
                    yield " and ".join([f"{right} if {conditions[0]}", *conditions[1:]]) if conditions else right

    def _is_there(self, resource: Mapping[str, Any]) -> bool:
        return "Condition" not in resource or self._holds({"Condition": resource["Condition"]})

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Condition": str(name)}:
                return self._holds(self._template["Conditions"][name])
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::And": list(each)}:
                return all(map(self._holds, each))
            case {"Fn::Equals": [one, other]}:
                return self._compared(one) == self._compared(other)
        raise AssertionError(f"not understood: {condition}")

    def _compared(self, value: Any) -> str:
        match value:
            case {"Ref": str(name)}:
                return self._parameters.get(name, self._defaults[name])
            case {"Fn::Join": ["", {"Ref": str(name)}]}:  # of a list that is written with commas
                return self._compared({"Ref": name}).replace(",", "")
        return str(value)

    @staticmethod
    def _filled(written: str, values: Mapping[str, str]) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda found: values.get(found[1], found[0]), written)


def _referred(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            yield name
        case {"Fn::Sub": str(written)} | {"Fn::Sub": [str(written), dict()]}:
            more = value["Fn::Sub"][1] if isinstance(value["Fn::Sub"], list) else {}
            yield from (name.partition(".")[0] for name in re.findall(r"\$\{([^}!]+)\}", written) if name not in more)
    if isinstance(value, dict):
        yield from _listed(value.get("DependsOn", []))
        for below in value.values():
            yield from _referred(below)
    elif isinstance(value, list):
        for below in value:
            yield from _referred(below)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(value: Any, where: str) -> Iterator[tuple[str, Statement]]:
    if isinstance(value, dict):
        if "Effect" in value:
            yield where, value
        for name, below in value.items():
            yield from _statements(below, f"{where}/{name}")
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _statements(below, f"{where}/{number}")
