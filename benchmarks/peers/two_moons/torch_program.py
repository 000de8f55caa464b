"""Two moons from nothing to a test loss of 2.42 nats in PyTorch: the whole process."""

import copy
import pathlib
import sys

import numpy as np
import torch

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from torch_worker import RealNvp
from two_moons import AVERAGE, BETA1, BETA2, ROWS, SEED, fit, two_moons

torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
x = torch.from_numpy(two_moons(ROWS, rng))
test = torch.from_numpy(two_moons(ROWS, rng))
flow = RealNvp(8, 64, 2)
for conditioner in flow.conditioners:  # starts at the identity, as eigenflow does
    torch.nn.init.zeros_(conditioner[-1].weight)
    torch.nn.init.zeros_(conditioner[-1].bias)
parameters = list(flow.parameters())
averaged = copy.deepcopy(flow)
optimizer = torch.optim.Adam(parameters, betas=(BETA1, BETA2), fused=True)


def train(rows, learning_rate):
    optimizer.param_groups[0]["lr"] = learning_rate
    optimizer.zero_grad()
    (-flow.log_prob(x[torch.from_numpy(rows)]).mean()).backward()
    optimizer.step()
    with torch.no_grad():
        torch._foreach_lerp_(list(averaged.parameters()), parameters, AVERAGE)


def test_loss():
    with torch.inference_mode():
        return -averaged.log_prob(test).mean().item()


fit(rng, train, test_loss)
