"""Events as AWS sends them, and as nobody should: what each function answers."""
