"""One module per stage of the workflow; each reads artifacts and writes artifacts.

Numeric libraries read their thread counts when they are imported, so the counts are fixed here,
before any stage imports numpy: results then do not depend on Snakemake's ``--cores``.
"""

import sys

from toondecompose.core.interrupts import hush_interrupts

if sys.argv[:1] == ["-m"]:  # Python is about to run a stage as this process's program
    hush_interrupts()

from toondecompose.pipeline.stage import fix_threads  # noqa: E402  imports much

fix_threads()
