"""Glow and FastFlow written by hand in PyTorch: the work of eigenflow's `glow` and `fast_flow`."""

import math

import torch
from torch import nn
from torch.nn import functional as F


def log_normal(z):
    return -0.5 * (z * z).sum(dim=(1, 2, 3)) - 0.5 * math.log(2 * math.pi) * z[0].numel()


def network(channels_in, hidden, channels_out, kernels):
    sizes = [channels_in, *hidden, channels_out]
    layers = []
    for i, kernel in enumerate(kernels):
        layers += [nn.Conv2d(sizes[i], sizes[i + 1], kernel, padding=kernel // 2), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class ActNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.log_scale, self.shift = (nn.Parameter(torch.zeros(1, channels, 1, 1)) for _ in range(2))

    def forward(self, x):
        return x * self.log_scale.exp() + self.shift, self.log_scale.sum() * x.shape[2] * x.shape[3]

    def inverse(self, z):
        return (z - self.shift) * (-self.log_scale).exp()


class Mix(nn.Module):
    """Glow's 1 × 1 convolution by a triangular decomposition."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("order", torch.randperm(channels))
        self.lower, self.upper = (nn.Parameter(0.1 * torch.randn(channels, channels)) for _ in range(2))
        self.log_diagonal = nn.Parameter(torch.zeros(channels))

    def matrix(self):
        eye = torch.eye(len(self.order))
        return (self.lower.tril(-1) + eye) @ (self.upper.triu(1) + torch.diag(self.log_diagonal.exp()))

    def forward(self, x):
        weight = self.matrix()[:, :, None, None]
        return F.conv2d(x[:, self.order], weight), self.log_diagonal.sum() * x.shape[2] * x.shape[3]

    def inverse(self, z):
        x = F.conv2d(z, self.matrix().inverse()[:, :, None, None])
        return x[:, self.order.argsort()]


class Coupling(nn.Module):
    def __init__(self, channels, hidden, kernels, log_scale):
        super().__init__()
        self.kept = channels - channels // 2
        self.network = network(self.kept, hidden, 2 * (channels - self.kept), kernels)
        self.log_scale = log_scale

    def split(self, x):
        s, t = self.network(x[:, :self.kept]).chunk(2, dim=1)
        return x[:, :self.kept], x[:, self.kept:], self.log_scale(s), t

    def forward(self, x):
        a, b, s, t = self.split(x)
        return torch.cat([a, b * s.exp() + t], dim=1), s.sum(dim=(1, 2, 3))

    def inverse(self, z):
        a, b, s, t = self.split(z)
        return torch.cat([a, (b - t) * (-s).exp()], dim=1)


class Steps(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        log_det = x.new_zeros(x.shape[0])
        for layer in self.layers:
            x, more = layer(x)
            log_det = log_det + more
        return x, log_det

    def inverse(self, z):
        for layer in reversed(self.layers):
            z = layer.inverse(z)
        return z


class Glow(nn.Module):
    """Images of 28 × 28: squeeze, steps, half of the channels leave; twice."""

    def __init__(self, steps, width):
        super().__init__()
        sigmoid = lambda s: F.logsigmoid(s + 2)
        step = lambda c: [ActNorm(c), Mix(c), Coupling(c, [width, width], [3, 1, 3], sigmoid)]
        bound = lambda s: s / (1 + s.abs())  # eigenflow's
        self.levels = nn.ModuleList(
            Steps(*[layer for _ in range(steps) for layer in step(c)], Coupling(c, [], [3], bound)) for c in (4, 8))

    def log_prob(self, rows):
        x, total = rows.view(-1, 1, 28, 28), 0
        for level in self.levels:
            z, log_det = level(F.pixel_unshuffle(x, 2))
            x, left = z.chunk(2, dim=1)
            total = total + log_det + log_normal(left)
        return total + log_normal(x)

    def sample(self, n):
        x = torch.randn(n, 4, 7, 7)
        for level in reversed(self.levels):
            x = F.pixel_shuffle(level.inverse(torch.cat([x, torch.randn_like(x)], dim=1)), 2)
        return x


class Permute(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.register_buffer("order", torch.randperm(channels))

    def forward(self, x):
        return x[:, self.order], 0

    def inverse(self, z):
        return z[:, self.order.argsort()]


class FastFlow(nn.Module):
    """3 × 3 and 1 × 1 convolutions in turn."""

    def __init__(self, steps, channels, side):
        super().__init__()
        self.shape = (channels, side, side)
        clamp = lambda s: 2 * torch.tanh(s)
        kept = channels - channels // 2
        self.steps = Steps(*[layer for i in range(steps) for layer in (
            Coupling(channels, [kept], [1, 1] if i % 2 else [3, 3], clamp), ActNorm(channels), Permute(channels))])

    def log_prob(self, rows):
        z, log_det = self.steps(rows.view(-1, *self.shape))
        return log_normal(z) + log_det

    def sample(self, n):
        return self.steps.inverse(torch.randn(n, *self.shape))


def image_flow(family, steps, width, dim):
    if family == "glow":
        return Glow(steps, width)
    return FastFlow(steps, width, math.isqrt(dim // width))
