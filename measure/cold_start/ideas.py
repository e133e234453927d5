"""The ideas: what each does before a function is imported, and after."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Idea:
    """One of them.

    Args:
        before: Python that runs before the function's module is imported.
        after: Python that runs when it is.
    """

    before: str = ""
    after: str = ""


IDEAS = {
    "as it is": Idea(),
    "as it is, again": Idea(),  # what the noise comes to
    "no garbage collection meanwhile": Idea("import gc; gc.disable()", "gc.freeze(); gc.enable()"),
    "pydantic's models built when first used": Idea(
        "import pydantic; pydantic.BaseModel.model_config['defer_build'] = True"
    ),
}
"""By what they are called in the results."""
