"""Networks: their options, their dense layers and their gates, both [(weight (out × in), bias)]."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .parts import Unsupported, array, called, is_of


class Network:
    def __init__(self, kind, options, layers, gates=()):
        self.kind, self.options, self.layers, self.gates = kind, options, layers, gates

    def tensors(self):
        result = {}
        for i, (weight, bias) in enumerate(self.layers):
            result[f"conditioner.{i}.weight"] = weight.T
            result[f"conditioner.{i}.bias"] = bias
        for i, (weight, bias) in enumerate(self.gates):
            result[f"conditioner.gate{i}.weight"] = weight.T
            result[f"conditioner.gate{i}.bias"] = bias
        return result

    def rearrange(self, rows, factors, offsets):
        """Takes results by place, times factors, plus offsets."""
        weight, bias = self.layers[-1]
        factors = np.asarray(factors)
        self.layers[-1] = weight[rows] * factors[:, None], bias[rows] * factors + np.asarray(offsets)


FUNCTIONS = {torch.relu: "relu", F.relu: "relu", torch.tanh: "tanh", F.tanh: "tanh", torch.sigmoid: "sigmoid",
             F.sigmoid: "sigmoid", F.silu: "silu", F.elu: "elu", F.gelu: "gelu", F.softplus: "softplus",
             F.leaky_relu: "leaky_relu"}
MODULES = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.SiLU: "silu", nn.Identity: "identity"}


def activation(function):
    """The name of an activation, a module or a function, and the slope of a leaky relu."""
    kind = type(function)
    if kind in MODULES:
        return MODULES[kind], 0.01
    if not isinstance(function, nn.Module) and function in FUNCTIONS:
        return FUNCTIONS[function], 0.01
    if kind is nn.LeakyReLU and 0 <= function.negative_slope <= 1:
        return "leaky_relu", float(function.negative_slope)
    if kind is nn.ELU and function.alpha == 1:
        return "elu", 0.01
    if kind is nn.GELU and function.approximate == "none":
        return "gelu", 0.01
    if kind is nn.Softplus and function.beta == 1:
        return "softplus", 0.01
    raise Unsupported(f"the activation {function}")


def same_activation(functions):
    found = [activation(f) for f in functions] or [("relu", 0.01)]
    if len(set(found)) > 1:
        raise Unsupported(f"a network of several activations, {', '.join(sorted({name for name, _ in found}))}")
    return found[0]


def is_dense(module):
    return (type(module) is nn.Linear or is_of(module, "zuko", "Linear", "MaskedLinear")
            or is_of(module, "nflows", "MaskedLinear") or is_of(module, "normflows", "MaskedLinear"))


def dense(module):
    if not is_dense(module):
        raise Unsupported(f"{called(module)} as a dense layer")
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
    layers, functions = [], []
    for module in modules:
        if is_dense(module):
            if len(functions) != len(layers):
                raise Unsupported("dense layers without an activation between them")
            layers.append(dense(module))
        elif type(module) is nn.Dropout and module.p == 0:
            continue
        elif len(functions) + 1 != len(layers):
            raise Unsupported(f"a {type(module).__name__} inside a network, where a dense layer should be")
        else:
            try:
                functions.append(module)
                activation(module)
            except Unsupported:
                raise Unsupported(f"{called(module)} inside a network") from None
    if not layers or len(functions) != len(layers) - 1:
        raise Unsupported("a network that does not begin and end with a dense layer")
    return mlp(layers, functions)


def residual_net(initial, blocks, final, dropout=0.0, gates=()):
    """Blocks of two dense layers with an activation before each; `blocks` has (activation, dense, dense).

    `gates` has a dense layer per block, or none: sigmoid of it, read from the network's last inputs, times the block.
    """
    name, slope = same_activation([f for f, _, _ in blocks])
    layers = [dense(initial)]
    for _, first, second in blocks:
        layers += [dense(first), dense(second)]
    layers.append(dense(final))
    options = {"width": len(layers[0][1]), "blocks": len(blocks), "activation": name, "dropout": dropout,
               "negative_slope": slope}
    gates = [dense(gate) for gate in gates]
    if gates:
        options["gates"] = gates[0][0].shape[1]
    return Network("residual net", options, layers, gates)


def durkan_blocks(blocks, *names):
    """The blocks of a network of nflows, or of normflows, which took them over."""
    for block in blocks:
        if not is_of(block, "nflows", *names) and not is_of(block, "normflows", *names):
            raise Unsupported(f"{called(block)} inside a network")
        if getattr(block, "use_batch_norm", False) or getattr(block, "batch_norm", None) is not None:
            raise Unsupported("batch norm inside a network: its batch statistics are no function of one sample")
    return blocks


def network(net):
    """Any network that eigenflow has."""
    if is_of(net, "nflows", "ResidualNet") or is_of(net, "normflows", "ResidualNet"):
        if getattr(net, "preprocessing", None) is not None:
            raise Unsupported("a network with periodic features")
        blocks = durkan_blocks(net.blocks, "ResidualBlock")
        rates = {block.dropout.p for block in blocks} or {0.0}
        # F.glu([block, gate]) is block * sigmoid(gate); the first layer reads the context last, where the gates do.
        gates = [block.context_layer for block in blocks if hasattr(block, "context_layer")]
        return residual_net(net.initial_layer, [(b.activation, *b.linear_layers) for b in blocks], net.final_layer,
                            max(rates), gates)
    if is_of(net, "normflows", "MLP"):
        return sequential(net.net)
    if is_of(net, "zuko", "MLP", "MaskedMLP") or type(net) is nn.Sequential:
        return sequential(net)
    if type(net) is nn.Linear:
        return mlp([dense(net)], [])
    raise Unsupported(f"the network {called(net)}")
