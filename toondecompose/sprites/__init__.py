"""Joint sprite learning: planes, their motion, the light and the objects' alphas, together."""
