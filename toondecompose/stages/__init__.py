"""One module per stage of the workflow; each reads artifacts and writes artifacts."""

import sys

from toondecompose.pipeline.stage import fix_threads

# In a process of its own, `python -m toondecompose.stages.alpha`, a stage is not imported yet, nor
# is numpy. Numeric libraries read their thread counts then, and results must not depend on --cores.
# An import by another program leaves that program's environment alone.
if sys.argv[:1] == ["-m"]:
    fix_threads()
