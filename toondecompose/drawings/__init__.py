"""Whole drawings: each put together from all the frames that show it."""
