"""One module per stage of the workflow; each reads artifacts and writes artifacts."""

import sys

from toondecompose.core.interrupts import hush_interrupts

if sys.argv[:1] == ["-m"]:  # Python is about to run a stage as this process's program
    hush_interrupts()

from toondecompose.pipeline.stage import fix_threads  # noqa: E402  imports much

# In a process of its own, `python -m toondecompose.stages.alpha`, a stage is not imported yet, nor
# is numpy. Numeric libraries read their thread counts then, and results must not depend on --cores.
# An import by another program leaves that program's environment alone.
if sys.argv[:1] == ["-m"]:
    fix_threads()
