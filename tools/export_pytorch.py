"""Turns a flow of PyTorch into a model file of eigenflow.

    from export_pytorch import export
    export(model, "moons.safetensors")            # a zuko, nflows or normflows model object

    // C++
    auto flow = eigenflow::load_flow<double>("moons.safetensors");

The file gives the same densities, to rounding. What eigenflow has no part for is refused with an Unsupported error
that names it. Needs torch and safetensors; this one file may be copied anywhere.

Every function below maps one class of a library to a layer: its structure (a dict, the JSON of the file) and its
tensors by name. A layer here goes from data to latent space.
"""

import functools
import json
import math

import numpy as np
import torch
from safetensors.numpy import save_file

FORMAT_VERSION = "1"


class Unsupported(ValueError):
    """What the model has and eigenflow does not."""


def array(tensor):
    return tensor.detach().cpu().double().numpy()


def library_of(thing):
    return type(thing).__module__.split(".")[0]


def is_a(thing, *names):
    """Whether one of the thing's classes is called so: no library need be imported."""
    return any(cls.__name__ in names for cls in type(thing).__mro__)


# ---- the parts of a file


class Layer:
    def __init__(self, structure, tensors=None):
        self.structure, self.tensors = structure, tensors or {}


def permutation(indices):
    return Layer({"type": "Permutation", "constants": {"indices": [int(i) for i in indices]}})


def inverse(layer):
    return Layer({"type": "Inverse", "inverse": layer.structure},
                 {"inverse." + name: tensor for name, tensor in layer.tensors.items()})


def standardize(mean, scale):
    return Layer({"type": "Standardize",
                  "constants": {"mean": list(map(float, mean)), "scale": list(map(float, scale)), "initialised": True}})


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
                 {"lower": lower, "upper": upper, "log_diagonal": soft_bounded(log_diagonal, "an LU layer"), "bias": bias})


# Transformers: structure, parameters a feature, and which of the network's results for a feature each of them is,
# times a factor, plus an offset: [(source, factor, offset)].


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


def zuko_spline(bins, slope, bound):
    options = {"bins": bins, "bound": bound, "min_size": 0.0, "min_slope": slope, "rotate": False,
               "size_bound": -math.log(slope) / 2}
    return ({"type": "spline", "options": options, "slope_map": soft_clip(-math.log(slope))},
            [(i, 1.0, 0.0) for i in range(3 * bins - 1)])


def durkan_spline(part, bound, size_factor):
    """Of nflows and normflows, which took it over."""
    bins = part.num_bins if hasattr(part, "num_bins") else part.unnormalized_widths.shape[-1]
    if part.tails != "linear":
        raise Unsupported(f"a spline with tails={part.tails!r}: eigenflow has linear tails")
    if part.min_bin_width != part.min_bin_height:
        raise Unsupported("a spline whose min_bin_width and min_bin_height differ")
    options = {"bins": bins, "bound": float(bound), "min_size": part.min_bin_width,
               "min_slope": part.min_derivative, "rotate": False, "size_bound": 0.0}
    source = [(i, size_factor, 0.0) for i in range(2 * bins)]
    source += [(2 * bins + i, 1.0, softplus_offset(part.min_derivative)) for i in range(bins - 1)]
    return ({"type": "spline", "options": options, "slope_map": {"type": "softplus", "least": part.min_derivative}},
            source)


# ---- networks: their options and their dense layers, [(weight (out × in), bias)]


class Network:
    def __init__(self, kind, options, layers):
        self.kind, self.options, self.layers = kind, options, layers

    def tensors(self):
        result = {}
        for i, (weight, bias) in enumerate(self.layers):
            result[f"conditioner.{i}.weight"] = weight.T
            result[f"conditioner.{i}.bias"] = bias
        return result


