"""Which transport the calls go over: candidates, and what is measured of them."""
