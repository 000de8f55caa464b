"""Flows of nflows."""

import functools
import math

import numpy as np

from . import durkan
from .context import affine_embedding, fold
from .parts import (Unsupported, act_norm, affine, array, called, diagonal_normal, inverses, is_of, permutation, shift,
                    sigmoid_scale, softplus_offset, standard_normal, standardize)


def layers_of(part, dim):
    layers = functools.partial(layers_of, dim=dim)
    is_a = functools.partial(is_of, part, "nflows")
    if is_a("CompositeTransform"):
        return [layer for t in part._transforms for layer in layers(t)]
    if is_a("InverseTransform"):
        return inverses(layers(part._transform))
    if is_a("IdentityTransform"):
        return []
    if is_a("Permutation", "RandomPermutation", "ReversePermutation"):
        if part._dim != 1:
            raise Unsupported("a permutation of another dimension than the features")
        return [permutation(part._permutation.tolist())]
    if is_a("LULinear"):
        return [durkan.lu(part)]
    if is_a("PiecewiseRationalQuadraticCouplingTransform"):
        return durkan.coupling_of(part, durkan.spline(part, durkan.size_factor(part.transform_net)))
    if is_a("AdditiveCouplingTransform"):
        return durkan.coupling_of(part, shift())
    if is_a("AffineCouplingTransform"):
        default = getattr(type(part), "DEFAULT_SCALE_ACTIVATION", None)  # newer than the first releases
        if getattr(part, "scale_activation", default) is not default:
            raise Unsupported("an AffineCouplingTransform with another scale_activation than its default")
        # sigmoid(u + 2) + 1e-3, between 0.001 and 1.001
        offset = 2 - math.log((1 - 1e-3) / (1.001 - 1))
        return durkan.coupling_of(part, affine(sigmoid_scale(1.001, 1e-3), scale_at=1, shift_at=0, offset=offset))
    if is_a("MaskedAffineAutoregressiveTransform"):
        log_scale = {"type": "softplus", "least": part._epsilon}
        return [durkan.made(part.autoregressive_net,
                            affine(log_scale, scale_at=0, shift_at=1, offset=softplus_offset(part._epsilon)))]
    if is_a("MaskedPiecewiseRationalQuadraticAutoregressiveTransform"):
        net = part.autoregressive_net
        return [durkan.made(net, durkan.spline(part, durkan.size_factor(net)))]
    if is_a("ActNorm"):
        return [act_norm(array(part.log_scale), array(part.shift))]
    if is_a("PointwiseAffineTransform", "AffineTransform"):
        scale = np.broadcast_to(array(part._scale), (dim,))
        return [standardize(-np.broadcast_to(array(part._shift), (dim,)) / scale, 1 / scale)]
    raise Unsupported(called(part))


def flow_of(model):
    """The layers and the base of a flow."""
    if not is_of(model, "nflows", "Flow"):
        raise Unsupported(called(model))
    base = model._distribution
    if is_of(base, "nflows", "StandardNormal"):
        last = standard_normal(base._shape[0])
    elif is_of(base, "nflows", "DiagonalNormal"):
        last = diagonal_normal(array(base.mean_).reshape(-1), array(base.log_std_).reshape(-1))
    else:
        raise Unsupported(f"the base {called(base)}")
    embedding = affine_embedding(model._embedding_net)
    return [fold(layer, embedding) for layer in layers_of(model._transform, last.structure["dim"])], last


def log_prob(model, x, context):
    return model.log_prob(x, context)


def embedding_of(model):
    return affine_embedding(model._embedding_net)
