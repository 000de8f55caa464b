"""Real NVP and flows of images written by hand in JAX, as fast as we know how: one jitted function a task, donated
buffers."""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
import numpy as np

from jax_images import image_flow
from worker import serve


def initial(key, couplings, width, dim):
    split = dim // 2
    sizes = [(split, width), (width, width), (width, 2 * (dim - split))]
    parameters = []
    for _ in range(couplings):
        layers = []
        for fan_in, fan_out in sizes:
            key, draw = jax.random.split(key)
            layers.append((0.05 * jax.random.normal(draw, (fan_in, fan_out)), jnp.zeros(fan_out)))
        parameters.append(layers)
    return parameters


def conditioner(layers, x):
    (w1, b1), (w2, b2), (w3, b3) = layers
    h = jax.nn.relu(x @ w1 + b1)
    h = jax.nn.relu(h @ w2 + b2)
    return h @ w3 + b3


def scale_and_shift(layers, a, width):
    s, t = jnp.split(conditioner(layers, a), 2, axis=1)
    return s / (1 + jnp.abs(s)), t  # the bound that eigenflow uses


def log_prob(parameters, x):
    dim = x.shape[1]
    split = dim // 2
    log_det = jnp.zeros(x.shape[0])
    for layers in parameters:
        a, b = x[:, :split], x[:, split:]
        s, t = scale_and_shift(layers, a, dim - split)
        x = jnp.concatenate([a, b * jnp.exp(s) + t], axis=1)[:, ::-1]
        log_det += s.sum(axis=1)
    return log_det - 0.5 * (x * x).sum(axis=1) - 0.5 * dim * np.log(2 * np.pi)


def generate(parameters, z):
    dim = z.shape[1]
    split = dim // 2
    for layers in reversed(parameters):
        z = z[:, ::-1]
        a, b = z[:, :split], z[:, split:]
        s, t = scale_and_shift(layers, a, dim - split)
        z = jnp.concatenate([a, (b - t) * jnp.exp(-s)], axis=1)
    return z


def adam_step(log_prob, state, x, learning_rate, beta1=0.9, beta2=0.999):
    parameters, mean, variance, step = state
    grad = jax.grad(lambda p: -log_prob(p, x).mean())(parameters)
    step = step + 1
    mean = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, mean, grad)
    variance = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, variance, grad)
    rate = learning_rate * jnp.sqrt(1 - beta2**step) / (1 - beta1**step)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), parameters, mean, variance)
    return parameters, mean, variance, step


def prepare(task, family, couplings, width, batch, dim):
    if family in ("glow", "fast_flow"):
        flow = image_flow(family, couplings, width, dim)
        density, parameters = flow.log_prob, flow.parameters
        draw_rows = lambda p, key: flow.generate(p, key, batch)
    elif family == "real_nvp":
        density, parameters = log_prob, initial(jax.random.key(0), couplings, width, dim)
        draw_rows = lambda p, key: generate(p, jax.random.normal(key, (batch, dim)))
    else:
        return None
    x = jnp.asarray(np.random.default_rng(0).normal(size=(batch, dim)).astype(np.float32))
    if task == "training_step":
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        state = [(parameters, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0))]
        step = jax.jit(lambda state, x: adam_step(density, state, x, 1e-5), donate_argnums=0)

        def call():
            state[0] = step(state[0], x)
            jax.block_until_ready(state[0])

        return call
    if task in ("log_prob", "one_point"):
        rows = x if task == "log_prob" else x[:1]
        compiled = jax.jit(density).lower(parameters, rows).compile()
        return lambda: compiled(parameters, rows).block_until_ready()
    if task == "sample":
        draw = jax.jit(draw_rows)
        keys = [jax.random.key(0)]

        def call():
            keys[0], key = jax.random.split(keys[0])
            draw(parameters, key).block_until_ready()

        return call
    return None


if __name__ == "__main__":
    serve(prepare)
