"""One request through a plan: what to ask, in which order, and what came of it. It knows no HTTP client."""
