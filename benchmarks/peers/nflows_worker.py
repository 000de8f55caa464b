"""nflows' flows, eager PyTorch, one thread."""

from nflows.distributions import StandardNormal
from nflows.flows import Flow, MaskedAutoregressiveFlow, SimpleRealNVP
from nflows.nn.nets import MLP
from nflows.transforms import CompositeTransform, PiecewiseRationalQuadraticCouplingTransform, ReversePermutation
from nflows.utils import create_mid_split_binary_mask

from torch_worker import calls
from worker import serve


class Conditioner(MLP):
    """nflows' couplings hand their network a context, which nflows' MLP does not take."""

    def forward(self, inputs, context=None):
        return super().forward(inputs)


def prepare(task, family, couplings, width, batch, dim):
    if family == "real_nvp":
        flow = SimpleRealNVP(dim, width, couplings, 1)
    elif family == "maf":
        flow = MaskedAutoregressiveFlow(dim, width, couplings, 1)
    elif family == "spline":
        layers = []
        for _ in range(couplings):
            layers.append(PiecewiseRationalQuadraticCouplingTransform(
                create_mid_split_binary_mask(dim), lambda i, o: Conditioner([i], [o], [width, width]), num_bins=8,
                tails="linear", tail_bound=5.0))
            layers.append(ReversePermutation(dim))
        flow = Flow(CompositeTransform(layers), StandardNormal([dim]))
    else:
        return None
    return calls(flow, flow.log_prob, flow.sample, task, batch, dim)


serve(prepare)
