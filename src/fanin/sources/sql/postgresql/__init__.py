"""PostgreSQL: one way to write parameters and read values as texts, under two drivers."""
