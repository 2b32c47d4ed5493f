"""Seeded clips with exact truth, each drawn for one difficulty.

    python -m bench.clips.render --out workers/bench/clips

What each is hard for stands in `films.SPECS`; what the files mean, in `render`.
"""
