"""The report of a clip: one HTML file that shows the layers and puts the frames together."""
