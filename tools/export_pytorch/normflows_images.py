"""Flows of images of normflows: Glow, of one level or several."""

import math

import numpy as np
import torch

from . import from_normflows, images
from .compose import PerPixel, front
from .conditioned import coupling
from .linear import from_lu, linear
from .networks import Network
from .parts import (Unsupported, act_norm, affine, array, called, diagonal_normal, inverse, inverses, is_of,
                    permutation, standard_normal, standardize, support)


def is_for(model):
    return is_of(model, "normflows", "MultiscaleFlow") or (
        is_of(model, "normflows", "NormalizingFlow", "ClassCondFlow") and len(getattr(model.q0, "shape", ())) == 3)


def split_of(mode, shape):
    """The two parts of an image."""
    channels, height, width = shape
    half = (channels + 1) // 2
    first, second = range(half), range(half, channels)
    if channels == 1 and mode.startswith("channel"):
        raise Unsupported("a split of the channels of an image that has one")
    if mode == "channel":
        return images.split(first, second, height, width)
    if mode == "channel_inv":
        return images.split(second, first, height, width)
    if mode in ("checkerboard", "checkerboard_inv"):
        return images.checkerboard(shape, int(mode == "checkerboard"))
    raise Unsupported(f"the splitting mode {mode}")


def affine_layers(flow, shape):
    part = flow.flows[1]
    transformer, place, scale = from_normflows.transformer_of(part)
    parts = split_of(flow.flows[0].mode, shape)
    given, moved = parts.shapes
    by = np.repeat([1.0, scale], [given[0], moved[0]])
    wrap = lambda layer: [inverse(layer), PerPixel(math.prod(moved[1:]), [standardize(np.zeros(len(by)), by)])]
    net = images.conv_network(part.param_map, *given[1:])
    return images.coupling(parts, transformer, net, place, wrap=wrap if scale != 1 else lambda layer: [inverse(layer)])


