"""Real NVP and flows of images written by hand in PyTorch, eager, one thread."""

import torch
from torch import nn

from torch_images import image_flow
from worker import serve

torch.set_num_threads(1)


class RealNvp(nn.Module):
    def __init__(self, couplings, width, dim):
        super().__init__()
        self.dim, self.split = dim, dim // 2
        self.conditioners = nn.ModuleList(
            nn.Sequential(nn.Linear(self.split, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
                          nn.Linear(width, 2 * (dim - self.split)))
            for _ in range(couplings))
        self.base = torch.distributions.Normal(0.0, 1.0)

    def scale_and_shift(self, conditioner, a):
        s, t = conditioner(a).chunk(2, dim=1)
        return torch.tanh(s), t

    def log_prob(self, x):
        log_det = x.new_zeros(x.shape[0])
        for conditioner in self.conditioners:
            a, b = x[:, :self.split], x[:, self.split:]
            s, t = self.scale_and_shift(conditioner, a)
            x = torch.cat([a, b * s.exp() + t], dim=1).flip(1)
            log_det = log_det + s.sum(dim=1)
        return log_det + self.base.log_prob(x).sum(dim=1)

    def sample(self, n):
        z = torch.randn(n, self.dim)
        for conditioner in reversed(self.conditioners):
            z = z.flip(1)
            a, b = z[:, :self.split], z[:, self.split:]
            s, t = self.scale_and_shift(conditioner, a)
            z = torch.cat([a, (b - t) * (-s).exp()], dim=1)
        return z


def calls(flow, log_prob, sample, task, batch, dim):
    """The function to time, from a module and its two directions."""
    x = torch.randn(batch, dim)
    if task == "training_step":
        optimizer = torch.optim.Adam(flow.parameters(), lr=1e-5, fused=True)

        def step():
            optimizer.zero_grad()
            (-log_prob(x).mean()).backward()
            optimizer.step()

        return step

    def without_grad(call):
        def run():
            with torch.inference_mode():
                call()

        return run

    if task == "log_prob":
        return without_grad(lambda: log_prob(x))
    if task == "one_point":
        point = x[:1].clone()
        return without_grad(lambda: log_prob(point))
    return without_grad(lambda: sample(batch))


def prepare(task, family, couplings, width, batch, dim):
    if family in ("glow", "fast_flow"):
        flow = image_flow(family, couplings, width, dim)
    elif family == "real_nvp":
        flow = RealNvp(couplings, width, dim)
    else:
        return None
    return calls(flow, flow.log_prob, flow.sample, task, batch, dim)


if __name__ == "__main__":
    serve(prepare)
