"""A reading of model files with NumPy alone: what docs/model_files.md and docs/layers.md say, in their formulas.

    reading = Reading.of("moons.safetensors")
    reading.log_prob(x), reading.forward(x), reading.inverse(z)     # rows are samples; a context may follow

It shares no code with the exporter, so the exporter checks its files by it. Copy convolutions.py with it.
"""

import json
import math

import numpy as np

if __package__:
    from .convolutions import convolved
else:  # this folder itself is on the path
    from convolutions import convolved

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


class Reading:
    def __init__(self, architecture, tensors):
        self.features, self.context = architecture["features"], architecture["context"]
        self.layers = [(layer, below(tensors, f"{i}.")) for i, layer in enumerate(architecture["layers"])]
        self.base, self.base_tensors = architecture["base"], below(tensors, "base.")

    @classmethod
    def of(cls, path):
        metadata, tensors = read(path)
        return cls(json.loads(metadata["architecture"]), tensors)

    def forward(self, x, context=None):
        """Latent points and the log-determinants of the way there."""
        x, context, log_det = *self._given(x, context), 0.0
        for layer, tensors in self.layers:
            x, step = apply(layer, tensors, x, context, False)
            log_det = log_det + step
        return x, log_det

    def inverse(self, z, context=None):
        z, context, log_det = *self._given(z, context), 0.0
        for layer, tensors in reversed(self.layers):
            z, step = apply(layer, tensors, z, context, True)
            log_det = log_det + step
        return z, log_det

    def log_prob(self, x, context=None):
        z, log_det = self.forward(x, context)
        return base_log_prob(self.base, self.base_tensors, z) + log_det

    def _given(self, x, context):
        x = np.asarray(x, float)
        return x, np.zeros((len(x), 0)) if context is None else np.asarray(context, float)


def read(path):
    """The metadata and the tensors of a safetensors file."""
    with open(path, "rb") as file:
        data = file.read()
    size = int.from_bytes(data[:8], "little")
    header, data = json.loads(data[8:8 + size]), data[8 + size:]
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        numbers = np.frombuffer(data[first:last], {"F32": "<f4", "F64": "<f8"}[entry["dtype"]])
        tensors[name] = numbers.reshape(entry["shape"]).astype(float)
    return metadata, tensors