def activation(function):
    """The name of an activation, a module or a function, and the slope of a leaky relu."""
    name = getattr(function, "__name__", type(function).__name__)
    known = {"relu": "relu", "ReLU": "relu", "relu_": "relu", "tanh": "tanh", "Tanh": "tanh", "sigmoid": "sigmoid",
             "Sigmoid": "sigmoid", "silu": "silu", "SiLU": "silu", "Identity": "identity"}
    if name in known:
        return known[name], 0.01
    if name == "LeakyReLU" and 0 <= function.negative_slope <= 1:
        return "leaky_relu", float(function.negative_slope)
    if name == "leaky_relu":
        return "leaky_relu", 0.01
    if name == "elu" or (name == "ELU" and function.alpha == 1):
        return "elu", 0.01
    if name == "gelu" or (name == "GELU" and function.approximate == "none"):
        return "gelu", 0.01
    if name == "softplus" or (name == "Softplus" and function.beta == 1):
        return "softplus", 0.01
    raise Unsupported(f"the activation {function}")


def same_activation(functions):
    found = [activation(f) for f in functions] or [("relu", 0.01)]
    if len(set(found)) > 1:
        raise Unsupported(f"a network of several activations, {', '.join(sorted({name for name, _ in found}))}")
    return found[0]


def dense(module):
    weight = array(module.weight)
    if weight.ndim != 2:
        raise Unsupported(f"a dense layer of shape {tuple(weight.shape)}")
    if getattr(module, "mask", None) is not None:
        weight = weight * array(module.mask)
    bias = np.zeros(len(weight)) if module.bias is None else array(module.bias)
    return weight, bias


def mlp(layers, functions, dropout=0.0):
    name, slope = same_activation(functions)
    options = {"hidden": [len(bias) for _, bias in layers[:-1]], "activation": name, "dropout": dropout,
               "negative_slope": slope}
    return Network("mlp", options, layers)


def sequential(modules):
    """Dense layers with an activation between each two."""
    layers, functions, dropout = [], [], 0.0
    for i, module in enumerate(modules):
        if is_a(module, "Linear"):
            if len(functions) != len(layers):
                raise Unsupported("dense layers without an activation between them")
            layers.append(dense(module))
        elif is_a(module, "Dropout") and module.p == 0:
            continue
        elif is_a(module, "LayerNorm", "BatchNorm1d", "Residual", "Dropout", "ConstScaleLayer", "ClampExp"):
            raise Unsupported(f"a {type(module).__name__} inside a network")
        else:
            functions.append(module)
    if not layers or len(functions) != len(layers) - 1:
        raise Unsupported("a network that does not begin and end with a dense layer")
    return mlp(layers, functions, dropout)


def residual_net(initial, blocks, final, dropout=0.0):
    """Blocks of two dense layers with an activation before each; `blocks` has (activation, dense, dense)."""
    name, slope = same_activation([f for f, _, _ in blocks])
    layers = [dense(initial)]
    for _, first, second in blocks:
        layers += [dense(first), dense(second)]
    layers.append(dense(final))
    options = {"width": len(layers[0][1]), "blocks": len(blocks), "activation": name, "dropout": dropout,
               "negative_slope": slope}
    return Network("residual net", options, layers)


def durkan_blocks(blocks):
    for block in blocks:
        if getattr(block, "use_batch_norm", False) or getattr(block, "batch_norm", None) is not None:
            raise Unsupported("batch norm inside a network: its batch statistics are no function of one sample")
        if hasattr(block, "context_layer"):
            raise Unsupported("a residual block that reads the context by a gate of its own")
    return blocks


def network(net):
    """Any network that eigenflow has."""
    if is_a(net, "ResidualNet"):
        if getattr(net, "preprocessing", None) is not None:
            raise Unsupported("a network with periodic features")
        blocks = durkan_blocks(net.blocks)
        rates = {block.dropout.p for block in blocks} or {0.0}
        return residual_net(net.initial_layer, [(b.activation, *b.linear_layers) for b in blocks], net.final_layer,
                            max(rates))
    if is_a(net, "MLP") and hasattr(net, "net"):  # of normflows
        return sequential(net.net)
    if isinstance(net, torch.nn.Sequential):
        return sequential(net)
    if isinstance(net, torch.nn.Linear):
        return mlp([dense(net)], [])
    raise Unsupported(f"the network {type(net).__name__}")


def rearrange(net, rows, factors, offsets):
    """Results of a network by place in another's: times factors, plus offsets."""
    weight, bias = net.layers[-1]
    factors = np.asarray(factors)
    net.layers[-1] = weight[rows] * factors[:, None], bias[rows] * factors + np.asarray(offsets)


