"""Rigid planes of the picture: their textures, and the discovery of more of them."""
