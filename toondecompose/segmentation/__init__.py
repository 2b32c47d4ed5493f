"""Which object each pixel shows: evidence, and the cut that makes regions of it."""
