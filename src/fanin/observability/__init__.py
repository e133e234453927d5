"""How a function is seen from outside: log lines, metrics, and what was waited for."""
