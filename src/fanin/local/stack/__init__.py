"""The whole stack on this machine, served by an embedded AWS."""