def below(tensors, prefix):
    return {name[len(prefix):]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


# ---- functions


def softplus(a):
    return np.logaddexp(0, a)


def log_sigmoid(a):
    return -softplus(-a)


def sigmoid(a):
    return np.exp(log_sigmoid(a))


def soft_clip(a, bound):
    return a / (1 + np.abs(a) / bound)


def activate(options, a):
    return {
        "relu": lambda: np.maximum(a, 0),
        "leaky_relu": lambda: np.maximum(a, options["negative_slope"] * a),
        "tanh": lambda: np.tanh(a),
        "sigmoid": lambda: sigmoid(a),
        "softplus": lambda: softplus(a),
        "elu": lambda: np.where(a > 0, a, np.expm1(np.minimum(a, 0))),
        "silu": lambda: a * sigmoid(a),
        "gelu": lambda: a * 0.5 * np.vectorize(math.erfc, otypes=[float])(-a / math.sqrt(2)),
        "identity": lambda: a,
    }[options["activation"]]()


def log_scale(scale, a):
    """s of a scale map, from the free number a."""
    kind = scale["type"]
    if kind == "soft clip":
        return soft_clip(a, scale["bound"])
    if kind == "softplus":
        return np.log(scale["least"] + softplus(a + math.log(math.expm1(1 - scale["least"]))))
    if kind == "sigmoid":
        least, largest = scale["least"], scale["largest"]
        return np.log(least + (largest - least) * sigmoid(a + math.log((1 - least) / (largest - 1))))
    if kind == "exp":
        return a
    if kind == "tanh bound":
        return scale["bound"] * np.tanh(a / scale["bound"])
    if kind.startswith("reciprocal "):
        return -log_scale(scale["map"], a)
    raise ValueError(f"the scale map {kind}")


# ---- transformers: of each feature x with its parameters p, on the last axis


def transform(transformer, p, x, inverse):
    if transformer["type"] == "shift":
        return (x - p[..., 0] if inverse else x + p[..., 0]), np.zeros_like(x)
    if transformer["type"] == "affine":
        s = log_scale(transformer["log_scale"], p[..., 0])
        return ((x - p[..., 1]) * np.exp(-s), -s) if inverse else (x * np.exp(s) + p[..., 1], s)
    if transformer["type"] == "spline":
        return spline(transformer["options"], transformer["slope_map"], p, x, inverse)
    raise ValueError(f"the transformer {transformer['type']}")


def parameters_of(transformer):
    return {"shift": 1, "affine": 2}.get(transformer["type"]) or 3 * transformer["options"]["bins"] - 1


def spline(options, slope_map, p, x, inverse):
    bins, bound, least = options["bins"], options["bound"], options["min_size"]

    def knots(free):
        if options.get("size_bound", 0) > 0:
            free = soft_clip(free, options["size_bound"])
        share = np.exp(free - free.max(axis=-1, keepdims=True))
        sizes = 2 * bound * (least + (1 - bins * least) * share / share.sum(axis=-1, keepdims=True))
        return np.concatenate([np.full(x.shape + (1,), -bound), np.cumsum(sizes, axis=-1) - bound], axis=-1)

    across, up = knots(p[..., :bins]), knots(p[..., bins:2 * bins])
    ends = np.ones(x.shape + (1,))
    slopes = np.concatenate([ends, np.exp(log_scale(slope_map, p[..., 2 * bins:])), ends], axis=-1)
    k = np.clip((x[..., None] >= (up if inverse else across)[..., 1:-1]).sum(axis=-1), 0, bins - 1)[..., None]
    at = lambda values, i: np.take_along_axis(values, i, axis=-1)[..., 0]
    x0, y0, d0, d1 = at(across, k), at(up, k), at(slopes, k), at(slopes, k + 1)
    width, height = at(across, k + 1) - x0, at(up, k + 1) - y0
    chord = height / width
    inside = np.clip((x - y0) / height if inverse else (x - x0) / width, 0, 1)
    if inverse:  # s θ' t² + (d₀ θ' - d₁ θ) t - s θ = 0 in the odds t = ξ/ξ'
        b = d0 * (1 - inside) - d1 * inside
        root = np.abs(b) + np.sqrt(b * b + 4 * chord**2 * inside * (1 - inside))
        top = np.where(b >= 0, 2 * chord * inside, root)
        xi = top / (top + np.where(b >= 0, root, 2 * chord * (1 - inside)))
    else:
        xi = inside
    rest = 1 - xi
    under = chord * (xi**2 + rest**2) + (d0 + d1) * xi * rest
    log_slope = np.log(chord**2 * (d1 * xi**2 + 2 * chord * xi * rest + d0 * rest**2)) - 2 * np.log(under)
    y = x0 + width * xi if inverse else y0 + height * xi * (chord * xi + d0 * rest) / under
    curved = np.abs(x) < bound
    return np.where(curved, y, x), np.where(curved, -log_slope if inverse else log_slope, 0.0)


# ---- networks


def network(kind, options, tensors, masks, x):
    def dense(i, h):
        weight = tensors[f"conditioner.{i}.weight"]
        return h @ (weight * masks[i] if masks else weight) + tensors[f"conditioner.{i}.bias"]

    def gate(block):
        if not options.get("gates", 0):
            return 1.0
        c = x[:, x.shape[1] - options["gates"]:]
        return sigmoid(c @ tensors[f"conditioner.gate{block}.weight"] + tensors[f"conditioner.gate{block}.bias"])

    if kind.startswith("conv"):
        return convolved(options, below(tensors, "conditioner."), x, lambda a: activate(options, a))
    if kind.endswith("mlp"):
        for i in range(len(options["hidden"])):
            x = activate(options, dense(i, x))
        return dense(len(options["hidden"]), x)
    h = dense(0, x)
    for block in range(options["blocks"]):
        h = h + gate(block) * dense(2 * block + 2, activate(options, dense(2 * block + 1, activate(options, h))))
    return dense(2 * options["blocks"] + 1, h)


def masks_of(kind, options, dim, count, context):
    """What each dense layer lets through, in × out: the context first, then the features in their order."""
    hidden = options["hidden"] if kind.endswith("mlp") else [options["width"]] * (2 * options["blocks"] + 1)
    degrees = []
    for units in hidden:
        # With a context and fewer units than degrees, one unit sees the context alone.
        for_context = 1 if context > 0 and units < dim else 0
        lowest = 0 if (context > 0 and not for_context) or dim == 1 else 1
        kinds, rest = dim - lowest, units - for_context
        ends = [for_context] * lowest
        for d in range(1, kinds + 1):
            share = d * (rest // kinds) + min(d, rest % kinds) if rest >= kinds else d * rest // kinds
            ends.append(for_context + share)
        degrees.append(np.repeat(np.arange(dim), np.diff(ends, prepend=0)))
    results = np.repeat(np.arange(dim), count)
    seen = np.concatenate([np.full(context, -1), np.arange(dim)])  # a place below the degree is seen
    masks = []
    for degree in [*degrees, results]:
        masks.append(seen[:, None] < degree[None, :] if len(masks) == 0 else seen[:, None] <= degree[None, :])
        seen = degree
    return masks


# ---- layers: (layer, tensors, x, context, inverse) to (y, log-det)


def apply(layer, tensors, x, context, inverse):
    kind = layer["type"].split("<")[0].split(",")[0]
    return {"Permutation": permutation, "Inverse": inverted, "Standardize": standardize, "ActNorm": act_norm,
            "LuLinear": lu_linear, "Coupling": coupling, "Autoregressive": autoregressive, "Planar": planar,
            "Radial": radial, "Support": support, "Chain": chain, "Stack": chain, "Front": front, "PerPixel": per_pixel,
            "Recompute": recompute, "Householder": householder}[kind](layer, tensors, x, context, inverse)


def chain(layer, tensors, x, context, inverse):
    log_det = 0.0
    parts = list(enumerate(layer["layers"]))
    for i, part in reversed(parts) if inverse else parts:
        x, step = apply(part, below(tensors, f"{i}."), x, context, inverse)
        log_det = log_det + step
    return x, log_det


def recompute(layer, tensors, x, context, inverse):
    return apply(layer["layer"], below(tensors, "layer."), x, context, inverse)


def front(layer, tensors, x, context, inverse):
    size = dim_of(layer["layer"])
    y, log_det = recompute(layer, tensors, x[:, :size], context, inverse)
    return np.concatenate([y, x[:, size:]], axis=1), log_det


def dim_of(layer):
    """How many features a layer has."""
    inner = layer.get("inverse") or layer.get("layers", [layer.get("layer")])[0]
    if "dim" in layer:
        return layer["dim"]
    if inner:
        return dim_of(inner) * layer.get("pixels", 1)
    constants = layer.get("permutation", layer)["constants"]
    return len(constants.get("indices") or constants.get("mean") or constants["features"])


def per_pixel(layer, tensors, x, context, inverse):
    rows, pixels = len(x), layer["pixels"]
    channels = x.shape[1] // pixels
    at = x.reshape(rows, channels, pixels).transpose(0, 2, 1).reshape(-1, channels)
    y, log_det = recompute(layer, tensors, at, np.repeat(context, pixels, axis=0), inverse)
    y = y.reshape(rows, pixels, channels).transpose(0, 2, 1).reshape(rows, -1)
    return y, np.broadcast_to(log_det, (len(at),)).reshape(rows, pixels).sum(axis=1)


def householder(layer, tensors, x, context, inverse):
    vectors = tensors["vectors"].T + np.eye(layer["dim"])[np.arange(layer["count"]) // 2 % layer["dim"]]
    for v in vectors[::-1] if inverse else vectors:
        if np.any(v):
            v = v / np.abs(v).max()
            x = x - 2 * np.outer(x @ v, v) / (v @ v)
    return x, 0.0


def permutation(layer, _, x, context, inverse):
    indices = layer["constants"]["indices"]
    return x[:, np.argsort(indices) if inverse else indices], 0.0


def inverted(layer, tensors, x, context, inverse):
    return apply(layer["inverse"], below(tensors, "inverse."), x, context, not inverse)


def standardize(layer, _, x, context, inverse):
    mean, scale = (np.array(layer["constants"][name]) for name in ("mean", "scale"))
    log_det = np.log(scale).sum()
    return (x * scale + mean, log_det) if inverse else ((x - mean) / scale, -log_det)


def act_norm(layer, tensors, x, context, inverse):
    mean, scale = (np.array(layer["constants"][name]) for name in ("mean", "scale"))
    s = soft_clip(tensors["log_scale"], 20)
    log_det = (s - np.log(scale)).sum()
    if inverse:
        return np.exp(-s) * scale * (x - tensors["shift"]) + mean, -log_det
    return np.exp(s) * (x - mean) / scale + tensors["shift"], log_det


def lu_linear(layer, tensors, x, context, inverse):
    dim = x.shape[1]
    s = soft_clip(tensors["log_diagonal"], 20)
    lower, upper = np.eye(dim), np.diag(np.exp(s))
    lower[np.tril_indices(dim, -1)], upper[np.triu_indices(dim, 1)] = tensors["lower"], tensors["upper"]
    weight = (lower @ upper)[layer["permutation"]["constants"]["indices"]]
    if inverse:
        return np.linalg.solve(weight, (x - tensors["bias"]).T).T, -s.sum()
    return x @ weight.T + tensors["bias"], s.sum()


def coupling(layer, tensors, x, context, inverse):
    split, kind = layer["split"], layer["type"].split(", ")[1][:-1]
    given = np.concatenate([x[:, :split], context[:, :layer["context_dim"]]], axis=1)
    p = network(kind, layer["options"], tensors, None, given)
    if kind.startswith("conv"):  # parameter after parameter
        p = p.reshape(len(x), -1, x.shape[1] - split).transpose(0, 2, 1)
    else:
        p = p.reshape(len(x), x.shape[1] - split, -1)
    y, log_det = transform(layer["transformer"], p, x[:, split:], inverse)
    return np.concatenate([x[:, :split], y], axis=1), log_det.sum(axis=1)


def autoregressive(layer, tensors, x, context, inverse):
    dim, order, kind = layer["dim"], layer["constants"]["order"], layer["type"].split(", ")[1][:-1]
    count, context = parameters_of(layer["transformer"]), context[:, :layer["context_dim"]]
    masks = masks_of(kind, layer["options"], dim, count, context.shape[1])

    def parameters(features):
        given = np.concatenate([context, features], axis=1)
        return network(kind, layer["options"], tensors, masks, given).reshape(len(x), dim, count)

    ordered = x[:, order]
    if inverse:
        y = np.zeros_like(ordered)
        for j in range(dim):  # the first j features are there
            y[:, j] = transform(layer["transformer"], parameters(y), ordered, True)[0][:, j]
        log_det = transform(layer["transformer"], parameters(y), ordered, True)[1]
    else:
        y, log_det = transform(layer["transformer"], parameters(ordered), ordered, False)
    return y[:, np.argsort(order)], log_det.sum(axis=1)


def planar(layer, tensors, x, context, inverse):
    u, w, b = tensors["u"], tensors["w"], tensors["b"]
    if layer["h"]["type"] == "tanh":
        h, slope = np.tanh, lambda a: 1 / np.cosh(np.clip(a, -300, 300)) ** 2
    elif layer["h"]["type"] == "leaky_relu":
        least = layer["h"]["negative_slope"]
        h, slope = lambda a: np.where(a > 0, a, least * a), lambda a: np.where(a > 0, 1.0, least)
    else:
        raise ValueError(f"a planar layer of {layer['h']['type']}")
    wu = w @ u
    moved = softplus(wu + math.log(math.e - 1)) - 1  # wᵀû
    u = u + (moved - wu) * w / (w @ w) if np.any(w) else u
    a = x @ w + b
    if not inverse:
        return x + np.outer(h(a), u), np.log1p(moved * slope(a))
    reach = np.abs(a) + np.abs(moved) * (np.abs(h(a)) + np.abs(a)) + 1
    low, high = a - reach, a + reach  # v + moved h(v) = a, strictly increasing in v
    while np.any(open_below := low + moved * h(low) > a):
        low = np.where(open_below, 2 * low - a, low)
    while np.any(open_above := high + moved * h(high) < a):
        high = np.where(open_above, 2 * high - a, high)
    for _ in range(200):
        middle = 0.5 * (low + high)
        above = middle + moved * h(middle) > a
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    v = 0.5 * (low + high)
    return x - np.outer(h(v), u), -np.log1p(moved * slope(v))


def radial(layer, tensors, x, context, inverse):
    alpha, s, dim = softplus(tensors["alpha"]), softplus(tensors["beta"]), x.shape[1]
    offset = x - tensors["x0"]
    r = np.linalg.norm(offset, axis=1)
    if inverse:
        c = s - r
        root = np.sqrt(c * c + 4 * alpha * r)
        r = np.where(c > 0, 2 * alpha * r / (c + root), (root - c) / 2)
    stretch, along = (r + s) / (alpha + r), (r * r + 2 * alpha * r + alpha * s) / (alpha + r) ** 2
    log_det = (dim - 1) * np.log(stretch) + np.log(along)
    if inverse:
        return tensors["x0"] + offset / stretch[:, None], -log_det
    return tensors["x0"] + offset * stretch[:, None], log_det


def support(layer, _, x, context, inverse):
    y, log_det = x.copy(), np.zeros(len(x))
    for j, feature in enumerate(layer["constants"]["features"]):
        low, high, a = float(feature["low"]), float(feature["high"]), x[:, j]
        if math.isfinite(low) and math.isfinite(high):
            if inverse:
                y[:, j] = low + (high - low) * sigmoid(a)
                log_det += math.log(high - low) + log_sigmoid(a) + log_sigmoid(-a)
            else:
                y[:, j] = np.log(a - low) - np.log(high - a)
                log_det += np.log(high - low) - np.log(a - low) - np.log(high - a)
        elif math.isfinite(low) or math.isfinite(high):
            if feature["map"] != "log":
                raise ValueError(f"the half line's map {feature['map']}")
            edge, side = (low, 1) if math.isfinite(low) else (high, -1)
            z = side * a if inverse else np.log(side * (a - edge))
            y[:, j] = edge + side * np.exp(z) if inverse else side * z
            log_det += z if inverse else -z
    return y, log_det


# ---- bases


def base_log_prob(base, tensors, z):
    if base["type"] == "StandardNormal":
        return normal(z, 0.0, 0.0)
    if base["type"] == "DiagonalNormal":
        return normal(z, tensors["mean"], soft_clip(tensors["log_scale"], 20))
    if base["type"] == "GaussianMixture":
        mean, s = tensors["mean"].T, soft_clip(tensors["log_scale"].T, 20)
        weights = tensors["logits"] - np.logaddexp.reduce(tensors["logits"])
        parts = [w + normal(z, m, t) for w, m, t in zip(weights, mean, s)]
        return np.logaddexp.reduce(parts, axis=0)
    raise ValueError(f"the base {base['type']}")


def normal(z, mean, s):
    return -(0.5 * ((z - mean) * np.exp(-s)) ** 2 + s + HALF_LOG_TWO_PI).sum(axis=1)
