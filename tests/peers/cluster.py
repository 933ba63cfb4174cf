"""Compute an experiment on a Dask cluster of two workers, one of which is killed on the way.

    python tests/peers/cluster.py

It needs the extra `cluster`. The file of the results has to be the one that this process computes alone.
"""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from distributed import Client, LocalCluster
from experiments import cluster
from toy_lab import ToyLab

from initlab_book import computing


def compute(lab):
    """The bytes of the results, computed anew."""
    shutil.rmtree(lab.cells, ignore_errors=True)
    if errors := computing.run([lab.experiment], lab.cells, jobs=1):
        sys.exit("\n".join(errors))
    return lab.results.read_bytes()


def kill(worker, lab, begun):
    """Kill a worker when `begun` more cells have begun: both are at work then."""
    begun += len(lab.calls())
    while len(lab.calls()) < begun:
        time.sleep(0.02)
    os.kill(worker, signal.SIGKILL)


def main():
    with tempfile.TemporaryDirectory() as folder:
        lab = ToyLab(folder, "toy", pause=0.3)
        alone = compute(lab)
        cells = len(lab.calls())
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as two:
            with Client(two.scheduler_address) as client:
                workers = list(client.run(os.getpid).values())
            threading.Thread(target=kill, args=(workers[0], lab, 4), daemon=True).start()
            with cluster(two.scheduler_address):
                together = compute(lab)
        again = len(lab.calls()) - 2 * cells
        print(f"{cells} cells on {len(workers)} workers; one was killed, {again} cells were computed again")
        if again < 1:
            sys.exit("The worker was killed too late to lose anything.")
        if together != alone:
            sys.exit("The results of the cluster are not those of one process.")


if __name__ == "__main__":
    main()
