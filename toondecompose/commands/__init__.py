"""The subcommands of ``toondecompose``, a module each; ``toondecompose/cli.py`` lists them."""
