"""An original cartoon clip with exact truth, drawn by seeded code.

>>> clip = render_clip(ClipSpec(frames=4, width=160, height=96))
>>> clip.frame(0).shape, clip.alpha(0).shape
((96, 160, 3), (96, 160))
"""

from data.violet.scene import Clip, ClipSpec, render_clip

__all__ = ["Clip", "ClipSpec", "render_clip"]
