"""Figures of one clip against another, from arrays to numbers and tables."""
