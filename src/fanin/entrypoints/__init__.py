"""The ways in: each takes a request in its own form and gives an answer of the contract."""
