"""The user's input: which files make a clip, and how images and videos become frames."""
