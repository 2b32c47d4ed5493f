"""``python -m toondecompose``: the console command, where the scripts of Python are not found."""

from toondecompose.cli import main

if __name__ == "__main__":
    main()
