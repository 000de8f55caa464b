"""Glow and FastFlow written by hand in JAX, channels last, as XLA likes them on a CPU."""

import math

import jax
import jax.numpy as jnp
import numpy as np


def conv(layer, x):
    weight, bias = layer
    return jax.lax.conv_general_dilated(x, weight, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias


def network(layers, x):
    for layer in layers[:-1]:
        x = jax.nn.relu(conv(layer, x))
    return conv(layers[-1], x)


def new_network(rng, sizes, kernels):
    return [(jnp.asarray(0.05 * rng.normal(size=(k, k, a, b)), jnp.float32), jnp.zeros(b))
            for k, a, b in zip(kernels, sizes, sizes[1:])]


def bound(s):
    return s / (1 + jnp.abs(s))


def couple(layers, log_scale, x, inverse=False):
    kept = layers[0][0].shape[2]
    a, b = x[..., :kept], x[..., kept:]
    s, t = jnp.split(network(layers, a), 2, axis=3)
    s = log_scale(s)
    b = (b - t) * jnp.exp(-s) if inverse else b * jnp.exp(s) + t
    return jnp.concatenate([a, b], axis=3), s.sum(axis=(1, 2, 3))


def log_normal(z):
    return -0.5 * (z * z).sum(axis=(1, 2, 3)) - 0.5 * math.log(2 * math.pi) * z[0].size


def squeeze(x):
    n, h, w, c = x.shape
    x = x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 5, 2, 4)
    return x.reshape(n, h // 2, w // 2, 4 * c)


def unsqueeze(x):
    n, h, w, c = x.shape
    x = x.reshape(n, h, w, c // 4, 2, 2).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(n, 2 * h, 2 * w, c // 4)


def new_norm(channels):
    return jnp.zeros(channels), jnp.zeros(channels)


class Glow:
    def __init__(self, steps, width):
        rng = np.random.default_rng(0)
        self.orders = [[rng.permutation(c) for _ in range(steps)] for c in (4, 8)]
        self.parameters = [
            ([(new_norm(c), tuple(jnp.asarray(0.1 * rng.normal(size=(c, c)), jnp.float32) for _ in range(2)) + (jnp.zeros(c),),
               new_network(rng, [c // 2, width, width, c], [3, 1, 3])) for _ in range(steps)],
             new_network(rng, [c // 2, c], [3])) for c in (4, 8)]

    @staticmethod
    def matrix(lower, upper, log_diagonal):
        eye = jnp.eye(len(log_diagonal))
        return (jnp.tril(lower, -1) + eye) @ (jnp.triu(upper, 1) + jnp.diag(jnp.exp(log_diagonal)))

    @staticmethod
    def log_scale(s):
        return jax.nn.log_sigmoid(s + 2)

    def log_prob(self, parameters, rows):
        x, total = rows.reshape(-1, 28, 28, 1), 0
        for (steps, prior), orders in zip(parameters, self.orders):
            x = squeeze(x)
            pixels = x.shape[1] * x.shape[2]
            for ((log_scale, shift), mix, layers), order in zip(steps, orders):
                x = (x * jnp.exp(log_scale) + shift)[..., order] @ self.matrix(*mix).T
                x, more = couple(layers, self.log_scale, x)
                total += more + pixels * (log_scale.sum() + mix[2].sum())
            x, more = couple(prior, bound, x)
            x, left = jnp.split(x, 2, axis=3)
            total += more + log_normal(left)
        return total + log_normal(x)

    def generate(self, parameters, key, n):
        key, draw = jax.random.split(key)
        x = jax.random.normal(draw, (n, 7, 7, 4))
        for (steps, prior), orders in reversed(list(zip(parameters, self.orders))):
            key, draw = jax.random.split(key)
            x = jnp.concatenate([x, jax.random.normal(draw, x.shape)], axis=3)
            x, _ = couple(prior, bound, x, inverse=True)
            for ((log_scale, shift), mix, layers), order in reversed(list(zip(steps, orders))):
                x, _ = couple(layers, self.log_scale, x, inverse=True)
                x = (x @ jnp.linalg.inv(self.matrix(*mix)).T)[..., np.argsort(order)]
                x = (x - shift) * jnp.exp(-log_scale)
            x = unsqueeze(x)
        return x


class FastFlow:
    def __init__(self, steps, channels, side):
        rng = np.random.default_rng(0)
        self.shape = (side, side, channels)
        self.orders = [rng.permutation(channels) for _ in range(steps)]
        kept = channels - channels // 2
        self.parameters = [(new_network(rng, [kept, kept, 2 * (channels - kept)], [1, 1] if i % 2 else [3, 3]),
                            new_norm(channels)) for i in range(steps)]

    @staticmethod
    def clamp(s):
        return 2 * jnp.tanh(s)

    def log_prob(self, parameters, rows):
        x, total = rows.reshape(-1, *self.shape), 0
        for (layers, (log_scale, shift)), order in zip(parameters, self.orders):
            x, more = couple(layers, self.clamp, x)
            x = (x * jnp.exp(log_scale) + shift)[..., order]
            total += more + x.shape[1] * x.shape[2] * log_scale.sum()
        return total + log_normal(x)

    def generate(self, parameters, key, n):
        x = jax.random.normal(key, (n, *self.shape))
        for (layers, (log_scale, shift)), order in reversed(list(zip(parameters, self.orders))):
            x = (x[..., np.argsort(order)] - shift) * jnp.exp(-log_scale)
            x, _ = couple(layers, self.clamp, x, inverse=True)
        return x


def image_flow(family, steps, width, dim):
    if family == "glow":
        return Glow(steps, width)
    return FastFlow(steps, width, math.isqrt(dim // width))
