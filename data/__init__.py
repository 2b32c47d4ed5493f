"""Clips that the project draws itself."""