# ---- layers made of them


def coupling(condition, transform, transformer, net, place, context=0):
    """A coupling of any features: those of `condition` and the context determine how those of `transform` move.

    place(j, i) is the row of the network's results that is number i of transformed feature j.
    """
    structure, source = transformer
    rows = [place(j, at) for j in range(len(transform)) for at, _, _ in source]
    rearrange(net, rows, [f for _, f, _ in source] * len(transform), [o for _, _, o in source] * len(transform))
    dim = len(condition) + len(transform)
    layer = Layer({"type": f"Coupling<{structure['type']}, {net.kind}>", "dim": dim, "split": len(condition),
                   "options": net.options, "transformer": structure, "context_dim": context}, net.tensors())
    order = [*condition, *transform]
    return between(order, [layer])


def between(order, layers):
    """Layers that see the features in another order."""
    if list(order) == list(range(len(order))):
        return layers
    return [permutation(order), *layers, permutation(np.argsort(order))]


def unconditional(features, dim, transformer, parameters):
    """A transformer of each of some features whose parameters depend on nothing; the others stay."""
    structure, source = transformer
    count = len(source)
    bias = np.zeros((dim, count))
    for j, feature in enumerate(features):
        bias[feature] = [parameters[j][at] * factor + offset for at, factor, offset in source]
    options = {"hidden": [], "activation": "relu", "dropout": 0.0, "negative_slope": 0.01}
    return Layer({"type": f"Autoregressive<{structure['type']}, masked mlp>", "dim": dim,
                  "constants": {"order": list(range(dim))}, "options": options, "transformer": structure,
                  "context_dim": 0},
                 {"conditioner.0.weight": np.zeros((dim, dim * count)), "conditioner.0.bias": bias.reshape(-1)})


