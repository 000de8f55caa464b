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
    """Of the fastest of the peers, or None where we or all peers have no time."""
    if us not in times:
        return None
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
    """A row for each case; ratios are (peer / ours) to the first of ours, and of the fastest peer to each of them.

    Who died at a case has the reason in the place of its time.
    """
    peers = [peer for peer in peers if any(peer in times or peer in died for _, times, died in results)]
    heads = ["work", "size"] + ours + peers + [f"fastest peer / {us}: median (of minima)" for us in ours]
    print("\n| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for case, times, died in results:
        family, task, size = label(case)
        cells = [f"{family}, {task}", size]
        for name in ours + peers:
            if name in died:
                cells.append("died: " + died[name].replace("|", "/"))
            elif name not in times:
                cells.append("")
            elif name in peers and ours[0] in times:
                cells.append(f"{duration(statistics.median(times[name]))} ({of_medians(times[ours[0]], times[name]):.2f})")
            else:
                cells.append(duration(statistics.median(times[name])))
        for us in ours:
            median, minima = (fastest(times, us, peers, ratio) for ratio in (of_medians, of_minima))
            cells.append("" if median is None else f"**{median:.2f}** ({minima:.2f})")
        print("| " + " | ".join(cells) + " |")


def machine(our_workers, environments):
    """One paragraph: the processor, how our workers were built, the versions of the peers in the environments."""
    model = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown processor")
    ours = [run(worker, "--about", stdout=subprocess.PIPE).stdout.strip() for worker in our_workers]
    theirs = []
    for name in environments:
        packages = ENVIRONMENTS[name]
        names = [package.split("==")[0] for package in packages if package != "matplotlib"]
        theirs += run(python_of(name), "-c", VERSIONS, *names, "onnxruntime", stdout=subprocess.PIPE).stdout.splitlines()
    return f"{model}. eigenflow: {'; '.join(ours)}." + (f" Peers: {', '.join(theirs)}." if theirs else "")


def plot(results, us, peers, path):
    """Draws the ratios with the JAX environment's matplotlib."""
    data = [{"case": label(case), "ratios": {peer: of_medians(times[us], times[peer]) for peer in peers if peer in times}}
            for case, times, _ in results if us in times]
    run(python_of("jax"), HERE / "plot.py", path, input=json.dumps({"peers": peers, "data": data}))
