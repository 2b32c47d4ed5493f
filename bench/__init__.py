"""Commands that measure results: figures against truth, contact sheets, time and memory."""
