"""What every package may use: errors, geometry, arithmetic, threads, the objects of a clip."""