def autoregressive(order, transformer, net, masks, context):
    """`order` lists the features, the one that depends on no other first. `masks` (out × in) says what each unit of
    each dense layer sees; the network's inputs are the features, then the context."""
    structure, source = transformer
    dim, count = len(order), len(source)
    rank = np.argsort(order)

    # What a hidden unit sees of the features, carried from layer to layer, are the first so many of the order.
    degrees, seen = [], None
    for mask in masks[:-1]:
        seen = mask > 0 if seen is None else (mask.astype(int) @ seen.astype(int)) > 0
        features = seen[:, :dim]
        degree = features.sum(axis=1)
        if not np.array_equal(features, rank[None, :] < degree[:, None]):
            raise Unsupported("a masked network whose units do not see the first features of one order")
        if context and not seen[:, dim:].all():
            raise Unsupported("a masked network with units that do not see all of the context")
        degrees.append(degree)
    # Ours let a unit read all units of its own degree and of lower ones, and a result those of features before it.
    own = [*degrees, np.repeat(rank, len(masks[-1]) // dim)]
    for degree, before, mask in zip(own[1:], own[:-1], masks[1:]):
        if not np.array_equal(mask > 0, before[None, :] <= degree[:, None]):
            raise Unsupported("a masked network whose units leave out more than the order asks for")

    sorting = [np.argsort(degree, kind="stable") for degree in degrees]
    for degree in degrees:
        lowest, taken = 0 if context or dim == 1 else 1, []
        counts = np.bincount(degree, minlength=dim)
        if context and len(degree) < dim:
            lowest, taken = 1, [1]  # a unit for the context alone
        kinds, units = dim - lowest, len(degree) - sum(taken)
        until = [(d + 1) * (units // kinds) + min(d + 1, units % kinds) if units >= kinds else (d + 1) * units // kinds
                 for d in range(kinds)]
        if not np.array_equal(np.cumsum(counts)[lowest:], np.add(until, sum(taken))) or \
                counts[:lowest].tolist() != (taken or [0] * lowest):
            raise Unsupported(f"a masked network whose hidden units see {counts.tolist()} times 0, 1, 2... features; "
                              "eigenflow deals them out evenly")

    columns = [*range(dim, dim + context), *order]  # ours: the context first
    previous = columns
    layers = []
    for i, (weight, bias) in enumerate(net.layers):
        last = i + 1 == len(net.layers)
        rows = [j * count + at for j in order for at, _, _ in source] if last else sorting[i]
        layers.append((weight[np.ix_(rows, previous)], bias[rows]))
        previous = rows
    net.layers = layers
    rearrange(net, list(range(dim * count)), [f for _, f, _ in source] * dim, [o for _, _, o in source] * dim)
    return Layer({"type": f"Autoregressive<{structure['type']}, masked {net.kind}>", "dim": dim,
                  "constants": {"order": [int(j) for j in order]}, "options": net.options, "transformer": structure,
                  "context_dim": context}, net.tensors())


# ---- zuko


def zuko_transformer(univariate, shapes):
    keywords = {}
    if isinstance(univariate, functools.partial):
        if univariate.args:
            raise Unsupported(f"the univariate transformation {univariate}")
        univariate, keywords = univariate.func, univariate.keywords
    name = getattr(univariate, "__name__", type(univariate).__name__)
    slope = keywords.get("slope", 1e-3)
    if name == "MonotonicAffineTransform":
        return affine(soft_clip(-math.log(slope)), scale_at=1, shift_at=0)
    if name == "AdditiveTransform":
        return shift()
    if name == "MonotonicRQSTransform":
        return zuko_spline(shapes[0][0], slope, float(keywords.get("bound", 5.0)))
    raise Unsupported(f"zuko's {name}")


def zuko_layers(transform, context):
    if is_a(transform, "LazyComposedTransform"):
        return [layer for t in transform.transforms for layer in zuko_layers(t, context)]
    if is_a(transform, "GeneralCouplingTransform"):
        mask = transform.mask.cpu().numpy()
        total = transform.total
        net = sequential(transform.hyper)
        condition, moved = np.flatnonzero(mask), np.flatnonzero(~mask)
        reads = net.layers[0][0].shape[1] - len(condition)
        return coupling(condition, moved, zuko_transformer(transform.univariate, transform.shapes), net,
                        lambda j, i: j * total + i, reads)
    if is_a(transform, "MaskedAutoregressiveTransform"):
        if transform.order is None:
            raise Unsupported("zuko's adjacency matrices")
        rank = transform.order.cpu().numpy()
        if sorted(rank) != list(range(len(rank))):
            raise Unsupported(f"zuko's passes={transform.passes}: features that do not see each other")
        net = sequential(transform.hyper)
        masks = [m.mask.cpu().numpy() for m in transform.hyper if is_a(m, "MaskedLinear")]
        reads = masks[0].shape[1] - len(rank)
        return [autoregressive(np.argsort(rank), zuko_transformer(transform.univariate, transform.shapes), net, masks,
                               reads)]
    raise Unsupported(f"zuko's {type(transform).__name__}")


def diagonal_normal(loc, log_scale):
    if not loc.any() and not log_scale.any():
        return Layer({"type": "StandardNormal", "dim": len(loc)})
    return Layer({"type": "DiagonalNormal", "dim": len(loc)},
                 {"mean": loc, "log_scale": soft_bounded(log_scale, "the base")})


def zuko_flow(model):
    base = model.base()
    if not is_a(base, "DiagNormal"):
        raise Unsupported(f"the base {type(base).__name__}")
    loc, scale = array(base.base_dist.loc), array(base.base_dist.scale)
    return zuko_layers(model.transform, 0), diagonal_normal(loc, np.log(scale))


# ---- nflows and, where normflows took it over, normflows


def durkan_factor(net):
    for name in ("hidden_features", "hidden_channels"):
        if hasattr(net, name):
            return 1 / math.sqrt(getattr(net, name))
    return 1.0


def durkan_coupling(part, transformer):
    """A coupling of nflows; spline results lie feature by feature, those of an affine one in two halves."""
    condition = part.identity_features.cpu().numpy()
    moved = part.transform_features.cpu().numpy()
    structure, source = transformer
    count = len(source)
    if structure["type"] == "spline":
        place = lambda j, i: j * count + i
    else:
        place = lambda j, i: i * len(moved) + j
    layers = coupling(condition, moved, transformer, network(part.transform_net), place)
    if getattr(part, "unconditional_transform", None) is not None:
        cdf = part.unconditional_transform
        own = durkan_spline(cdf, cdf.tail_bound, 1.0)
        parameters = np.concatenate([array(cdf.unnormalized_widths), array(cdf.unnormalized_heights),
                                     array(cdf.unnormalized_derivatives)], axis=-1)
        layers.append(unconditional(condition, part.features, own, parameters))
    return layers


def durkan_made(made, transformer):
    if hasattr(made, "context_layer"):
        raise Unsupported("a MADE with a context: it reads it past its masks")
    if getattr(made, "preprocessing", None) is not None and not isinstance(made.preprocessing, torch.nn.Identity):
        raise Unsupported("a MADE with periodic features")
    blocks = durkan_blocks(made.blocks)
    rates = max([block.dropout.p for block in blocks], default=0.0)
    if all(hasattr(block, "linear_layers") for block in blocks):
        net = residual_net(made.initial_layer, [(b.activation, *b.linear_layers) for b in blocks], made.final_layer,
                           rates)
        linear = [made.initial_layer, *(m for b in blocks for m in b.linear_layers), made.final_layer]
    else:
        linear = [made.initial_layer, *(b.linear for b in blocks), made.final_layer]
        if rates or not hasattr(made, "activation"):
            raise Unsupported("a masked network with dropout, or without an activation, between some layers")
        net = mlp([dense(m) for m in linear], [made.activation, *(b.activation for b in blocks)])
    masks = [m.mask.cpu().numpy() for m in linear]
    dim = masks[0].shape[1]
    # A feature that no hidden unit of the first layer sees is the last.
    seen = (masks[0] > 0).sum(axis=0)
    order = np.argsort(-seen, kind="stable")
    return autoregressive(order, transformer, net, masks, 0)


def durkan_lu(part):
    diagonal = torch.nn.functional.softplus(part.unconstrained_upper_diag) + part.eps
    return lu_linear(array(part.lower_entries), array(part.upper_entries), np.log(array(diagonal)), array(part.bias))


def nflows_layers(part, dim):
    layers = functools.partial(nflows_layers, dim=dim)
    if is_a(part, "CompositeTransform"):
        return [layer for t in part._transforms for layer in layers(t)]
    if is_a(part, "InverseTransform"):
        return [inverse(layer) for layer in reversed(layers(part._transform))]
    if is_a(part, "IdentityTransform"):
        return []
    if is_a(part, "Permutation"):
        if part._dim != 1:
            raise Unsupported("a permutation of another dimension than the features")
        return [permutation(part._permutation.tolist())]
    if is_a(part, "LULinear"):
        return [durkan_lu(part)]
    if is_a(part, "PiecewiseRationalQuadraticCouplingTransform"):
        return durkan_coupling(part, durkan_spline(part, part.tail_bound, durkan_factor(part.transform_net)))
    if is_a(part, "AdditiveCouplingTransform"):
        return durkan_coupling(part, shift())
    if is_a(part, "AffineCouplingTransform"):
        # sigmoid(u + 2) + 1e-3, between 0.001 and 1.001
        offset = 2 - math.log((1 - 1e-3) / (1.001 - 1))
        return durkan_coupling(part, affine(sigmoid_scale(1.001, 1e-3), scale_at=1, shift_at=0, offset=offset))
    if is_a(part, "MaskedAffineAutoregressiveTransform"):
        log_scale = {"type": "softplus", "least": part._epsilon}
        return [durkan_made(part.autoregressive_net,
                            affine(log_scale, scale_at=0, shift_at=1, offset=softplus_offset(part._epsilon)))]
    if is_a(part, "MaskedPiecewiseRationalQuadraticAutoregressiveTransform"):
        net = part.autoregressive_net
        return [durkan_made(net, durkan_spline(part, part.tail_bound, durkan_factor(net)))]
    if is_a(part, "ActNorm"):
        return [act_norm(array(part.log_scale), array(part.shift))]
    if is_a(part, "PointwiseAffineTransform"):
        scale = np.broadcast_to(array(part._scale), (dim,))
        return [standardize(-np.broadcast_to(array(part._shift), (dim,)) / scale, 1 / scale)]
    raise Unsupported(f"nflows' {type(part).__name__}")


def nflows_flow(model):
    if not isinstance(model._embedding_net, torch.nn.Identity):
        raise Unsupported("nflows' embedding nets")
    base = model._distribution
    if is_a(base, "StandardNormal"):
        last = Layer({"type": "StandardNormal", "dim": int(base._shape[0])})
    elif is_a(base, "DiagonalNormal"):
        last = diagonal_normal(array(base.mean_).reshape(-1), array(base.log_std_).reshape(-1))
    else:
        raise Unsupported(f"the base {type(base).__name__}")
    return nflows_layers(model._transform, last.structure["dim"]), last


# ---- normflows, whose flows go from latent space to data


def normflows_split(mode, dim):
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


def normflows_affine(flow, dim):
    part = flow.flows[1]
    condition, moved = normflows_split(flow.flows[0].mode, dim)
    net = network(part.param_map)
    after = []
    if not part.scale:
        return [inverse(l) for l in reversed(coupling(condition, moved, shift(), net, lambda j, i: j))]
    if part.scale_map == "exp":
        transformer = affine({"type": "exp"}, scale_at=1, shift_at=0)
    elif part.scale_map in ("sigmoid", "sigmoid_inv"):
        # Ours is (1 + e⁻²) sigmoid(u + 2), one at zero; the factor is a layer of its own.
        factor = 1 + math.exp(-2)
        scale = sigmoid_scale(factor, 0.0)
        by = np.ones(dim)
        if part.scale_map == "sigmoid":
            transformer = affine({"type": "reciprocal sigmoid", "map": scale}, scale_at=1, shift_at=0)
            by[moved] = factor
        else:
            transformer = affine(scale, scale_at=1, shift_at=0)
            by[moved] = 1 / factor
        # x₂ = z₂ s + t with s = ours / factor (or factor / ours): z₂ is scaled behind our inverse.
        after = [standardize(np.zeros(dim), by)]
    else:
        raise Unsupported(f"the scale map {part.scale_map}")
    layers = coupling(condition, moved, transformer, net, lambda j, i: 2 * j + i)
    return [inverse(layer) for layer in reversed(layers)] + after


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


def normflows_masked_affine(flow):
    mask = array(flow.b).reshape(-1)
    condition, moved = np.flatnonzero(mask), np.flatnonzero(mask == 0)
    dim = len(mask)
    nets = [network(n) if isinstance(n, torch.nn.Module) else None for n in (flow.s, flow.t)]
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
    return [inverse(layer) for layer in reversed(layers)]


def normflows_layers(flow, dim):
    """The layers of one flow, from data to latent space."""
    if is_a(flow, "AffineCouplingBlock"):
        return normflows_affine(flow, dim)
    if is_a(flow, "MaskedAffineFlow"):
        return normflows_masked_affine(flow)
    if is_a(flow, "Permute"):
        if flow.mode == "shuffle":
            return [permutation(flow.inv_perm.tolist())]
        half = (dim + 1) // 2
        return [permutation([*range(half, dim), *range(half)])]
    if is_a(flow, "LULinearPermute"):
        return [permutation(flow.permutation._permutation.tolist()), durkan_lu(flow.linear)]
    if is_a(flow, "AffineConstFlow"):  # and ActNorm
        size = (dim,)
        return [inverse(act_norm(array(flow.s).reshape(size), array(flow.t).reshape(size)))]
    if is_a(flow, "CoupledRationalQuadraticSpline", "AutoregressiveRationalQuadraticSpline"):
        if is_a(flow, "CoupledRationalQuadraticSpline"):
            part = flow.prqct
            return durkan_coupling(part, durkan_spline(part, part.tail_bound, durkan_factor(part.transform_net)))
        part = flow.mprqat
        net = part.autoregressive_net
        return [durkan_made(net, durkan_spline(part, part.tail_bound, durkan_factor(net)))]
    if is_a(flow, "Planar"):
        u, w, b = array(flow.u).reshape(-1), array(flow.w).reshape(-1), array(flow.b).reshape(-1)
        # softplus(wᵀu) is their 1 + wᵀû, and ours softplus(wᵀu + ln(e - 1)).
        u = u - math.log(math.e - 1) * w / (w @ w)
        structure = {"type": f"Planar, h = {flow.act}", "dim": dim, "h": {"type": flow.act}}
        if flow.act == "leaky_relu":
            structure["h"]["negative_slope"] = float(flow.h.negative_slope)
        return [inverse(Layer(structure, {"u": u, "w": w, "b": b.reshape(())}))]
    if is_a(flow, "Radial"):
        alpha = max(abs(float(array(flow.alpha).reshape(()))), 1e-150)
        free = alpha + math.log(-math.expm1(-alpha))  # softplus⁻¹
        return [inverse(Layer({"type": "Radial", "dim": dim},
                              {"x0": array(flow.z_0).reshape(-1), "alpha": np.array(free),
                               "beta": array(flow.beta).reshape(())}))]
    raise Unsupported(f"normflows' {type(flow).__name__}")


def normflows_flow(model):
    base = model.q0
    if is_a(base, "DiagGaussian"):
        last = diagonal_normal(array(base.loc).reshape(-1), array(base.log_scale).reshape(-1))
    elif is_a(base, "GaussianMixture"):
        log_scale = soft_bounded(array(base.log_scale)[0].T, "the base")
        last = Layer({"type": "GaussianMixture", "dim": int(base.dim), "components": int(base.n_modes)},
                     {"logits": array(base.weight_scores).reshape(-1), "mean": array(base.loc)[0].T,
                      "log_scale": log_scale})
    else:
        raise Unsupported(f"the base {type(base).__name__}")
    dim = last.structure["dim"]
    return [layer for flow in reversed(model.flows) for layer in normflows_layers(flow, dim)], last


# ---- the file


def tidy(layers, dim):
    """Neighbouring permutations become one, and those that do nothing go."""
    result = []
    for layer in layers:
        if layer.structure["type"] == "Inverse" and layer.structure["inverse"]["type"] == "Permutation":
            layer = permutation(np.argsort(layer.structure["inverse"]["constants"]["indices"]))
        if result and layer.structure["type"] == result[-1].structure["type"] == "Permutation":
            first = result.pop().structure["constants"]["indices"]
            layer = permutation([first[i] for i in layer.structure["constants"]["indices"]])
        result.append(layer)
    result = [layer for layer in result if layer.structure["type"] != "Permutation"
              or layer.structure["constants"]["indices"] != list(range(dim))]
    return result or [permutation(range(dim))]


def convert(model):
    """The architecture, as the file's JSON has it, and the tensors by name, in double."""
    flows = {"zuko": zuko_flow, "nflows": nflows_flow, "normflows": normflows_flow}
    library = library_of(model)
    if library not in flows:
        raise Unsupported(f"a {type(model).__name__} of {library}: give a flow of {', '.join(flows)}")
    layers, base = flows[library](model)
    dim = base.structure.get("dim") or len(base.structure["constants"]["low"])
    layers = tidy(layers, dim)
    context = max([layer.structure.get("context_dim", 0) for layer in layers])
    tensors = {f"{i}.{name}": tensor for i, layer in enumerate(layers) for name, tensor in layer.tensors.items()}
    tensors.update({f"base.{name}": tensor for name, tensor in base.tensors.items()})
    architecture = {"features": dim, "context": context, "layers": [layer.structure for layer in layers],
                    "base": base.structure}
    return architecture, tensors


def export(model, path, notes=None):
    """Writes a flow of zuko, nflows or normflows as a model file. `notes` are strings to keep with it."""
    architecture, tensors = convert(model)
    floats = {t.dtype for t in model.state_dict().values() if t.is_floating_point()}
    scalar = np.float64 if torch.float64 in floats else np.float32
    architecture = {"scalar": "double" if scalar is np.float64 else "float", **architecture}
    metadata = {"format": "eigenflow", "format_version": FORMAT_VERSION, "library_version": "export_pytorch",
                "architecture": json.dumps(architecture), **(notes or {})}
    save_file({name: np.array(tensor, dtype=scalar, order="C") for name, tensor in tensors.items()}, path, metadata)
