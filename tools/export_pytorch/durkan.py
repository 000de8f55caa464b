"""The parts that nflows and normflows share: the latter took them over from the former's first version."""

import math

import numpy as np
import torch

from .conditioned import autoregressive, coupling, unconditional
from .networks import activation, dense, durkan_blocks, mlp, network, residual_net
from .parts import Unsupported, array, called, is_of, lu_linear, softplus_offset


def spline(part, size_factor):
    bins = part.num_bins if hasattr(part, "num_bins") else part.unnormalized_widths.shape[-1]
    if part.tails != "linear":
        raise Unsupported(f"a spline with tails={part.tails!r}: eigenflow has linear tails")
    if part.min_bin_width != part.min_bin_height:
        raise Unsupported("a spline whose min_bin_width and min_bin_height differ")
    if getattr(part, "enable_identity_init", False):
        raise Unsupported("a spline with enable_identity_init")
    options = {"bins": bins, "bound": float(part.tail_bound), "min_size": part.min_bin_width,
               "min_slope": part.min_derivative, "rotate": False, "size_bound": 0.0}
    source = [(i, size_factor, 0.0) for i in range(2 * bins)]
    source += [(2 * bins + i, 1.0, softplus_offset(part.min_derivative)) for i in range(bins - 1)]
    return ({"type": "spline", "options": options, "slope_map": {"type": "softplus", "least": part.min_derivative}},
            source)


def size_factor(net):
    """Splines divide the sizes of their bins by this of the network's, if it says how wide it is."""
    for name in ("hidden_features", "hidden_channels"):
        if hasattr(net, name):
            return 1 / math.sqrt(getattr(net, name))
    return 1.0


def coupling_of(part, transformer):
    """Spline results lie feature by feature, those of an affine coupling in two halves."""
    condition = part.identity_features.cpu().numpy()
    moved = part.transform_features.cpu().numpy()
    structure, source = transformer
    count = len(source)
    if structure["type"] == "spline":
        place = lambda j, i: j * count + i
    else:
        place = lambda j, i: i * len(moved) + j
    net = part.transform_net
    if is_of(net, "sbi", "ContextSplineMap"):  # of a single feature, which the context alone moves
        net = net.spline_predictor
    net = network(net)
    context = net.layers[0][0].shape[1] - len(condition)
    layers = coupling(condition, moved, transformer, net, place, context)
    if getattr(part, "unconditional_transform", None) is not None:
        cdf = part.unconditional_transform
        if not is_of(cdf, "nflows", "PiecewiseRationalQuadraticCDF") and not is_of(
                cdf, "normflows", "PiecewiseRationalQuadraticCDF"):
            raise Unsupported(f"{called(cdf)} as the unconditional transform of a coupling")
        parameters = np.concatenate([array(cdf.unnormalized_widths), array(cdf.unnormalized_heights),
                                     array(cdf.unnormalized_derivatives)], axis=-1)
        layers.append(unconditional(condition, part.features, spline(cdf, 1.0), parameters))
    return layers


def made(net, transformer):
    if not is_of(net, "nflows", "MADE") and not is_of(net, "normflows", "MADE"):
        raise Unsupported(f"the masked network {called(net)}")
    if getattr(net, "preprocessing", None) is not None and type(net.preprocessing) is not torch.nn.Identity:
        raise Unsupported("a MADE with periodic features")
    blocks = durkan_blocks(net.blocks, "MaskedResidualBlock", "MaskedFeedforwardBlock")
    if any(hasattr(block, "context_layer") for block in blocks):
        raise Unsupported("a MADE of residual blocks with gates on the context: eigenflow's masked networks have no "
                          "gates. Train one with use_residual_blocks=False, or couplings")
    rates = max([block.dropout.p for block in blocks], default=0.0)
    context = getattr(net, "context_layer", None)
    if all(hasattr(block, "linear_layers") for block in blocks) and context is None and blocks:
        result = residual_net(net.initial_layer, [(b.activation, *b.linear_layers) for b in blocks], net.final_layer,
                              rates)
        linear = [net.initial_layer, *(m for b in blocks for m in b.linear_layers), net.final_layer]
    else:
        linear = [net.initial_layer, *(b.linear for b in blocks), net.final_layer]
        if not hasattr(net, "activation") or net.use_residual_blocks:
            raise Unsupported("a masked network without an activation between some layers")
        if rates:
            raise Unsupported("a masked network with dropout between some layers and none between others: give its "
                              "blocks a rate of 0 (it acts in training alone)")
        result = mlp([dense(m) for m in linear], [net.activation, *(b.activation for b in blocks)])
    masks = [array(m.mask) for m in linear]
    dim = masks[0].shape[1]
    if context is not None:
        result, masks = with_context_units(result, masks, *dense(context), net.activation)
    return autoregressive(transformer, result, masks, dim)


def with_context_units(net, masks, weight, bias, function):
    """The network act(x W + b + act(c V + d)) → ..., in which the context has units of its own, as one whose first
    layer has these units and others that carry the features past the activation:

        act(t) - act(-t) = t                         relu, silu, gelu, softplus; leaky relu but for a factor
        tanh(2⁻⁶⁰ t) 2⁶⁰ = t                         to rounding, for |t| < 10⁹
    """
    name, slope = activation(function)
    pairs = {"relu": 1.0, "silu": 1.0, "gelu": 1.0, "softplus": 1.0, "leaky_relu": 1 / (1 + slope)}
    if name in pairs:
        into, out = [1.0, -1.0], [pairs[name], -pairs[name]]
    elif name in ("tanh", "identity"):
        power = 60 if name == "tanh" else 0
        into, out = [2.0**-power], [2.0**power]
    else:
        raise Unsupported(f"a MADE with a context and the activation {name}: its context has units of its own")
    (first, first_bias), mask = net.layers[0], masks[0] > 0
    dim, context, units = mask.shape[1], weight.shape[1], len(bias)
    carried = np.flatnonzero(mask.any(axis=0))
    carriers = [(j, a, b) for j in carried for a, b in zip(into, out)]
    below = np.zeros((units + len(carriers), dim + context))
    above = np.zeros((len(first), units + len(carriers)))
    below[:units, dim:] = weight
    above[:, :units] = np.eye(units)
    reads = np.zeros_like(above)
    reads[:, :units] = np.eye(units)
    for i, (j, a, b) in enumerate(carriers, units):
        below[i, j], above[:, i], reads[:, i] = a, first[:, j] * b, mask[:, j]
    padded = np.concatenate([bias, np.zeros(len(carriers))])
    result = mlp([(below, padded), (above, first_bias), *net.layers[1:]], [function])
    return result, [below != 0, reads, *masks[1:]]


def lu(part):
    diagonal = torch.nn.functional.softplus(part.unconstrained_upper_diag) + part.eps
    return lu_linear(array(part.lower_entries), array(part.upper_entries), np.log(array(diagonal)), array(part.bias))
