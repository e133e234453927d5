"""What was built, with its layers as published versions.

Layers of the template itself SAM puts into an image whenever a function starts, which takes longer than all the rest of
the start. A published version it puts into one when it first meets it. So what was built is handed to SAM as if its
layers were published, and downloaded already.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

import yaml

from fanin.local.sam.built import of_type

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
        function["Layers"] = [arns[layer["Ref"]] for layer in function["Layers"]]
    written.write_text(yaml.safe_dump(parsed, sort_keys=False))
    return written


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
