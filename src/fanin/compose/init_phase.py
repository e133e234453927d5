"""Lambda's init phase, in which a function is imported and composed: what it makes stays, so no garbage is collected.

A function's module imports this before all else, and hands its handler to `ended`. What that saves, and where it was
measured: docs/decisions/0018-garbage-collected-late.md.
"""

import gc

gc.disable()

_NEW = 50_000
"""How many more containers (tuples, dicts, objects) there have to be than at the last look for garbage for the next
one: some hundred requests under way. With Python's own 2,000 a look is taken every few requests, and often at all that
are under way, and there is next to nothing to be found."""


def ended[Handler](handler: Handler, *, leaves_cycles: bool = False) -> Handler:
    """Give back the handler that the phase has made; from now on garbage is collected, but not among what there is.

    Args:
        handler: the function's.
        leaves_cycles: whether its requests leave cycles behind, with all that they hold: then Python decides how often
            garbage is collected, and seldom otherwise.
    """
    gc.freeze()
    if not leaves_cycles:
        gc.set_threshold(_NEW)
    gc.enable()
    return handler
