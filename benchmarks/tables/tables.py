"""The tables that the command is judged on: real ones, and made ones that are hard for flows.

Columns on a grid (whole numbers, rounded decimals) are spread evenly over their steps, the same noise for every model:
on the grid itself a density wins by spikes.
"""

import csv
import os

import numpy as np


def spread(x, rng):
    """Each column with many repeated values, spread over the smallest step between its values."""
    x = x.copy()
    for j in range(x.shape[1]):
        values = np.unique(x[:, j])
        if len(values) < 2 or len(values) > 0.5 * len(x):
            continue
        step = np.diff(values)
        step = step[step > 1e-9 * (values[-1] - values[0])].min()
        x[:, j] += step * (rng.uniform(size=len(x)) - 0.5)
    return x


def read_csv(path):
    with open(path) as file:
        rows = [row for row in csv.reader(file)]
    numbers = []
    for row in rows[1:]:
        cells = []
        for cell in row:
            try:
                cells.append(float(cell))
            except ValueError:
                cells.append(np.nan)
        numbers.append(cells)
    x = np.array(numbers)
    x = x[:, ~np.isnan(x).all(axis=0)]
    return x[~np.isnan(x).any(axis=1)]


def made(rng):
    a = rng.normal(size=(50, 50))
    yield "normal_50", rng.normal(size=(2000, 50)) @ a
    yield "heavy_tails", np.column_stack(
        [rng.standard_t(2, size=3000), rng.standard_cauchy(3000) * 3, rng.normal(size=3000), rng.lognormal(size=3000)])
    n = rng.poisson(6, size=(3000, 2))
    yield "integers", np.column_stack([n, n.sum(axis=1) + rng.poisson(2, 3000), rng.normal(size=3000) + 0.5 * n[:, 0]])
    z = rng.normal(size=(1500, 4))
    yield "near_collinear", np.column_stack([z, z @ rng.normal(size=(4, 4)) + 1e-3 * rng.normal(size=(1500, 4))])


def tables(data):
    """(name, training rows, test rows), of a folder with small/*.csv and adbench/*.npz."""
    rng = np.random.default_rng(1)
    raw = []
    for folder, read in (("small", read_csv), ("adbench", lambda path: np.load(path)["X"].astype(float))):
        path = os.path.join(data, folder)
        for name in sorted(os.listdir(path)):
            if name.endswith((".csv", ".npz")):
                raw.append((name.rsplit(".", 1)[0].split("_")[-1], read(os.path.join(path, name))))
    raw.extend(made(rng))
    for name, x in raw:
        x = spread(x, rng)
        x = x[:, x.std(axis=0) > 0]
        order = rng.permutation(len(x))
        count = max(len(x) // 10, 50)
        yield name, x[order[count:]], x[order[:count]]
