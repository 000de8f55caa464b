"""What becomes of a context on its way into a flow: affine maps go into the first weights that read it."""

import numpy as np
from torch import nn

from .networks import dense, is_dense
from .parts import Layer, Unsupported, array, called, is_of


def affine_embedding(net):
    """(A, a) of an embedding net c ↦ A c + a; None where the context passes as it is."""
    if type(net) is nn.Identity:
        return None
    if type(net) is nn.Sequential:
        result = None
        for part in net:
            result = after(affine_embedding(part), result)
        return result
    if is_of(net, "sbi", "Standardize"):
        mean, deviation = np.atleast_1d(array(net._mean)), np.atleast_1d(array(net._std))
        mean, deviation = np.broadcast_arrays(mean, deviation)
        return 1 / deviation, -mean / deviation
    if is_dense(net):
        return dense(net)
    raise Unsupported(f"{called(net)} as an embedding net: eigenflow reads the context itself, or an affine map of it")


def after(second, first):
    """One affine map after another. A map of each column by itself has a vector for A."""
    if first is None or second is None:
        return second if first is None else first
    (b, c), (a, d) = second, first
    if b.ndim == 1:
        return (b[:, None] * a if a.ndim == 2 else b * a), b * d + c
    return b * a[None, :] if a.ndim == 1 else b @ a, b @ np.broadcast_to(d, b.shape[1]) + c


def fold(layer, embedding):
    """The layer that reads c where this one reads A c + a."""
    if layer.structure["type"] == "Inverse":
        inner = Layer(layer.structure["inverse"],
                      {name.removeprefix("inverse."): tensor for name, tensor in layer.tensors.items()})
        inner = fold(inner, embedding)
        return Layer({"type": "Inverse", "inverse": inner.structure},
                     {"inverse." + name: tensor for name, tensor in inner.tensors.items()})
    context = layer.structure.get("context_dim", 0)
    if embedding is None or context == 0:
        return layer
    first = layer.structure.get("split", 0)  # the context comes before an autoregressive layer's features
    a, shift = embedding
    if a.ndim == 1:
        a = np.diag(np.broadcast_to(a, context))
    shift = np.broadcast_to(shift, context)
    structure, tensors = {**layer.structure, "context_dim": a.shape[1]}, dict(layer.tensors)

    def into(name, first):
        """Into a dense layer that reads the context from its input number `first` on."""
        weight, bias = tensors[f"conditioner.{name}.weight"], tensors[f"conditioner.{name}.bias"]
        rows = weight[first:first + context]
        tensors[f"conditioner.{name}.weight"] = np.concatenate([weight[:first], a.T @ rows, weight[first + context:]])
        tensors[f"conditioner.{name}.bias"] = bias + shift @ rows

    into(0, first)
    if structure["options"].get("gates", 0):
        structure["options"] = {**structure["options"], "gates": a.shape[1]}
        for block in range(structure["options"]["blocks"]):
            into(f"gate{block}", 0)
    return Layer(structure, tensors)
