"""A defect in the template's text, and what `make check` finds of it."""

from fanin.local.layout import TEMPLATE
from fanin.local.sam.template_rules import mistakes


def check(where: str, old: str, new: str, finding: str) -> None:
    """Plant a defect, and expect it to be found, and nothing else.

    A finding that names another resource sends its reader astray.

    Args:
        where: the resource, parameter or rule that gets it.
        old: what stands there first.
        new: what takes its place.
        finding: how what is found begins.
    """
    text = TEMPLATE.read_text()
    before, heading, behind = text.partition(f"\n  {where}:\n")
    assert old in behind.partition("\n\n")[0]
    found = mistakes(before + heading + behind.replace(old, new, 1))
    assert found
    assert [mistake for mistake in found if not mistake.startswith(finding)] == []
