"""normflows' Glow as its documentation builds it, eager, one thread."""

import normflows as nf
import torch

from torch_worker import calls
from worker import serve

torch.set_num_threads(1)


def glow(steps, width):
    bases, merges, levels = [], [], []
    for level in range(2):
        channels = 8 if level == 0 else 4
        blocks = [nf.flows.GlowBlock(channels, width, split_mode="channel", scale=True) for _ in range(steps)]
        levels.append(blocks + [nf.flows.Squeeze()])
        shape = (8, 7, 7) if level == 0 else (2, 14, 14)
        if level > 0:
            merges.append(nf.flows.Merge())
        bases.append(nf.distributions.DiagGaussian(shape))
    return nf.MultiscaleFlow(bases, levels, merges, class_cond=False)


def prepare(task, family, couplings, width, batch, dim):
    if family != "glow":
        return None
    flow = glow(couplings, width)
    return calls(flow, lambda x: flow.log_prob(x.view(-1, 1, 28, 28), None), lambda n: flow.sample(n)[0], task, batch, dim)


if __name__ == "__main__":
    serve(prepare)
