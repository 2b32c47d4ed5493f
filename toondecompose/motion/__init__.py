"""Parametric motion: of one pair of frames, and of an object over the whole clip."""
