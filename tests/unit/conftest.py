"""What holds for every unit test."""

from hypothesis import settings

settings.register_profile("unit", settings.get_profile("busy"), derandomize=True, database=None, max_examples=100)
settings.load_profile("unit")
