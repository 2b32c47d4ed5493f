"""Mattes: alpha and foreground colour of every sprite, at the resolution of the source."""
