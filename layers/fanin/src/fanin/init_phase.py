"""Lambda's init phase, in which a function is imported and composed: what it makes stays, so no garbage is collected.

A function's module imports this before all else, and hands its handler to `ended`. What that saves, and where it was
measured: docs/decisions/0018-no-garbage-collection-in-the-init-phase.md.
"""

import gc

gc.disable()


def ended[Handler](handler: Handler) -> Handler:
    """Give back the handler that the phase has made; from now on garbage is collected, but not among what there is.

    Args:
        handler: the function's.
    """
    gc.freeze()
    gc.enable()
    return handler
