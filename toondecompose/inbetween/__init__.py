"""In-betweens: new frames between those of a finished clip, from its layers.

The camera and rigid motion are sampled at the new times (`sampled_motion`), between two drawings
of a sprite new ones are made (`engine`, `flow_engine`, `rife_engine`), and the plates need nothing.
"""
