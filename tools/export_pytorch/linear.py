"""Linear maps of features, y = W x, as layers."""

import numpy as np
import torch

from .parts import Layer, Unsupported, lu_linear, permutation


def is_permutation(matrix):
    return np.all((matrix == 0) | (matrix == 1)) and np.all(matrix.sum(0) == 1) and np.all(matrix.sum(1) == 1)


def linear(weight):
    """Any invertible W. A permutation stays one."""
    if is_permutation(weight):
        return [permutation(weight.argmax(axis=1))]
    order, lower, upper = (t.numpy() for t in torch.linalg.lu(torch.from_numpy(np.array(weight))))
    return from_lu(order, lower, upper)


def from_lu(order, lower, upper):
    """W = P L U. Our U has a positive diagonal: with D = diag(±1) of its signs, P L U = P D (D L D) (D U)."""
    if not is_permutation(order):
        raise Unsupported("an LU layer whose P is no permutation")
    diagonal = np.diag(upper)
    if not np.all(diagonal):
        raise Unsupported("a linear layer that is singular")
    signs, size, indices = np.sign(diagonal), len(diagonal), order.argmax(axis=1)
    below, above = np.tril_indices(size, -1), np.triu_indices(size, 1)
    layer = lu_linear((signs[:, None] * lower * signs)[below], (signs[:, None] * upper)[above],
                      np.log(np.abs(diagonal)), np.zeros(size))
    layer.structure["permutation"] = permutation(indices).structure
    turned = np.flatnonzero(signs[indices] < 0)
    return [layer, householder(np.eye(size)[turned])] if len(turned) else [layer]


def householder(vectors):
    """Reflections I - 2 v vᵀ/‖v‖², the first of them first."""
    count, size = vectors.shape
    units = np.eye(size)[np.arange(count) // 2 % size]
    return Layer({"type": "Householder", "dim": size, "count": count}, {"vectors": (vectors - units).T})
