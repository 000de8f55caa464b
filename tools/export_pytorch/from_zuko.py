"""Flows of zuko."""

import functools
import math

import numpy as np
import torch
from torch.distributions import transforms as torch_transforms

from .conditioned import autoregressive, coupling, unconditional
from .networks import network
from .parts import (Unsupported, affine, array, called, diagonal_normal, inverse, inverses, is_of, permutation, shift,
                    soft_clip, standardize, support)


def spline(bins, slope, bound):
    options = {"bins": bins, "bound": bound, "min_size": 0.0, "min_slope": slope, "rotate": False,
               "size_bound": -math.log(slope) / 2}
    return ({"type": "spline", "options": options, "slope_map": soft_clip(-math.log(slope))},
            [(i, 1.0, 0.0) for i in range(3 * bins - 1)])


def transformer_of(univariate, shapes):
    keywords = {}
    if type(univariate) is functools.partial:
        if univariate.args:
            raise Unsupported(f"the univariate transformation {univariate}")
        univariate, keywords = univariate.func, dict(univariate.keywords)
    name = getattr(univariate, "__name__", type(univariate).__name__)
    if getattr(univariate, "__module__", None) != "zuko.transforms":
        raise Unsupported(f"the univariate transformation {name}")
    slope = float(keywords.pop("slope", 1e-3))
    bound = float(keywords.pop("bound", 5.0)) if name == "MonotonicRQSTransform" else None
    if keywords:
        raise Unsupported(f"zuko's {name} with {', '.join(keywords)}")
    if name == "MonotonicAffineTransform":
        return affine(soft_clip(-math.log(slope)), scale_at=1, shift_at=0)
    if name == "AdditiveTransform":
        return shift()
    if name == "MonotonicRQSTransform":
        return spline(shapes[0][0], slope, bound)
    raise Unsupported(f"zuko's {name}")


def layers_of(transform, dim):
    if is_of(transform, "zuko", "LazyComposedTransform"):
        return [layer for t in transform.transforms for layer in layers_of(t, dim)]
    if is_of(transform, "zuko", "LazyInverse"):
        return inverses(layers_of(transform.transform, dim))
    if is_of(transform, "zuko", "UnconditionalTransform"):
        return fixed_layers(transform(), dim)
    if is_of(transform, "zuko", "GeneralCouplingTransform", "ElementWiseTransform"):
        transformer = transformer_of(transform.univariate, transform.shapes)
        if hasattr(transform, "phi"):
            parameters = np.concatenate([array(p).reshape(dim, -1) for p in transform.phi], axis=1)
            return [unconditional(range(dim), dim, transformer, parameters)]
        net, total = network(transform.hyper), transform.total
        mask = array(transform.mask) if hasattr(transform, "mask") else np.zeros(dim)
        condition, moved = np.flatnonzero(mask), np.flatnonzero(mask == 0)
        reads = net.layers[0][0].shape[1] - len(condition)
        return coupling(condition, moved, transformer, net, lambda j, i: j * total + i, reads)
    if is_of(transform, "zuko", "MaskedAutoregressiveTransform"):
        net = network(transform.hyper)
        masks = [array(m.mask) for m in transform.hyper if is_of(m, "zuko", "MaskedLinear")]
        return [autoregressive(transformer_of(transform.univariate, transform.shapes), net, masks, dim)]
    raise Unsupported(called(transform))


def fixed_layers(transform, dim):
    """Those of a transformation of torch without a context, from what it takes to what it gives."""
    kind = type(transform)
    if kind is torch_transforms.IndependentTransform:
        return fixed_layers(transform.base_transform, dim)
    if kind is torch_transforms._InverseTransform:
        return inverses(fixed_layers(transform.inv, dim))
    if kind is torch_transforms.ComposeTransform:
        return [layer for part in transform.parts for layer in fixed_layers(part, dim)]
    if kind is torch_transforms.AffineTransform:
        loc, scale = (np.broadcast_to(array(torch.as_tensor(t)), (dim,)) for t in (transform.loc, transform.scale))
        return [standardize(-loc / scale, 1 / scale)]
    if kind is torch_transforms.SigmoidTransform:
        return [inverse(support(dim, 0.0, 1.0))]
    if kind is torch_transforms.ExpTransform:
        return [inverse(support(dim, 0.0))]
    if is_of(transform, "zuko", "PermutationTransform"):
        return [permutation(transform.order.tolist())]
    if is_of(transform, "zuko", "IdentityTransform"):
        return []
    raise Unsupported(called(transform))


def flow_of(model):
    """The layers and the base of a flow."""
    if not is_of(model, "zuko", type(model).__name__) or not {"transform", "base"} <= set(model._modules):
        raise Unsupported(called(model))
    if not is_of(model.base, "zuko", "UnconditionalDistribution"):
        raise Unsupported(f"the base {called(model.base)}")
    base = model.base()
    if not is_of(base, "zuko", "DiagNormal"):
        raise Unsupported(f"the base {called(base)}")
    loc, scale = array(base.base_dist.loc), array(base.base_dist.scale)
    return layers_of(model.transform, len(loc)), diagonal_normal(loc, np.log(scale))


def log_prob(model, x, context):
    return model(context).log_prob(x)
