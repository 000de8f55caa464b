"""Whether a file says what its model says, at random points, in double."""

import json

import numpy as np
import torch

from .evaluate import Reading, soft_clip
from .parts import Unsupported

POINTS = 128  # fewer of many features: see points_of
TOLERANCE = 1e-6  # for max(1, |log p|)


def check(library, model, architecture, tensors):
    """Throws Unsupported unless the file's densities are those of the model, which is in double. Returns whether the
    tensors may be rounded to float: where an embedding is folded into weights, that can cost digits which the model
    keeps."""
    reading = Reading(architecture, tensors)
    rng, points = np.random.default_rng(0), points_of(reading.features)
    context = contexts(library, model, architecture["context"], points, rng)
    z = latent(reading, points, rng)
    with np.errstate(all="ignore"), torch.no_grad():
        x = reading.inverse(z, context)[0]
        if not any("Support" in json.dumps(layer) for layer in architecture["layers"]):
            x[::4] = rng.normal(size=x[::4].shape)  # not all where our reading has the mass
        given = None if context is None else torch.from_numpy(context)
        try:
            wanted = library.log_prob(model, torch.from_numpy(x), given)
        except NotImplementedError:
            if not hasattr(library, "generated"):
                raise
            points, wanted = library.generated(model, torch.from_numpy(z))
            x = points.numpy()
        except Exception as problem:
            raise Unsupported("a model whose own library cannot evaluate it"
                              + (f" with a context of {context.shape[1]} columns" if context is not None else "")
                              + f": {problem}") from problem
        wanted, found = wanted.reshape(-1).double().numpy(), reading.log_prob(x, context)
        # Where a point a few roundings to the side has another density, rounding alone tells model and file apart.
        beside = reading.log_prob(*(None if a is None else a * (1 + 1e-14 * rng.normal(size=a.shape))
                                    for a in (x, context)))
        rounded = Reading(architecture, {name: tensor.astype(np.float32).astype(float) for name, tensor in
                                         tensors.items()}).log_prob(x, context)
    steady = ~(distance(found, beside) > 0.01 * TOLERANCE)
    if steady.sum() < points / 8:
        raise Unsupported("a model whose density changes with the rounding of its inputs: do they lie too far from zero "
                          "for their spread? Centre the data, and the context, before you train")
    compare(wanted[steady], found[steady])
    usual = np.isfinite(found) & steady
    return bool(np.all(distance(found[usual], rounded[usual]) < 1e-4))


def points_of(features):
    """How many points fit in memory: a multiple of 8."""
    return min(POINTS, max(8, 2**21 // features // 8 * 8))


def distance(wanted, found):
    return np.abs(found - wanted) / np.maximum(1, np.abs(wanted))


def compare(wanted, found):
    both = np.isfinite(wanted) & np.isfinite(found)
    alike = both | (~np.isfinite(wanted) & ~np.isfinite(found))
    worst = distance(wanted[both], found[both]).max(initial=0.0)
    if worst > TOLERANCE:
        at = np.flatnonzero(both)[np.argmax(distance(wanted[both], found[both]))]
        raise Unsupported(f"something in the model that the exporter does not know of: log p is {wanted[at]:.6g} by the "
                          f"model and {found[at]:.6g} by the file at one of {len(wanted)} random points, the largest "
                          "difference. Look for methods, hooks or activations that were changed")
    if not both.any() or not alike.all():
        raise Unsupported(f"a model whose density is finite at {np.isfinite(wanted).sum()} of {len(wanted)} random "
                          f"points, where the file's is at {np.isfinite(found).sum()}")


def contexts(library, model, dim, points, rng):
    """Contexts such that what an embedding makes of them is about standard normal."""
    if dim == 0:
        return None
    context = rng.normal(size=(points, dim)) * np.repeat([1.0, 3.0], points // 2)[:, None]
    embedding = getattr(library, "embedding_of", lambda _: None)(model)
    if embedding is None:
        return context
    a, shift = embedding
    if a.ndim == 1:
        return (context - shift) / a
    embedded = rng.normal(size=(points, a.shape[0]))
    return (embedded - shift) @ np.linalg.pinv(a).T


def latent(reading, points, rng):
    """Points of the latent space: where the base has its mass, and farther out."""
    z = rng.normal(size=(points, reading.features)) * np.tile([1.0, 1.0, 1.0, 4.0], points // 4)[:, None]
    mean, free = reading.base_tensors.get("mean"), reading.base_tensors.get("log_scale")
    if mean is None:
        return z
    if mean.ndim == 2:  # a mixture
        which = rng.integers(mean.shape[1], size=points)
        mean, free = mean.T[which], free.T[which]
    return mean + np.exp(soft_clip(free, 20)) * z
