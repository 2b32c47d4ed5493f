"""Clean plates: every plane of the background at the resolution of the source."""
