"""Layers that are made of a transformer and a network: couplings, autoregressive layers, and neither."""

import numpy as np

from .parts import Layer, Unsupported, between


def coupling(condition, transform, transformer, net, place, context=0):
    """A coupling of any features: those of `condition` and the context determine how those of `transform` move.

    place(j, i) is the row of the network's results that is number i of transformed feature j.
    """
    structure, source = transformer
    reads = net.layers[0][0].shape[1]
    if context < 0 or reads != len(condition) + context:
        raise Unsupported(f"a coupling whose network reads {reads} inputs, but has {len(condition)} features and "
                          f"{max(context, 0)} columns of context to read")
    rows = [place(j, at) for j in range(len(transform)) for at, _, _ in source]
    net.rearrange(rows, [f for _, f, _ in source] * len(transform), [o for _, _, o in source] * len(transform))
    dim = len(condition) + len(transform)
    layer = Layer({"type": f"Coupling<{structure['type']}, {net.kind}>", "dim": dim, "split": len(condition),
                   "options": net.options, "transformer": structure, "context_dim": context}, net.tensors())
    return between([*condition, *transform], [layer])


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


def autoregressive(transformer, net, masks, dim):
    """An autoregressive layer of a masked network. Its inputs are the features, then the context; its results lie
    feature by feature. `masks` (out × in) says what each unit of each dense layer reads.

    Ours deal hidden units out evenly by degree, the number of features that they may see. A unit takes a place of a
    degree that lets it read what it reads, and be read by what reads it; connections that ours have and theirs lack
    are zero, as are the units of places that stay empty.
    """
    structure, source = transformer
    count = len(source)
    context = masks[0].shape[1] - dim
    seen = seen_by(net, masks)
    order = topological(seen[-1][:, :dim].reshape(dim, -1, dim).any(axis=1))
    rank = np.argsort(order)

    places, width = hidden_places(net, masks, seen, rank, context)
    inputs = np.concatenate([context + rank, np.arange(context)])
    results = np.array([rank[j] * count + i for j in range(dim) for i in range(count)])
    rows = [j * (len(masks[-1]) // dim) + at for j in range(dim) for at, _, _ in source]
    net.rearrange(rows, [f for _, f, _ in source] * dim, [o for _, _, o in source] * dim)
    layers, before, size = [], inputs, len(inputs)
    for (weight, bias), place, units in zip(net.layers, [*places, results], [*width, dim * count]):
        wide, long = np.zeros((units, size)), np.zeros(units)
        wide[np.ix_(place, before)], long[place] = weight, bias
        layers.append((wide, long))
        before, size = place, units
    net.layers = layers
    if net.kind == "mlp":
        net.options["hidden"] = width
    else:
        net.options["width"] = width[0]
    return Layer({"type": f"Autoregressive<{structure['type']}, masked {net.kind}>", "dim": dim,
                  "constants": {"order": [int(j) for j in order]}, "options": net.options, "transformer": structure,
                  "context_dim": context}, net.tensors())


def seen_by(net, masks):
    """Which inputs each unit of each layer depends on."""
    seen = [masks[0] > 0]
    for i, mask in enumerate(masks[1:], 1):
        seen.append((mask > 0).astype(int) @ seen[-1].astype(int) > 0)
        if net.kind != "mlp" and i % 2 == 0:  # the end of a residual block
            seen[-1] |= seen[i - 2]
    return seen


def topological(reads):
    """An order in which each feature comes after those that it reads."""
    order = []
    while len(order) < len(reads):
        ready = [j for j in range(len(reads)) if j not in order and set(np.flatnonzero(reads[j])) <= set(order)]
        if not ready:
            raise Unsupported("a masked network whose results see their own features")
        order.append(ready[0])
    return order


def hidden_places(net, masks, seen, rank, context):
    """The place of each hidden unit in each layer, and the widths of the layers."""
    dim = len(rank)
    # The least degree of a unit is one more than the last feature that it sees.
    low = [np.where(units[:, :dim], rank[None, :] + 1, 0).max(axis=1) for units in seen[:-1]]
    if net.kind != "mlp":
        for stream in low[::2]:
            if not np.array_equal(stream, low[0]):
                raise Unsupported("masked residual blocks whose units do not see the same features all along")
    places, widths = [], []
    reader = np.repeat(rank, len(masks[-1]) // dim)  # the degrees of what reads a layer
    for i in reversed(range(len(low))):
        high = np.where(masks[i + 1] > 0, reader[:, None], dim - 1).min(axis=0)
        if np.any(high < low[i]):
            raise Unsupported("a masked network whose results see their own features")
        if net.kind != "mlp":
            high = low[i]
        units = len(low[i]) if not context else max(len(low[i]), dim)
        while (place := fitted(low[i], high, degrees_of(units, dim, context))) is None:
            units += 1
            if units > 4 * len(low[i]) + dim:
                raise Unsupported(f"a masked network whose {len(low[i])} hidden units see few different numbers of "
                                  f"features (as with zuko's passes={np.unique(low[i]).size + 1}): eigenflow deals "
                                  "units out evenly, and would need more than four times as many")
        places.insert(0, place)
        widths.insert(0, units)
        reader = degrees_of(units, dim, context)[place]
    if net.kind != "mlp" and widths:
        units = max(widths)
        places = [fitted(degree, degree, degrees_of(units, dim, context)) for degree in low]
        if any(place is None for place in places):
            raise Unsupported("masked residual blocks whose units are dealt out unevenly")
        widths = [units] * len(widths)
    return places, widths


def degrees_of(units, dim, context):
    """The degrees of a hidden layer's units, in their places."""
    lowest = 0 if context or dim == 1 else 1
    kinds = dim - lowest
    ends = [(d * (units // kinds) + min(d, units % kinds)) if units >= kinds else d * units // kinds
            for d in range(1, kinds + 1)]
    return np.repeat(np.arange(lowest, dim), np.diff(ends, prepend=0))


def fitted(low, high, degrees):
    """A place for each unit whose degree is from low to high, or None: from the last place on, the neediest first."""
    for degree in np.unique(degrees):  # quick to see
        if (low >= degree).sum() > (degrees >= degree).sum() or (high <= degree).sum() > (degrees <= degree).sum():
            return None
        if ((low == degree) & (high == degree)).sum() > (degrees == degree).sum():
            return None
    place, waiting = np.full(len(low), -1), list(range(len(low)))
    for at in reversed(range(len(degrees))):
        able = [u for u in waiting if low[u] <= degrees[at] <= high[u]]
        if able:
            unit = max(able, key=lambda u: (low[u], u))
            place[unit] = at
            waiting.remove(unit)
    return None if waiting else place
