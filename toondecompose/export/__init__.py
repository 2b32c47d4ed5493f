"""Layers as files of other programs: one module a format, listed in `registry`.

All read the artifacts of a finished clip and write under ``workers/<clip>/export``. Frames and
drawings count from 1 there, as they do in those programs.
"""
