"""The commands: one module for each, put together in app.py."""
