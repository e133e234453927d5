"""FastAPI and Mangum with nothing behind them: what the framework costs before it does anything."""

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/calls/{calls}")
async def calls_at_once(calls: int) -> dict[str, int]:
    """Answer without asking anyone."""
    return {"calls": calls}


handler = Mangum(app)
