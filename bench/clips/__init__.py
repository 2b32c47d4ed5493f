"""Seeded clips with exact truth, each drawn for one difficulty.

    python -m bench.clips.render --out workers/bench/clips
    python -m bench.clips.render --groups limited

What each is hard for stands in `films.MOVING` and `limited.LIMITED`, which `catalogue` puts
together; what the files mean, in `render`.
"""
