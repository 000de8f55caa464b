"""The parts of a model file: a structure (a dict, the JSON of the file) and tensors by name.

A layer goes from data to latent space.
"""

import math
import sys

import numpy as np


class Unsupported(ValueError):
    """What the model has and eigenflow does not."""


def array(tensor):
    return tensor.detach().cpu().double().numpy()


# ---- classes, exactly: a derived class may be another function


def library_of(cls):
    return cls.__module__.split(".")[0]


def is_of(thing, library, *names):
    """Whether the thing's very class is a library's own, of one of these names; no library need be imported."""
    cls = type(thing)
    return (cls.__name__ in names and library_of(cls) == library
            and getattr(sys.modules.get(cls.__module__), cls.__name__, None) is cls)


def called(thing):
    """The class of a thing, for messages."""
    cls = type(thing)
    if library_of(cls) in LIBRARIES:
        return f"{possessive(library_of(cls))} {cls.__name__}"
    for base in cls.__mro__[1:]:
        if library_of(base) in LIBRARIES[:-1]:
            return (f"{cls.__module__}.{cls.__name__}, derived from {possessive(library_of(base))} {base.__name__}, "
                    "of which it may have changed a part")
    return f"{cls.__module__}.{cls.__name__}"


LIBRARIES = ("zuko", "nflows", "normflows", "sbi", "FrEIA", "anomalib", "torch")


def possessive(name):
    return name + ("'" if name.endswith("s") else "'s")


# ---- layers


class Layer:
    def __init__(self, structure, tensors=None):
        self.structure, self.tensors = structure, tensors or {}


def context_of(layer):
    """How many columns of context a layer reads."""
    def of(structure):
        inner = [structure[name] for name in ("inverse", "layer") if name in structure] + structure.get("layers", [])
        return max([structure.get("context_dim", 0), *map(of, inner)])
    return of(layer.structure)


def permutation(indices):
    return Layer({"type": "Permutation", "constants": {"indices": [int(i) for i in indices]}})


def inverse(layer):
    if hasattr(layer, "inverse"):
        return layer.inverse()
    if layer.structure["type"] == "Permutation":
        return permutation(np.argsort(layer.structure["constants"]["indices"]))
    if layer.structure["type"] == "Inverse":
        return Layer(layer.structure["inverse"],
                     {name.removeprefix("inverse."): tensor for name, tensor in layer.tensors.items()})
    return Layer({"type": "Inverse", "inverse": layer.structure},
                 {"inverse." + name: tensor for name, tensor in layer.tensors.items()})


def inverses(layers):
    return [inverse(layer) for layer in reversed(layers)]


def standardize(mean, scale):
    if not np.all(np.asarray(scale) > 0):
        raise Unsupported("a fixed scale that is not positive")
    return Layer({"type": "Standardize",
                  "constants": {"mean": list(map(float, mean)), "scale": list(map(float, scale)), "initialised": True}})


def support(dim, low, high="inf"):
    """The logit of an interval, or the logarithm above an edge, for every feature."""
    return Layer({"type": "Support", "constants": {"features": [{"low": low, "high": high, "map": "log"}] * dim}})


def soft_bounded(s, what, bound=20.0):
    """The free number a with a / (1 + |a| / bound) = s."""
    if np.any(np.abs(s) >= bound):
        raise Unsupported(f"{what} has a log-scale beyond {bound}")
    return s / (1 - np.abs(s) / bound)


def act_norm(log_scale, shift):
    """y = exp(log_scale) x + shift."""
    size = len(shift)
    return Layer({"type": "ActNorm", "constants": {"mean": [0.0] * size, "scale": [1.0] * size, "initialised": True}},
                 {"log_scale": soft_bounded(log_scale, "an activation norm"), "shift": shift})


def lu_linear(lower, upper, log_diagonal, bias):
    size = len(bias)
    return Layer({"type": "LuLinear", "permutation": permutation(range(size)).structure, "spread": 0.0},
                 {"lower": lower, "upper": upper, "bias": bias,
                  "log_diagonal": soft_bounded(log_diagonal, "an LU layer")})


def between(order, layers):
    """Layers that see the features in another order."""
    if list(order) == list(range(len(order))):
        return layers
    return [permutation(order), *layers, permutation(np.argsort(order))]


# ---- bases


def standard_normal(dim):
    return Layer({"type": "StandardNormal", "dim": int(dim)})


def diagonal_normal(loc, log_scale):
    if not loc.any() and not log_scale.any():
        return standard_normal(len(loc))
    return Layer({"type": "DiagonalNormal", "dim": len(loc)},
                 {"mean": loc, "log_scale": soft_bounded(log_scale, "the base")})


# ---- transformers: structure, and which of the network's results for a feature each parameter is, times a factor,
# plus an offset: [(source, factor, offset)]


def affine(log_scale, scale_at, shift_at, offset=0.0):
    return {"type": "affine", "log_scale": log_scale}, [(scale_at, 1.0, offset), (shift_at, 1.0, 0.0)]


def shift():
    return {"type": "shift"}, [(0, 1.0, 0.0)]


def soft_clip(bound):
    return {"type": "soft clip", "bound": bound}


def softplus_offset(least):
    """Our softplus scale is one at zero, theirs elsewhere."""
    return -math.log(math.expm1(1 - least))


def sigmoid_scale(largest, least):
    return {"type": "sigmoid", "largest": largest, "least": least}
