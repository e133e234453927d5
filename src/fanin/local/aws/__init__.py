"""Deploying to AWS, with the user's credentials."""
