"""A golden file of parts that no exporter writes, computed with torch's convolutions: see build.py."""

import json
import math

import numpy as np
import torch
from safetensors.numpy import save_file
from torch.nn import functional as F


def save(arrays, path, metadata=None):
    save_file({name: np.ascontiguousarray(array.numpy()) for name, array in arrays.items()}, path, metadata)


def build(out):
    torch.manual_seed(5)
    height, width, numbers, tensors = 4, 4, 2, {}

    def conv(prefix, x, channels, side, mode):
        weight = torch.randn(channels, x.shape[1], side, side) / math.sqrt(x.shape[1] * side**2)
        bias, margin = 0.1 * torch.randn(channels), side // 2
        tensors[prefix + "weight"] = weight.permute(0, 2, 3, 1).reshape(channels, -1)
        tensors[prefix + "bias"] = bias
        return F.conv2d(F.pad(x, (margin,) * 4, mode=mode), weight, bias)

    def options(**own):
        return {"height": height, "width": width, "dropout": 0.0, "negative_slope": 0.01, "broadcast": numbers,
                **own}

    x, context = torch.randn(32, 32), torch.randn(32, numbers)
    planes = context[:, :, None, None].expand(-1, -1, height, width)
    affine = {"type": "affine", "log_scale": {"type": "soft clip", "bound": 1.0}}
    # A residual network on periodic images, for which a layer is computed again.
    given, moved = x[:, :16].reshape(32, 1, 4, 4), x[:, 16:]
    h = conv("0.layer.conditioner.0.", torch.cat([given, planes], 1), 5, 3, "circular")
    inner = conv("0.layer.conditioner.1.", F.silu(h), 5, 3, "circular")
    h = h + conv("0.layer.conditioner.2.", F.silu(inner), 5, 3, "circular")
    a, t = conv("0.layer.conditioner.3.", h, 2, 3, "circular").reshape(32, 2, 16).unbind(1)
    s = a / (1 + a.abs())
    z, log_det = torch.cat([x[:, :16], moved * s.exp() + t], 1), s.sum(1)
    first = {"type": "Coupling<affine, conv residual net>", "dim": 32, "split": 16, "transformer": affine,
             "context_dim": numbers, "options": options(channels=5, blocks=1, kernel=3, padding="circular",
                                                        activation="silu", checkerboard="all")}
    # A checkerboard: black pixels given the white ones.
    white = (np.indices((4, 4)).sum(0) % 2 == 0).reshape(-1)
    order = [int(c * 16 + p) for colour in (True, False) for c in range(2) for p in np.flatnonzero(white == colour)]
    z = z[:, order]
    image = torch.zeros(32, 2, 16)
    image[:, :, white] = z[:, :16].reshape(32, 2, 8)
    h = conv("2.conditioner.0.", torch.cat([image.reshape(32, 2, 4, 4), planes], 1), 6, 3, "constant")
    shift = conv("2.conditioner.1.", F.elu(h), 2, 1, "constant").reshape(32, 2, 16)[:, :, ~white]
    z = torch.cat([z[:, :16], z[:, 16:] + shift.reshape(32, 16)], 1)
    second = {"type": "Coupling<shift, conv net>", "dim": 32, "split": 16, "transformer": {"type": "shift"},
              "context_dim": numbers, "options": options(hidden=[6], kernels=[3, 1], padding="zero", activation="elu",
                                                         checkerboard="even")}
    # The first half alone.
    scale = torch.tensor([0.5, 2.0])
    z = torch.cat([z[:, :16].reshape(32, 2, 8) / scale[:, None], z[:, 16:].reshape(32, 2, 8)], 1).reshape(32, 32)
    log_det = log_det - 8 * scale.log().sum()
    scaled = {"type": "Standardize", "constants": {"mean": [0.0, 0.0], "scale": scale.tolist(), "initialised": True}}
    third = {"type": "Front", "dim": 32, "layer": {"type": "Stack", "layers": [
        {"type": "PerPixel", "pixels": 8, "layer": scaled}]}}
    architecture = {"scalar": "double", "features": 32, "context": numbers, "layers": [
        {"type": "Recompute", "layer": first}, {"type": "Permutation", "constants": {"indices": order}}, second, third],
        "base": {"type": "StandardNormal", "dim": 32}}
    save(tensors, out / "hand_images.safetensors", {"format": "eigenflow", "format_version": "1", "library_version":
                                                    "build.py", "architecture": json.dumps(architecture)})
    log_prob = log_det - 0.5 * (z**2 + math.log(2 * math.pi)).sum(1)
    save({"x": x, "context": context, "z": z, "log_det": log_det, "log_prob": log_prob},
         out / "hand_images.points.safetensors")
