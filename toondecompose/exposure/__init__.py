"""The exposure sheet: which frames show the same drawing, and how it slides meanwhile."""
