"""What was built, with its layers as published versions.

Layers of the template itself SAM puts into an image whenever a function starts, which takes longer than all the rest of
the start. A published version it puts into one when it first meets it. So what was built is handed to SAM as if its
layers were published, and downloaded already.

`sam local` has no WebSockets, and takes each plain route for one of an HTTP API; of authorizers it has other kinds than
the template. It cannot stream. So all of these are left out, and the gateway runs by AWS's runtime.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any, Final

import yaml

from fanin.local.sam.built import layers, of_type

_ARN: Final = "arn:aws:lambda:eu-west-1:123456789012:layer:{}:1"


def downloads(template: Path) -> Path:
    """Return the folder in which SAM finds the layers of a template that `template` has written."""
    return template.parent / "layers"


def template(built: Path) -> Path:
    """Write, beside a built template, one whose functions have their layers as published versions.

    They are named after what they hold, so that an image which another build left behind is not taken for theirs.
    """
    written = built.with_name("published.yaml")
    parsed = yaml.safe_load(built.read_text())
    arns: dict[str, str] = {}
    for name in of_type("AWS::Serverless::LayerVersion", parsed):
        layer = built.parent / name
        arns[name] = _ARN.format(f"{name}-{_digest(layer)}")
        shutil.copytree(layer, downloads(written) / _downloaded(arns[name]), copy_function=os.link)
    for function in of_type("AWS::Serverless::Function", parsed).values():
        function["Layers"] = [arns[layer] for layer in layers(function, parsed)]
    leave_out_unserved(parsed)
    written.write_text(yaml.safe_dump(parsed, sort_keys=False))
    return written


def leave_out_unserved(template: dict[str, Any]) -> None:
    """Take from a parsed template what `sam local` cannot read: routes of WebSockets, and authorizers.

    Routes of OPTIONS go too. They are there for the authorizer, and the others take every method.
    """
    apis = of_type("AWS::ApiGatewayV2::Api", template)
    routes = of_type("AWS::ApiGatewayV2::Route", template)
    of_apis = routes | of_type("AWS::ApiGatewayV2::Stage", template)
    sockets = [name for name, each in of_apis.items() if apis[each["ApiId"]["Ref"]]["ProtocolType"] == "WEBSOCKET"]
    preflights = [name for name, route in routes.items() if route["RouteKey"].startswith("OPTIONS ")]
    for name in (*sockets, *preflights, *of_type("AWS::ApiGatewayV2::Authorizer", template)):
        del template["Resources"][name]
    for route in routes.values():
        route.pop("AuthorizerId", None)
    for function in of_type("AWS::Serverless::Function", template).values():
        for name in ("AWS_LAMBDA_EXEC_WRAPPER", "FANIN_STREAM"):
            function.get("Environment", {}).get("Variables", {}).pop(name, None)


def _digest(layer: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(layer.rglob("*")):
        if path.is_file():
            digest.update(f"\0{path.relative_to(layer)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:20]


def _downloaded(arn: str) -> str:
    """Name the folder that SAM downloads a layer into."""
    _, name, version = arn.rsplit(":", 2)
    return f"{name}-{version}-{hashlib.sha256(arn.encode()).hexdigest()[:10]}"
