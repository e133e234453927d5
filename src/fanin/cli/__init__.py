"""`fanin`, the command: what can be known of a fanin.toml without deploying it. No function imports this."""

try:
    from fanin.cli.main import app
except ModuleNotFoundError as missing:
    if missing.name not in ("typer", "rich"):
        raise
    message = f"fanin: the command needs {missing.name}. Install fanin[cli]."
    raise SystemExit(message) from missing

__all__ = ["app"]
