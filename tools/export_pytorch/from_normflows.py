"""Flows of normflows, which go from latent space to data."""

import math

import numpy as np
import torch

from . import durkan, normflows_images
from .conditioned import coupling
from .networks import Network, network
from .parts import (Layer, Unsupported, act_norm, affine, array, called, context_of, diagonal_normal, inverse, inverses,
                    is_of, permutation, shift, sigmoid_scale, soft_bounded, standardize)


def split_of(mode, dim):
    half = (dim + 1) // 2
    first, second = list(range(half)), list(range(half, dim))
    if mode == "channel":
        return first, second
    if mode == "channel_inv":
        return second, first
    if dim % 2:
        raise Unsupported(f"the splitting mode {mode} of an odd number of features")
    if mode == "checkerboard":
        return list(range(1, dim, 2)), list(range(0, dim, 2))
    if mode == "checkerboard_inv":
        return list(range(0, dim, 2)), list(range(1, dim, 2))
    raise Unsupported(f"the splitting mode {mode}")


def transformer_of(part):
    """The transformer from latent space to data, the place of number i of feature j among the network's results, and
    a scale by which z₂ is divided behind our inverse: x₂ = z₂ s + t with s = ours / scale."""
    if not is_of(part, "normflows", "AffineCoupling"):
        raise Unsupported(called(part))
    if not part.scale:
        return shift(), lambda j, i: j, 1.0
    # Ours is (1 + e⁻²) sigmoid(u + 2), one at zero.
    factor = 1 + math.exp(-2)
    sigmoid = sigmoid_scale(factor, 0.0)
    scales = {"exp": ({"type": "exp"}, 1.0), "sigmoid": ({"type": "reciprocal sigmoid", "map": sigmoid}, factor),
              "sigmoid_inv": (sigmoid, 1 / factor)}
    if part.scale_map not in scales:
        raise Unsupported(f"the scale map {part.scale_map}")
    log_scale, by = scales[part.scale_map]
    return affine(log_scale, scale_at=1, shift_at=0), lambda j, i: 2 * j + i, by


def affine_layers(flow, dim):
    part = flow.flows[1]
    transformer, place, scale = transformer_of(part)
    condition, moved = split_of(flow.flows[0].mode, dim)
    layers = inverses(coupling(condition, moved, transformer, network(part.param_map), place))
    by = np.ones(dim)
    by[moved] = scale
    return layers if scale == 1 else layers + [standardize(np.zeros(dim), by)]


def side_by_side(nets):
    """Networks of one depth and activation as one, whose results are theirs one after the other."""
    shapes = {(len(n.layers), n.options["activation"], n.options["negative_slope"]) for n in nets}
    if len(shapes) > 1 or any(n.kind != "mlp" for n in nets):
        raise Unsupported("a scale and a shift by networks of different depth or activation")
    layers = []
    for i, parts in enumerate(zip(*(n.layers for n in nets))):
        bias = np.concatenate([b for _, b in parts])
        if i == 0 and len(nets[0].layers) >= 1:
            weight = np.concatenate([w for w, _ in parts])
        else:
            weight = np.zeros((len(bias), sum(w.shape[1] for w, _ in parts)))
            row = column = 0
            for w, _ in parts:
                weight[row:row + w.shape[0], column:column + w.shape[1]] = w
                row, column = row + w.shape[0], column + w.shape[1]
        layers.append((weight, bias))
    options = dict(nets[0].options, hidden=[len(b) for _, b in layers[:-1]])
    return Network("mlp", options, layers)


def masked_affine_layers(flow):
    mask = array(flow.b).reshape(-1)
    condition, moved = np.flatnonzero(mask), np.flatnonzero(mask == 0)
    dim = len(mask)
    nets = [None if n is torch.zeros_like else network(n) for n in (flow.s, flow.t)]
    if not any(nets):
        return []
    for i in (0, 1):  # a map that is absent gives zero
        if nets[i] is None:
            other = nets[1 - i]
            layers = [(0 * w, 0 * b) for w, b in other.layers]
            nets[i] = Network("mlp", dict(other.options), layers)
    net = side_by_side(nets)
    weight, bias = net.layers[0]
    net.layers[0] = weight[:, condition], bias  # the others come as zeros
    transformer = affine({"type": "exp"}, scale_at=0, shift_at=1)
    layers = coupling(condition, moved, transformer, net, lambda j, i: i * dim + moved[j])
    return inverses(layers)


