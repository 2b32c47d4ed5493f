"""Facts about the footage, from arrays: shots, fades, frame times, chroma, grain."""
