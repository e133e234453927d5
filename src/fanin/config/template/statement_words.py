"""First words of statements, by what they say of what follows."""

CHANGES = frozenset(
    {
        *("insert", "update", "delete", "merge", "replace", "truncate", "copy", "call", "do", "lock"),
        *("create", "alter", "drop", "grant", "revoke", "vacuum"),
    }
)
"""First words of statements that change something."""
OF_CONNECTIONS = frozenset(
    {
        *("set", "reset", "discard", "load", "listen", "unlisten"),
        *("begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"),
        *("prepare", "execute", "deallocate", "declare", "fetch", "move", "close"),
    }
)
"""First words of statements that outlast their transaction, or end it: other statements have the connection next."""
