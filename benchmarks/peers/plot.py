"""Draws the ratios that `compare` measured: one group of bars for each piece of work, on a logarithmic axis."""

import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

given = json.load(sys.stdin)
peers, data = given["peers"], given["data"]
colours = dict(zip(peers, ["#3b528b", "#21918c", "#5ec962", "#b5a426", "#8d6a9f"]))
figure, axes = plt.subplots(figsize=(max(8, 0.75 * len(data)), 4.2), layout="constrained")
width = 0.8 / len(peers)
for i, peer in enumerate(peers):
    places = [k + (i - (len(peers) - 1) / 2) * width for k, group in enumerate(data) if peer in group["ratios"]]
    heights = [group["ratios"][peer] for group in data if peer in group["ratios"]]
    axes.bar(places, heights, width, label=peer, color=colours[peer], zorder=2)
axes.axhline(1, color="black", linewidth=1, zorder=3)
axes.set_yscale("log")
axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}×")
axes.set_xticks(range(len(data)), [group["label"] for group in data], rotation=45, ha="right", fontsize=8)
axes.set_ylabel("time of the peer / time of eigenflow")
axes.grid(axis="y", color="#dddddd", zorder=0)
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False, ncols=len(peers), loc="upper right")
figure.savefig(sys.argv[1], dpi=110)
