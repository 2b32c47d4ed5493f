"""Enlarging of a finished clip: plates and drawings once, then every frame from them."""
