"""The table and the plot of what `compare` measured."""

import json
import pathlib
import statistics
import subprocess

from subjects import ENVIRONMENTS, HERE, python_of, run

VERSIONS = """
import importlib.metadata, sys
for name in sys.argv[1:]:
    try:
        print(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        pass
"""


def of_medians(ours, theirs):
    """The median over the rounds of (theirs / ours)."""
    return statistics.median(their / our for our, their in zip(ours, theirs))


def of_minima(ours, theirs):
    return min(theirs) / min(ours)


def fastest(times, us, peers, ratio):
    """Of the fastest of the peers, or None where no peer has this work."""
    return min((ratio(times[us], times[peer]) for peer in peers if peer in times), default=None)


def duration(microseconds):
    for unit, size in [("s", 1e6), ("ms", 1e3), ("µs", 1)]:
        if microseconds >= size or size == 1:
            return f"{microseconds / size:#.3g}".rstrip(".") + f" {unit}"


def label(case):
    task, family, *numbers = case
    if not numbers:
        return family, task, ""
    layers, width, batch, dim = numbers
    return family, task.replace("_", " "), f"{layers} {width} {batch} {dim}" if width else f"{layers} {batch} {dim}"


def print_table(results, ours, peers):
    """A row for each case; ratios are (peer / ours) to the first of ours, and of the fastest peer to each of them."""
    peers = [peer for peer in peers if any(peer in times for _, times in results)]
    heads = ["work", "size"] + ours + peers + [f"fastest peer / {us}: median (of minima)" for us in ours]
    print("\n| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for case, times in results:
        family, task, size = label(case)
        cells = [f"{family}, {task}", size] + [duration(statistics.median(times[us])) for us in ours]
        for peer in peers:
            cells.append(f"{duration(statistics.median(times[peer]))} ({of_medians(times[ours[0]], times[peer]):.2f})"
                         if peer in times else "")
        for us in ours:
            median, minima = (fastest(times, us, peers, ratio) for ratio in (of_medians, of_minima))
            cells.append("" if median is None else f"**{median:.2f}** ({minima:.2f})")
        print("| " + " | ".join(cells) + " |")


def machine(our_workers):
    """One paragraph: the processor, how our workers were built, the versions of the peers."""
    model = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown processor")
    ours = [run(worker, "--about", stdout=subprocess.PIPE).stdout.strip() for worker in our_workers]
    theirs = []
    for name, packages in ENVIRONMENTS.items():
        names = [package.split("==")[0] for package in packages if package != "matplotlib"]
        theirs += run(python_of(name), "-c", VERSIONS, *names, "onnxruntime", stdout=subprocess.PIPE).stdout.splitlines()
    return f"{model}. eigenflow: {'; '.join(ours)}. Peers: {', '.join(theirs)}."


def plot(results, us, peers, path):
    """Draws the ratios with the JAX environment's matplotlib."""
    data = [{"case": label(case), "ratios": {peer: of_medians(times[us], times[peer]) for peer in peers if peer in times}}
            for case, times in results]
    run(python_of("jax"), HERE / "plot.py", path, input=json.dumps({"peers": peers, "data": data}))