def layers_of(flow, shape):
    """The layers of one flow, from data to latent space, on images of a shape."""
    pixels = math.prod(shape[1:])
    if is_of(flow, "normflows", "GlowBlock"):
        return [layer for part in reversed(flow.flows) for layer in layers_of(part, shape)]
    if is_of(flow, "normflows", "AffineCouplingBlock"):
        return affine_layers(flow, shape)
    if is_of(flow, "normflows", "Invertible1x1Conv"):
        if not flow.use_lu:
            return [PerPixel(pixels, linear(array(flow.W)))]
        lower = np.tril(array(flow.L), -1) + np.eye(shape[0])
        upper = np.triu(array(flow.U), 1) + np.diag(array(flow.sign_S) * np.exp(array(flow.log_S)))
        return [PerPixel(pixels, from_lu(array(flow.P), lower, upper))]
    if is_of(flow, "normflows", "AffineConstFlow", "ActNorm"):
        if not getattr(flow, "data_dep_init_done", True):
            raise Unsupported("an ActNorm that has not seen data yet: the first batch sets it")
        s, t = array(flow.s)[0], array(flow.t)[0]
        if s.shape == t.shape == (shape[0], 1, 1):
            return [PerPixel(pixels, [inverse(act_norm(s.reshape(-1), t.reshape(-1)))])]
        s, t = (np.broadcast_to(a, shape).reshape(-1) for a in (s, t))
        return [inverse(act_norm(s, t))]
    if is_of(flow, "normflows", "Permute"):
        return [PerPixel(pixels, from_normflows.layers_of(flow, shape[0]))]
    if is_of(flow, "normflows", "Squeeze"):
        # Channel 4c + 2i + j of the small image has the pixels (2y + i, 2x + j) of channel c.
        channels, height, width = shape
        order = np.arange(math.prod(shape)).reshape(channels, height // 2, 2, width // 2, 2)
        return [permutation(order.transpose(0, 2, 4, 1, 3).reshape(-1))]
    raise Unsupported(f"{called(flow)} on images")


def merged(mode, below, beside):
    """The shape of an image that splits into these."""
    channels, height, width = below
    return (channels, height, 2 * width) if "checkerboard" in mode else (channels + beside[0], height, width)


def levels_of(model):
    """For each level, from latent space to data: the base, the flows, and how the image joins those of lower levels."""
    if not is_of(model, "normflows", "MultiscaleFlow"):
        return [(model.q0, model.flows, None)]
    return list(zip(model.q0, model.flows, [None, *model.merges]))


def flow_of(model):
    """The layers and the base of a flow. The latent images lie one after the other, the last level's last."""
    shape, layers = image_of(model)
    transform = getattr(model, "transform", None)
    if transform is not None:
        layers = transform_layers(transform, shape) + layers
    last, base = base_of([q0 for q0, _, _ in levels_of(model)])
    return layers + last, base


def image_of(model):
    """The shape of the data and the layers."""
    shape, levels = None, []
    for q0, flows, merge in levels_of(model):
        own = tuple(getattr(q0, "shape", ()))
        if len(own) != 3:
            raise Unsupported(f"the base {called(q0)} of the shape {own}, where images are channels × height × width")
        layers = []
        if merge is None:
            shape = own
        else:
            if not is_of(merge, "normflows", "Merge"):
                raise Unsupported(f"{called(merge)} between levels")
            below, shape = shape, merged(merge.mode, shape, own)
            parts = split_of(merge.mode, shape)
            if parts.shapes != (below, own):
                raise Unsupported(f"a level of {own} beside images of {below}: a split of {shape} gives "
                                  f"{parts.shapes[1]} and {parts.shapes[0]}")
            layers = parts.order
        for flow in flows:
            if is_of(flow, "normflows", "Squeeze"):
                shape = shape[0] // 4, 2 * shape[1], 2 * shape[2]
            layers = layers_of(flow, shape) + layers
        levels.append((math.prod(shape), layers))
    return shape, [layer for size, layers in reversed(levels) for layer in front(math.prod(shape), size, layers)]


def transform_layers(transform, shape):
    pixels = math.prod(shape[1:])
    if is_of(transform, "normflows", "Logit"):
        # log(α + β x) - log(1 - α - β x), β = 1 - 2 α
        alpha = transform.alpha
        return [PerPixel(pixels, [support(shape[0], -alpha / (1 - 2 * alpha), (1 - alpha) / (1 - 2 * alpha))])]
    if is_of(transform, "normflows", "Shift"):
        return [PerPixel(pixels, [standardize(np.full(shape[0], -transform.shift), np.ones(shape[0]))])]
    raise Unsupported(f"the transform {called(transform)}")


def base_of(bases):
    """The layers that remain and the base. A class moves the mean and the log-scale linearly."""
    numbers = [numbers_of(q0) for q0 in bases]
    classes = {by_class.shape[-1] for _, _, *both in numbers for by_class in both if by_class is not None}
    loc, log_scale = (np.concatenate([of[i] for of in numbers]) for i in (0, 1))
    if not classes:
        return [], diagonal_normal(loc, log_scale)
    if len(classes) > 1:
        raise Unsupported(f"bases of {sorted(classes)} classes")
    (classes,), dim = classes, len(loc)
    weights = [np.concatenate([np.zeros((len(of[0]), classes)) if of[i] is None else of[i] for of in numbers])
               for i in (2, 3)]
    net = Network("mlp", {"hidden": [], "activation": "relu", "dropout": 0.0, "negative_slope": 0.01},
                  [(np.concatenate(weights), np.concatenate([loc, log_scale]))])
    layers = coupling([], range(dim), affine({"type": "exp"}, scale_at=1, shift_at=0), net, lambda j, i: i * dim + j,
                      classes)
    return inverses(layers), standard_normal(dim)


def numbers_of(q0):
    """The mean and the log-scale of every number of a base, and what each class adds to them: D, and D × classes."""
    wide = lambda a: np.broadcast_to(array(a)[0], q0.shape).reshape(-1)
    by_class = lambda a: np.repeat(array(a).T, math.prod(q0.shape[1:]), axis=0)
    more = None, None
    if is_of(q0, "normflows", "DiagGaussian"):
        loc, log_scale = wide(q0.loc), wide(q0.log_scale)
    elif is_of(q0, "normflows", "GlowBase"):
        loc = wide(q0.loc * torch.exp(q0.loc_logs * q0.logscale_factor))
        log_scale = wide(q0.log_scale * torch.exp(q0.log_scale_logs * q0.logscale_factor))
        if q0.class_cond:
            more = by_class(q0.loc_cc), by_class(q0.log_scale_cc)
    elif is_of(q0, "normflows", "ClassCondDiagGaussian"):
        more = tuple(array(a).reshape(-1, q0.num_classes) for a in (q0.loc, q0.log_scale))
        loc, log_scale = np.zeros((2, len(more[0])))
    else:
        raise Unsupported(f"the base {called(q0)} for images")
    temperature = 1.0 if q0.temperature is None else float(q0.temperature)
    return loc, log_scale + math.log(temperature), *more


def log_prob(model, x, context):
    x = x.reshape(len(x), *image_of(model)[0]).clone()  # a Shift moves its argument
    return model.log_prob(x) if is_of(model, "normflows", "NormalizingFlow") else model.log_prob(x, context)
