"""What is RAFT's and not ours: its published checkpoints, and the names in their files."""
