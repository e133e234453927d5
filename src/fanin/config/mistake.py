"""What validators of fanin.toml raise."""


class Mistake(ValueError):
    """One value in fanin.toml is wrong; pydantic adds where.

    Args:
        rule: a stable name for the kind of mistake.
        message: what is wrong.
        fix: what to write instead.
    """

    def __init__(self, rule: str, message: str, fix: str) -> None:
        super().__init__(f"{message}. {fix}")
        self.rule = rule
        self.message = message
        self.fix = fix
