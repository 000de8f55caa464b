"""Flows of images: convolutions, and couplings of channels or of a checkerboard. A row has an image channel by channel
and each channel line by line; a shape is (channels, height, width)."""

import math

import numpy as np
from torch import nn

from .compose import PerPixel
from .networks import Network, activation, same_activation
from .parts import Layer, Unsupported, array, called, inverses, is_of, permutation


class ConvNetwork(Network):
    """Convolutions [(weight (out × (taps · in)), bias)]."""

    def __init__(self, options, layers):
        super().__init__("conv net", options, layers)
        self.reads = layers[0][0].shape[1] // options["kernels"][0] ** 2

    def tensors(self):
        return {f"conditioner.{i}.{name}": tensor for i, layer in enumerate(self.layers)
                for name, tensor in zip(("weight", "bias"), layer)}


def convolution(conv, margin, padding):
    """The weight, the bias, the kernel and the padding of a convolution that follows a padding of `margin`."""
    side = conv.kernel_size[0]
    if side not in (1, 3) or conv.kernel_size != (side, side):
        raise Unsupported(f"a convolution with a kernel of {conv.kernel_size[0]} × {conv.kernel_size[1]}: eigenflow "
                          "has 1 × 1 and 3 × 3")
    for name in ("stride", "dilation"):
        if getattr(conv, name) != (1, 1):
            raise Unsupported(f"a convolution with {name}={getattr(conv, name)}: give it 1")
    if conv.groups != 1:
        raise Unsupported(f"a convolution with groups={conv.groups}: give it 1")
    own = side // 2 if conv.padding == "same" else 0 if conv.padding == "valid" else conv.padding
    own = (own, own) if isinstance(own, int) else own
    if own[0] != own[1] or (own[0], margin) not in ((side // 2, 0), (0, side // 2)):
        raise Unsupported(f"a convolution of {side} × {side} pixels with padding={conv.padding}, which changes the "
                          f"size of an image: give it padding={side // 2}")
    if own[0]:
        padding = {"zeros": "zero", "circular": "circular"}.get(conv.padding_mode)
    if padding is None:
        raise Unsupported(f"a convolution with padding_mode={conv.padding_mode!r}: eigenflow has zeros and circular")
    weight = array(conv.weight)
    bias = np.zeros(len(weight)) if conv.bias is None else array(conv.bias)
    return weight.transpose(0, 2, 3, 1).reshape(len(weight), -1), bias, side, padding


def conv_network(net, height, width):
    """Convolutions with an activation between each two."""
    modules = net.net if is_of(net, "normflows", "ConvNet2d") else net
    if type(modules) is nn.Conv2d:
        modules = [modules]
    elif type(modules) is not nn.Sequential:
        raise Unsupported(f"the network {called(net)} of an image: eigenflow reads an nn.Sequential of convolutions and "
                          "activations")
    layers, kernels, paddings, functions, margin = [], [], set(), [], (0, None)
    for module in modules:
        if type(module) in (nn.ZeroPad2d, nn.CircularPad2d) and len(set(module.padding)) == 1 and margin[0] == 0:
            margin = module.padding[0], "zero" if type(module) is nn.ZeroPad2d else "circular"
        elif type(module) is nn.Conv2d and len(functions) == len(layers):
            weight, bias, kernel, padding = convolution(module, margin[0], margin[1] or "zero")
            layers.append((weight, bias))
            kernels.append(kernel)
            paddings |= {padding} if kernel > 1 else set()
            margin = 0, None
        elif (is_of(module, "normflows", "ActNorm") and hasattr(module, "actNorm")
              and len(functions) + 1 == len(layers)):
            layers[-1] = normalised(module.actNorm, *layers[-1])
        elif type(module) in (nn.Dropout, nn.Dropout2d) and module.p == 0:
            continue
        elif type(module) is nn.Conv2d:
            raise Unsupported("convolutions without an activation between them")
        elif len(functions) + 1 != len(layers) or margin[0]:
            raise Unsupported(f"{called(module)} inside a network of convolutions, where a convolution should be")
        else:
            functions.append(module)
            try:
                activation(module)
            except Unsupported:
                raise Unsupported(f"{called(module)} inside a network of convolutions") from None
    if not layers or len(functions) != len(layers) - 1 or margin[0]:
        raise Unsupported("a network of an image that does not begin and end with a convolution")
    if len(paddings) > 1:
        raise Unsupported("a network with zeros around some images and circular padding around others")
    name, slope = same_activation(functions)
    if name == "leaky_relu" and slope == 0:
        name, slope = "relu", 0.01
    return ConvNetwork({"height": height, "width": width, "hidden": [len(bias) for _, bias in layers[:-1]],
                        "kernels": kernels, "padding": min(paddings, default="zero"), "activation": name,
                        "dropout": 0.0, "negative_slope": slope, "broadcast": 0, "checkerboard": "all"}, layers)


def normalised(norm, weight, bias):
    """A convolution whose results y become eˢ y + t."""
    if not norm.data_dep_init_done:
        raise Unsupported("an ActNorm that has not seen data yet: the first batch sets it")
    scale, shift = np.exp(array(norm.s).reshape(-1)), array(norm.t).reshape(-1)
    if len(scale) != len(bias):
        raise Unsupported(f"an ActNorm of the shape {tuple(norm.s.shape[1:])} inside a network of convolutions: its "
                          "numbers must be those of channels")
    return weight * scale[:, None], bias * scale + shift


class Split:
    """An image as two of `shapes`, one after the other, behind the layers `order`."""

    def __init__(self, order, *shapes):
        self.order, self.shapes = order, shapes


def split(given, moved, height, width):
    """The channels that condition, then those that move."""
    order = [*given, *moved]
    return Split([PerPixel(height * width, [permutation(order)])], (len(given), height, width),
                 (len(moved), height, width))


def checkerboard(shape, first):
    """The pixels with c + y + x even (first = 0) or odd, then the others. Both keep their lines."""
    channels, height, width = shape
    if width % 2:
        raise Unsupported(f"a checkerboard on lines of {width} pixels: an even number is wanted")
    colour = np.indices(shape).sum(axis=0).reshape(-1) % 2
    order = np.concatenate([np.flatnonzero(colour == first), np.flatnonzero(colour != first)])
    half = channels, height, width // 2
    return Split([permutation(order)], half, half)


def coupling(parts, transformer, net, place, context=0, wrap=lambda layer: [layer]):
    """A coupling of the two parts of a Split, whose first one conditions.

    place(j, i) is the channel of the network's results that is number i of transformed channel j. The context has
    `context` planes. `wrap` makes layers of the coupling, that see the two parts.
    """
    (structure, source), (given, moved) = transformer, parts.shapes
    if net.reads != given[0] + context:
        raise Unsupported(f"a coupling whose network reads {net.reads} channels, but has {given[0]} and {context} of "
                          "context to read")
    rows = [place(j, at) for at, _, _ in source for j in range(moved[0])]
    net.rearrange(rows, np.repeat([f for _, f, _ in source], moved[0]), np.repeat([o for _, _, o in source], moved[0]))
    pixels = math.prod(moved[1:])
    layer = Layer({"type": f"Coupling<{structure['type']}, {net.kind}>", "dim": math.prod(given) + math.prod(moved),
                   "split": math.prod(given), "options": net.options, "transformer": structure,
                   "context_dim": context * pixels}, net.tensors())
    return [*parts.order, *wrap(layer), *inverses(parts.order)]
