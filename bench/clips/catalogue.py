"""Every clip of the benchmark, and the groups they are in."""

from bench.clips.films import MOVING
from bench.clips.limited import LIMITED

SPECS = (*MOVING, *LIMITED)
"""Every clip, in the order of the table."""

GROUPS = tuple(dict.fromkeys(spec.group for spec in SPECS))
"""The groups: ``moving``, where much moves, and ``limited``, the plainest shots of television."""
