"""The folder of a clip: the only place that reads and writes artifacts."""
