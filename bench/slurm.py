"""Run clips on a Slurm of one's own on this machine, and compare them with a local run.

    apt install slurm-wlm munge
    pip install 'toondecompose[slurm]'
    python -m bench.slurm --clips 8 --out /tmp/slurm

Sets up munge on a private socket, a controller and two nodes on loopback, writes
/etc/slurm/slurm.conf (the plugin drops SLURM_CONF, so the file has to be there; one that somebody
else wrote is left alone, and nothing is run), submits the clips with ``profiles/slurm``, drains a
node while they run, and looks whether every result has the bytes of the local run. All processes
that it started are ended by their numbers. Needs to be root; for a machine that is no cluster.
Status 0: all results are equal.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.trials import Trial, differing

CONFIG = Path("/etc/slurm/slurm.conf")
"""Where the programs of Slurm look."""

MARK = "# written by bench/slurm.py"

PORT = 17010
"""Of the controller; those of the nodes follow."""

TEXT = """{mark}
ClusterName=bench
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
MinJobAge=3600
ReturnToService=2
MpiDefault=none
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=2 \
RealMemory=16000 State=UNKNOWN
PartitionName=main Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""


def main() -> int:
    """Run everything; print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--out", type=Path, required=True, help="a folder that is made anew")
    given = parser.parse_args()
    if CONFIG.exists() and not CONFIG.read_text().startswith(MARK):
        raise SystemExit(f"{CONFIG} is there already: this machine has a Slurm of its own")
    # Also when this is ended from outside, the processes that it started are.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    shutil.rmtree(given.out, ignore_errors=True)
    names = tuple(f"clip{number}" for number in range(given.clips))
    local = Trial.make(given.out.resolve() / "local", names)
    status, output = local.run()
    if status:
        raise SystemExit(f"the local run failed:\n{output}")
    remote = Trial.make(given.out.resolve() / "remote", names)
    with cluster(given.out.resolve() / "cluster"):
        start = time.monotonic()
        process = remote.start(
            *("--profile", "profiles/slurm", "--slurm-status-command", "squeue"),
            *("--default-resources", "slurm_partition=main"),
            cores=None,
        )
        drained = drain_when_busy(process)
        output, _ = process.communicate(timeout=3600)
        seconds = time.monotonic() - start
    wrong = {name: differing(remote.results(name), local.results(name)) for name in names}
    wrong = {name: which for name, which in wrong.items() if which}
    if process.returncode:
        print(output)
    print(
        f"{len(names)} clips, node {drained} drained meanwhile: status "
        f"{process.returncode} after {seconds:.0f} s, {len(wrong)} clips differ {wrong or ''}"
    )
    return 1 if wrong or process.returncode or not drained else 0


@contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """Start munge, a controller and two nodes; end them afterwards."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "state").mkdir()
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o400)
    host = os.uname().nodename
    text = TEXT.format(
        mark=MARK, host=host, port=PORT, first=PORT + 1, last=PORT + 2, folder=folder
    )
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(text)
    munge = ["munged", "--foreground", "--force", "--socket", f"{folder}/munge.socket"]
    munge += ["--key-file", f"{folder}/munge.key", "--pid-file", f"{folder}/munge.pid"]
    munge += ["--log-file", f"{folder}/munge.log", "--seed-file", f"{folder}/munge.seed"]
    commands = [munge, ["slurmctld", "-D"], *(["slurmd", "-D", "-N", n] for n in ("n1", "n2"))]
    started: list[subprocess.Popen[bytes]] = []
    try:
        for number, command in enumerate(commands):
            with (folder / f"{number}.log").open("wb") as log:
                started.append(subprocess.Popen(command, stdout=log, stderr=log))
            time.sleep(2)
            if started[-1].poll() is not None:
                words = (folder / f"{number}.log").read_text()
                raise SystemExit(f"{command[0]} did not start:\n{words}")
        wait_for_nodes()
        yield
    finally:
        for process in reversed(started):
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        CONFIG.unlink(missing_ok=True)


def wait_for_nodes() -> None:
    """Wait until both nodes take jobs."""
    patience = time.monotonic() + 60
    while _said("sinfo", "-h", "-N", "-t", "idle", "-o", "%N").split() != ["n1", "n2"]:
        if time.monotonic() > patience:
            raise SystemExit(f"the nodes do not come up:\n{_said('scontrol', 'show', 'node')}")
        time.sleep(1)


def drain_when_busy(process: subprocess.Popen[str]) -> str | None:
    """Drain the first node on which a job runs; return its name, None where no job ever ran."""
    while process.poll() is None:
        busy = _said("squeue", "-h", "-t", "running", "-o", "%N").split()
        if busy:
            _said("scontrol", "update", f"nodename={busy[0]}", "state=drain", "reason=bench")
            return busy[0]
        time.sleep(1)
    return None


def _said(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


if __name__ == "__main__":
    sys.exit(main())
