"""What lies over the whole picture and is no sprite: light, and what stands still on the screen."""
