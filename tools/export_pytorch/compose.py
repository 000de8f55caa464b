"""Layers of layers: on every pixel, on the first features, one after the other."""

from .parts import Layer, inverses, permutation


class PerPixel(Layer):
    """Layers on the channels of every pixel."""

    def __init__(self, pixels, layers):
        inner = chain(layers)
        super().__init__({"type": "PerPixel", "pixels": int(pixels), "layer": inner.structure},
                         {"layer." + name: tensor for name, tensor in inner.tensors.items()})
        self.pixels, self.layers = int(pixels), layers

    def inverse(self):
        return PerPixel(self.pixels, inverses(self.layers))


def chain(layers):
    if len(layers) == 1:
        return layers[0]
    return Layer({"type": "Chain", "layers": [layer.structure for layer in layers]},
                 {f"{i}.{name}": tensor for i, layer in enumerate(layers) for name, tensor in layer.tensors.items()})


def front(dim, size, layers):
    """Layers on the first `size` of `dim` features."""
    layers = tidy(layers)
    if size == dim or not layers:
        return layers
    inner = chain(layers)
    return [Layer({"type": "Front", "dim": int(dim), "layer": inner.structure},
                  {"layer." + name: tensor for name, tensor in inner.tensors.items()})]


def tidy(layers):
    """Neighbouring permutations become one, as do layers on the same pixels, and those that do nothing go."""
    result = []
    for layer in layers:
        if result and is_permutation(layer) and is_permutation(result[-1]):
            first = indices_of(result.pop())
            layer = permutation([first[i] for i in indices_of(layer)])
        elif isinstance(layer, PerPixel):
            before = []
            if result and isinstance(result[-1], PerPixel) and result[-1].pixels == layer.pixels:
                before = result.pop().layers
            inner = tidy(before + layer.layers)
            if not inner:
                continue
            layer = PerPixel(layer.pixels, inner)
        if not is_permutation(layer) or indices_of(layer) != list(range(len(indices_of(layer)))):
            result.append(layer)
    return result


def is_permutation(layer):
    return layer.structure["type"] == "Permutation"


def indices_of(layer):
    return layer.structure["constants"]["indices"]
