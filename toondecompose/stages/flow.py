"""Flow stage: the motion of every pixel to frames nearby.

Reads ``frame/all_frames.npy``; writes ``flow/<A>T<B>.npy``, the flow from frame A to frame B, and
``flow/<A>T<B>.png``, the same in normal-ball colours.
"""

import numpy as np

from toondecompose.artifacts import ClipFolder
from toondecompose.optical_flow import DisOptions, estimate_flow, pairs
from toondecompose.pictures import flow_picture
from toondecompose.settings import FlowSettings
from toondecompose.stage import run_stage, threads
from toondecompose.terminal import Progress


def main(clip: ClipFolder, settings: FlowSettings, progress: Progress) -> None:
    """Estimate and write the flow of every pair of frames."""
    frames = clip.read_npy("frame/all_frames.npy", mmap=True)
    wanted = pairs(len(frames))

    def write(item: tuple[tuple[int, int], np.ndarray]) -> None:
        (a, b), flow = item
        clip.write_npy(f"flow/{a}T{b}.npy", flow)
        clip.write_png(f"flow/{a}T{b}.png", flow_picture(flow))

    flows = estimate_flow(frames, wanted, dis=DisOptions(workers=threads()))
    progress.map(write, flows, "flows", total=len(wanted), workers=threads())


if __name__ == "__main__":
    run_stage("flow", main, FlowSettings)