def layers_of(flow, dim):
    """The layers of one flow, from data to latent space."""
    if is_of(flow, "normflows", "AffineCouplingBlock"):
        return affine_layers(flow, dim)
    if is_of(flow, "normflows", "MaskedAffineFlow"):
        return masked_affine_layers(flow)
    if is_of(flow, "normflows", "Permute"):
        if flow.mode == "shuffle":
            return [permutation(flow.inv_perm.tolist())]
        half = (dim + 1) // 2
        return [permutation([*range(half, dim), *range(half)])]
    if is_of(flow, "normflows", "LULinearPermute"):
        inner = flow.permutation, flow.linear
        if not is_of(inner[0], "normflows", "_RandomPermutation") or not is_of(inner[1], "normflows", "_LULinear"):
            raise Unsupported(" and ".join(map(called, inner)))
        return [permutation(inner[0]._permutation.tolist()), durkan.lu(inner[1])]
    if is_of(flow, "normflows", "AffineConstFlow", "ActNorm"):
        if not getattr(flow, "data_dep_init_done", True):
            raise Unsupported("an ActNorm that has not seen data yet: the first batch sets it")
        size = (dim,)
        return [inverse(act_norm(array(flow.s).reshape(size), array(flow.t).reshape(size)))]
    if is_of(flow, "normflows", "CoupledRationalQuadraticSpline", "AutoregressiveRationalQuadraticSpline"):
        if is_of(flow, "normflows", "CoupledRationalQuadraticSpline"):
            part = flow.prqct
            if not is_of(part, "normflows", "PiecewiseRationalQuadraticCoupling"):
                raise Unsupported(called(part))
            return durkan.coupling_of(part, durkan.spline(part, durkan.size_factor(part.transform_net)))
        part = flow.mprqat
        if not is_of(part, "normflows", "MaskedPiecewiseRationalQuadraticAutoregressive"):
            raise Unsupported(called(part))
        net = part.autoregressive_net
        return [durkan.made(net, durkan.spline(part, durkan.size_factor(net)))]
    if is_of(flow, "normflows", "Planar"):
        u, w, b = array(flow.u).reshape(-1), array(flow.w).reshape(-1), array(flow.b).reshape(-1)
        # softplus(wᵀu) is their 1 + wᵀû, and ours softplus(wᵀu + ln(e - 1)).
        u = u - math.log(math.e - 1) * w / (w @ w)
        structure = {"type": f"Planar, h = {flow.act}", "dim": dim, "h": {"type": flow.act}}
        if flow.act == "leaky_relu":
            structure["h"]["negative_slope"] = float(flow.h.negative_slope)
        return [inverse(Layer(structure, {"u": u, "w": w, "b": b.reshape(())}))]
    if is_of(flow, "normflows", "Radial"):
        alpha = max(abs(float(array(flow.alpha).reshape(()))), 1e-150)
        free = alpha + math.log(-math.expm1(-alpha))  # softplus⁻¹
        return [inverse(Layer({"type": "Radial", "dim": dim},
                              {"x0": array(flow.z_0).reshape(-1), "alpha": np.array(free),
                               "beta": array(flow.beta).reshape(())}))]
    raise Unsupported(called(flow))


def flow_of(model):
    """The layers and the base of a flow."""
    if normflows_images.is_for(model):
        return normflows_images.flow_of(model)
    if not is_of(model, "normflows", "NormalizingFlow", "ConditionalNormalizingFlow"):
        raise Unsupported(called(model))
    base = model.q0
    if is_of(base, "normflows", "DiagGaussian"):
        temperature = 1.0 if base.temperature is None else float(base.temperature)
        log_scale = array(base.log_scale).reshape(-1) + math.log(temperature)
        last = diagonal_normal(array(base.loc).reshape(-1), log_scale)
    elif is_of(base, "normflows", "GaussianMixture"):
        log_scale = soft_bounded(array(base.log_scale)[0].T, "the base")
        last = Layer({"type": "GaussianMixture", "dim": int(base.dim), "components": int(base.n_modes)},
                     {"logits": array(base.weight_scores).reshape(-1), "mean": array(base.loc)[0].T,
                      "log_scale": log_scale})
    else:
        raise Unsupported(f"the base {called(base)}")
    dim = last.structure["dim"]
    layers = [layer for flow in reversed(model.flows) for layer in layers_of(flow, dim)]
    if is_of(model, "normflows", "NormalizingFlow") and any(context_of(layer) for layer in layers):
        raise Unsupported("a NormalizingFlow with a layer that reads a context: normflows gives layers a context in a "
                          "ConditionalNormalizingFlow alone")
    return layers, last


def log_prob(model, x, context):
    if normflows_images.is_for(model):
        return normflows_images.log_prob(model, x, context)
    return model.log_prob(x) if context is None else model.log_prob(x, context)


def generated(model, z):
    """The points of z and their densities: the way that flows without an inverse go."""
    x, log_det = model.forward_and_log_det(z)
    return x, model.q0.log_prob(z) - log_det
