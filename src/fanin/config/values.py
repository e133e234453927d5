"""What stands in configurations, requests and answers."""

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
