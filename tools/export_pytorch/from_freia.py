"""Flows of FrEIA: sequences of AllInOneBlocks, also of anomalib's copy of it, on vectors and on images.

The stages of FastFlow are such flows. FrEIA leaves the base to its user: here it is the standard normal."""

import math

import numpy as np

from . import images
from .compose import PerPixel
from .conditioned import coupling
from .linear import householder, linear
from .networks import network
from .parts import Unsupported, act_norm, array, called, inverses, is_of, standard_normal


def block_layers(block, shape):
    if not is_of(block, "FrEIA", "AllInOneBlock") and not is_of(block, "anomalib", "AllInOneBlock"):
        raise Unsupported(f"{called(block)} in a SequenceINN: eigenflow reads AllInOneBlocks")
    if block.GIN:
        raise Unsupported("an AllInOneBlock with gin_block=True, whose log-scales add up to zero: train it without")
    if not block.clamp > 0:
        raise Unsupported(f"an AllInOneBlock with affine_clamping={block.clamp}: give a positive number")
    first, second = block.splits
    if second == 0:
        raise Unsupported("an AllInOneBlock of one channel, whose coupling has nothing to transform")
    log_scale = np.log(array(block.global_scale_activation(block.global_scale)).reshape(-1))
    mixing, back = mixing_layers(block)
    context = block.condition_channels
    # e^(clamp tanh(a)) with a = a tenth of the network's, which gives all log-scales before the shifts.
    transformer = ({"type": "affine", "log_scale": {"type": "tanh bound", "bound": float(block.clamp)}},
                   [(0, 0.1 * block.clamp, 0.0), (1, 0.1, 0.0)])
    given, moved = list(range(first)), list(range(first, first + second))
    place = lambda j, i: i * second + j
    if len(shape) == 1:
        layers = coupling(given, moved, transformer, network(block.subnet), place, context)
        on_channels = lambda layers: layers
    else:
        net = images.conv_network(block.subnet, *shape[1:])
        layers = images.coupling(images.split(given, moved, *shape[1:]), transformer, net, place, context)
        on_channels = lambda layers: [PerPixel(math.prod(shape[1:]), layers)]
    before = on_channels(back) if block.reverse_pre_permute else []
    return [*before, *layers, *on_channels([act_norm(log_scale, array(block.global_offset).reshape(-1)), *mixing])]


def mixing_layers(block):
    """The channels in another order, or mixed, and back."""
    if not block.householder:
        size = block.in_channels
        return [linear(array(w).reshape(size, size)) for w in (block.w_perm, block.w_perm_inv)]
    # w₀ H₁ H₂ ... x: the last reflection comes first.
    there = [householder(array(block.vk_householder)[::-1]), *linear(array(block.w_0))]
    return there, inverses(there)


def notes_of(model):
    """The shape of images, which `eigenflow score --maps` reads."""
    shape = model.shapes[0]
    return {"image": "x".join(map(str, shape)), "image_flow": "fast_flow"} if len(shape) == 3 else {}


def flow_of(model):
    """The layers and the base of a flow."""
    if not is_of(model, "FrEIA", "SequenceINN"):
        raise Unsupported(f"{called(model)}: give a SequenceINN")
    shape = model.shapes[0]
    if len(shape) not in (1, 3):
        raise Unsupported(f"a SequenceINN of the shape {tuple(shape)}: eigenflow has vectors, and images of channels × "
                          "height × width")
    if len({condition for condition in model.conditions if condition is not None}) > 1:
        raise Unsupported("a SequenceINN whose blocks read several conditions: eigenflow has one context. Join them")
    layers = [layer for block in model.module_list for layer in block_layers(block, shape)]
    return layers, standard_normal(math.prod(shape))


def log_prob(model, x, context):
    shape = model.shapes[0]
    condition = None
    if context is not None:
        condition = [context.reshape(len(x), -1, *shape[1:])] * (1 + max(i for i in model.conditions if i is not None))
    z, log_det = model(x.reshape(-1, *shape), c=condition)
    z = (z[0] if model.force_tuple_output else z).reshape(len(x), -1)
    return log_det - 0.5 * (z**2).sum(dim=1) - 0.5 * z.shape[1] * math.log(2 * math.pi)
