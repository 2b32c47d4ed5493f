"""Edits of a finished clip: changed images and ``edit.yaml``, put together to ``edit.mp4``."""
