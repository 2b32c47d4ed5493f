# For the type checker: OpenCV's own stubs lack the None of many arguments, and return arrays of a
# type that indexes nothing. What it takes and gives is any type, then; everything else is checked.
from typing import Any

def __getattr__(name: str) -> Any: ...
