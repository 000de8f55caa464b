"""Draws the ratios that `compare` measured: a panel for each kind of work, a group of bars for each flow and size."""

import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

TICKS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200]
NAMES = {"jax": "JAX", "flowjax": "FlowJAX", "torch": "PyTorch", "real_nvp": "Real NVP", "maf": "MAF", "log prob": "log_prob"}
COLOURS = ["#2f4b7c", "#21918c", "#e07b39", "#b5a426", "#8d6a9f"]

given = json.load(sys.stdin)
peers = given["peers"]
panels = {}
for entry in given["data"]:
    family, task, size = entry["case"]
    *shape, batch, dim = size.split()
    name = f"{NAMES.get(family, family)}\n{' '.join(shape)}\n{batch} {dim}"  # in lines, so that neighbours keep apart
    panels.setdefault(task, []).append((name, entry["ratios"]))

figure, grid = plt.subplots((len(panels) + 1) // 2, 2, figsize=(13, 3.7 * ((len(panels) + 1) // 2)), sharey=True,
                            squeeze=False, layout="constrained")
width = 0.84 / len(peers)
highest = max(ratio for groups in panels.values() for _, ratios in groups for ratio in ratios.values())
for axes, (task, groups) in zip(grid.flat, panels.items()):
    for i, peer in enumerate(peers):
        bars = [(k + (i - (len(peers) - 1) / 2) * width, ratios[peer]) for k, (_, ratios) in enumerate(groups) if peer in ratios]
        if not bars:
            continue
        axes.bar([place for place, _ in bars], [ratio - 1 for _, ratio in bars], width * 0.92, bottom=1, label=NAMES.get(peer, peer),
                 color=COLOURS[i % len(COLOURS)], zorder=2)
        for place, ratio in bars:
            axes.text(place, ratio * (1.05 if ratio >= 1 else 0.95), f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}",
                      ha="center", va="bottom" if ratio >= 1 else "top", fontsize=7, color="#444444")
    axes.axhline(1, color="black", linewidth=1.2, zorder=3)
    axes.set_yscale("log")
    axes.set_ylim(0.6, highest * 1.6)
    axes.set_yticks([tick for tick in TICKS if 0.6 <= tick <= highest * 1.6])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} ×"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    axes.set_xticks(range(len(groups)), [name for name, _ in groups], fontsize=8)
    axes.tick_params(length=0)
    axes.set_title(NAMES.get(task, task), loc="left", fontweight="bold")
    axes.grid(axis="y", color="#dddddd", zorder=0)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
for axes in list(grid.flat)[len(panels):]:
    axes.set_visible(False)
figure.supylabel("time of the peer / time of eigenflow")
handles, labels = max((axes.get_legend_handles_labels() for axes in grid.flat), key=lambda found: len(found[0]))
figure.legend(handles, labels, frameon=False, ncols=len(peers), loc="outside upper right")
figure.savefig(sys.argv[1], dpi=110)
