"""The networks of convolutions of model files, with NumPy alone: for evaluate.py."""

import numpy as np


def convolved(options, tensors, x, activate):
    """The results, plane after plane, of inputs that are planes and then numbers to be broadcast."""
    h = images(options, x)
    if "blocks" not in options:
        for i, side in enumerate(options["kernels"]):
            h = convolution(options, tensors, i, side, activate(h) if i else h)
    else:
        conv = lambda i, h: convolution(options, tensors, i, options["kernel"], h)
        h = conv(0, h)
        for block in range(options["blocks"]):
            h = h + conv(2 * block + 2, activate(conv(2 * block + 1, activate(h))))
        h = conv(2 * options["blocks"] + 1, h)
    colour = {"all": "all", "even": "odd", "odd": "even"}[options.get("checkerboard", "all")]
    return h[:, pixels_of(options, colour)].transpose(0, 2, 1).reshape(len(x), -1)


def pixels_of(options, colour):
    """Which pixels have a colour of the checkerboard."""
    y, x = np.indices((options["height"], options["width"]))
    return {"all": y >= 0, "even": (y + x) % 2 == 0, "odd": (y + x) % 2 == 1}[colour]


def images(options, x):
    """Inputs as N × height × width × channels. The pixels of the other colour are zero."""
    pixels, numbers = pixels_of(options, options.get("checkerboard", "all")), options.get("broadcast", 0)
    end = x.shape[1] - numbers
    planes = x[:, :end].reshape(len(x), -1, pixels.sum()).transpose(0, 2, 1)
    h = np.zeros((len(x), *pixels.shape, planes.shape[2] + numbers))
    h[:, pixels, :planes.shape[2]] = planes
    h[..., planes.shape[2]:] = x[:, None, None, end:]
    return h


def convolution(options, tensors, i, side, h):
    """Weights are out × (taps · in): tap by tap, line by line, with the inputs of a tap side by side."""
    weight, bias = tensors[f"{i}.weight"], tensors[f"{i}.bias"]
    channels, margin = h.shape[3], side // 2
    padding = {"zero": "constant", "circular": "wrap"}[options.get("padding", "zero")]
    wide = np.pad(h, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode=padding) if margin else h
    result = np.broadcast_to(bias, (*h.shape[:3], len(bias))).copy()
    for tap in range(side * side):
        y, x = divmod(tap, side)
        result += wide[:, y:y + h.shape[1], x:x + h.shape[2]] @ weight[:, tap * channels:(tap + 1) * channels].T
    return result
