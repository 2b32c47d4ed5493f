"""One module per stage of the workflow; each reads artifacts and writes artifacts.

Numeric libraries read their thread counts when they are imported, so the counts are fixed here,
before any stage imports numpy: results then do not depend on Snakemake's ``--cores``.
"""

from toondecompose.pipeline.stage import fix_threads

fix_threads()
