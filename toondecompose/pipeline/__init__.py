"""The workflow around the stages: settings, runner, progress, fingerprints of the code."""
