"""Where answers of sources are kept: in the memory of an environment, and in a table that all environments share."""
