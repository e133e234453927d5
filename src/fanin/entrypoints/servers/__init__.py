"""What every ASGI application is served by, whatever framework it is of: Lambda, through Mangum, or a server."""
