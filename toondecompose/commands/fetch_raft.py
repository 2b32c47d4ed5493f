"""``toondecompose fetch-raft [NAME]``: bring a published checkpoint of RAFT, or list them."""

from __future__ import annotations

import argparse

from third_party.raft.fetch import fetch, listing
from third_party.raft.table import WEIGHTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Bring a published checkpoint of RAFT into the folder of weights, or, without a name, "
        "list which there are and which are here. A download that was cut short goes on where it "
        "stopped, and what arrives is checked."
    )
    parser.add_argument("name", nargs="?", help="name of the checkpoint")


def run(arguments: argparse.Namespace) -> int:
    """Fetch the named checkpoint, or list them.

    Raises
    ------
    UserError
        When there is no such checkpoint, no network, or a wrong file came.
    """
    print(fetch(arguments.name, WEIGHTS) if arguments.name else listing(WEIGHTS))
    return 0
