"""Compares the exporter's NumPy reading of the golden files with what the models' own libraries said. Needs no torch.

    reading.py GOLDEN
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "export_pytorch"))
from evaluate import Reading, read

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.points.safetensors")):
    points, reading = read(path)[1], Reading.of(path.with_name(path.name.replace(".points", "")))
    x, context, wanted = points["x"], points.get("context"), points["log_prob"].reshape(-1)
    worst = np.max(np.abs(reading.log_prob(x, context) - wanted) / np.maximum(1, np.abs(wanted)))
    z, log_det = reading.forward(x, context)
    back, back_log_det = reading.inverse(z, context)
    there_and_back = max(np.max(np.abs(back - x)), np.max(np.abs(back_log_det + log_det)))
    if not (worst < 1e-10 and there_and_back < 1e-8):
        sys.exit(f"{path.stem}: log p differs by {worst}, the way back by {there_and_back}")
