"""zuko's flows, eager PyTorch, one thread."""

import torch
import zuko

from torch_worker import calls
from worker import serve


def prepare(task, family, couplings, width, batch, dim):
    shape = dict(transforms=couplings, hidden_features=(width, width))
    if family == "real_nvp":
        flow = zuko.flows.RealNVP(dim, **shape)
    elif family == "spline":
        flow = zuko.flows.NSF(dim, passes=2, bins=8, **shape)
    elif family == "maf":
        flow = zuko.flows.MAF(dim, **shape)
    else:
        return None
    return calls(flow, lambda x: flow().log_prob(x), lambda n: flow().sample((n,)), task, batch, dim)


serve(prepare)
