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
    "collecting garbage meanwhile": Idea("import gc, fanin.compose.init_phase; gc.enable()"),
    "building pydantic's models when first used": Idea(
        "from pydantic import BaseModel; BaseModel.model_config['defer_build'] = True"
    ),
}
"""By what they are called in the results."""
