"""``python -m toondecompose.pipeline.snakemake_process``: Snakemake, quiet when interrupted early.

Snakemake takes seconds to import, and shows a traceback when it is interrupted meanwhile.
"""

from toondecompose.core.interrupts import hush_interrupts


def main() -> None:
    """Run Snakemake with the words of the command line."""
    hush_interrupts()
    from snakemake.cli import main as snakemake

    snakemake()


if __name__ == "__main__":
    main()
