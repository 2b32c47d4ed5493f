"""Rigid planes of the picture: their textures, and the discovery of a second one."""
