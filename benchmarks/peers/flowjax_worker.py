"""FlowJAX's own flows, trained as its `fit_to_data` does: equinox, optax.adam, one jitted step."""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramax
from flowjax.bijections import Affine, RationalQuadraticSpline
from flowjax.distributions import Normal
from flowjax.flows import coupling_flow, masked_autoregressive_flow, planar_flow

from worker import serve


def make(family, couplings, width, dim):
    key = jax.random.key(0)
    base = Normal(jnp.zeros(dim))
    if family == "real_nvp":
        return coupling_flow(key, base_dist=base, transformer=Affine(), flow_layers=couplings, nn_width=width, nn_depth=2)
    if family == "spline":
        return coupling_flow(key, base_dist=base, transformer=RationalQuadraticSpline(knots=8, interval=5),
                             flow_layers=couplings, nn_width=width, nn_depth=2)
    if family == "maf":
        return masked_autoregressive_flow(key, base_dist=base, flow_layers=couplings, nn_width=width, nn_depth=2)
    if family == "planar":
        return planar_flow(key, base_dist=base, flow_layers=couplings, invert=True)
    return None


def prepare(task, family, couplings, width, batch, dim):
    flow = make(family, couplings, width, dim)
    x = jnp.asarray(np.random.default_rng(0).normal(size=(batch, dim)).astype(np.float32))
    if task == "training_step":
        trained, fixed = eqx.partition(flow, eqx.is_inexact_array, is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable))
        optimizer = optax.adam(1e-5)

        def loss(trained, x):
            return -paramax.unwrap(eqx.combine(trained, fixed)).log_prob(x).mean()

        @eqx.filter_jit(donate="all-except-first")
        def step(x, trained, state):
            grad = eqx.filter_grad(loss)(trained, x)
            updates, state = optimizer.update(grad, state, trained)
            return eqx.apply_updates(trained, updates), state

        current = [(trained, optimizer.init(trained))]

        def call():
            current[0] = step(x, *current[0])
            jax.block_until_ready(current[0])

        return call
    if task in ("log_prob", "one_point"):
        rows = x if task == "log_prob" else x[:1]
        function = eqx.filter_jit(lambda flow, x: flow.log_prob(x))
        return lambda: function(flow, rows).block_until_ready()
    if task == "sample":
        if family == "planar":
            return None
        function = eqx.filter_jit(lambda flow, key: flow.sample(key, (batch,)))
        keys = [jax.random.key(0)]

        def call():
            keys[0], key = jax.random.split(keys[0])
            function(flow, key).block_until_ready()

        return call
    return None


serve(prepare)
