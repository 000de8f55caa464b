"""The golden flows of images, and FrEIA's of vectors: see build.py."""

import importlib.util
import math
import sys
import types

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

from export_pytorch import export


def has_freia():
    return importlib.util.find_spec("FrEIA") is not None


def convs(kernel, hidden, activation=nn.ReLU):
    """The networks of FastFlow, as its author and anomalib write them."""
    return lambda i, o: nn.Sequential(nn.Conv2d(i, hidden, kernel, padding="same"), activation(),
                                      nn.Conv2d(hidden, o, kernel, padding="same"))


def padded(hidden):
    """Those of anomalib's first releases."""
    return lambda i, o: nn.Sequential(nn.ZeroPad2d((1, 1, 1, 1)), nn.Conv2d(i, hidden, 3), nn.ReLU(),
                                      nn.ZeroPad2d((0, 0, 0, 0)), nn.Conv2d(hidden, o, 1))


def circular(hidden):
    return lambda i, o: nn.Sequential(nn.CircularPad2d((1, 1, 1, 1)), nn.Conv2d(i, hidden, 3), nn.LeakyReLU(0.2),
                                      nn.Conv2d(hidden, o, 3, padding=1, padding_mode="circular", bias=False))


def dense(hidden):
    return lambda i, o: nn.Sequential(nn.Linear(i, hidden), nn.Tanh(), nn.Linear(hidden, o))


def anomalib_block():
    """A class with the name of anomalib's copy of FrEIA's block."""
    from FrEIA.modules import AllInOneBlock
    name = "anomalib.models.components.flow.all_in_one_block"
    module = sys.modules.setdefault(name, types.ModuleType(name))
    if not hasattr(module, "AllInOneBlock"):
        module.AllInOneBlock = type("AllInOneBlock", (AllInOneBlock,), {"__module__": name})
    return module.AllInOneBlock


def sequence(shape, networks, block=None, **options):
    from FrEIA.framework import SequenceINN
    from FrEIA.modules import AllInOneBlock
    np.random.seed(3)
    flow = SequenceINN(*shape)
    for i, net in enumerate(networks):
        flow.append(block or AllInOneBlock, subnet_constructor=net,
                    **{name: values[i % len(values)] for name, values in options.items()})
    for part in flow:  # FrEIA rounds rotations to float, and takes their log-det as zero
        if part.w_perm is not None and not torch.all((part.w_perm == 0) | (part.w_perm == 1)):
            turn = torch.linalg.qr(part.w_perm.data.double().reshape(part.in_channels, -1))[0]
            part.w_perm.data, part.w_perm_inv.data = (w.reshape(part.w_perm.shape) for w in (turn, turn.T))
    return flow


def glow(shape, blocks, base, merge="channel", **options):
    """A list of blocks, each a dict of options, for every level, the last level first."""
    import normflows as nf
    channels, height, width = shape
    q0, flows, merges = [], [], []
    for i, level in enumerate(blocks):
        channels, height, width = 4 * channels, height // 2, width // 2
        flows.insert(0, [nf.flows.GlowBlock(channels, 5, **block) for block in level] + [nf.flows.Squeeze()])
        if i + 1 < len(blocks):
            channels //= 2
            merges.insert(0, nf.flows.Merge(merge))
        q0.insert(0, base((channels, height, width)))
    return nf.MultiscaleFlow(q0, flows, merges, **options)


def seen(flow, x, context=None):
    """The flow after the first batch, which sets its activation norms."""
    with torch.no_grad():
        flow.log_prob(x.clone(), context) if hasattr(flow, "class_cond") else flow.log_prob(x)
    return flow


def image_models(shaken):
    """(name, flow, the shape of a sample, planes of context)."""
    import normflows as nf
    torch.manual_seed(4)
    d = nf.distributions
    if has_freia():
        yield "freia_fastflow", shaken(sequence((4, 4, 4), [convs(3, 4), convs(1, 4)] * 2)), (4, 4, 4), 0
        yield "anomalib_fastflow", shaken(sequence((5, 4, 3), [convs(3, 3), padded(4), convs(3, 2)], anomalib_block(),
                                                   affine_clamping=[1.9], global_affine_type=["EXP"])), (5, 4, 3), 0
        options = {"permute_soft": [True, False, False], "learned_householder_permutation": [0, 3, 0],
                   "reverse_permutation": [True, True, False], "cond": [0], "cond_shape": [(2, 3, 4)],
                   "global_affine_type": ["SIGMOID", "SOFTPLUS", "EXP"], "affine_clamping": [2.0, 0.7, 3.0]}
        networks = [circular(4), convs(3, 4, nn.SiLU), lambda i, o: nn.Conv2d(i, o, 1)]
        yield "freia_mixed", shaken(sequence((3, 3, 4), networks, **options)), (3, 3, 4), 2
        options["cond_shape"] = [(2,)]
        yield "freia_vectors", shaken(sequence((5,), [dense(6)] * 3, **options)), (5,), 2
    normal, channels = d.DiagGaussian, d.GlowBase
    flow = shaken(glow((1, 8, 8), [[{}, {}], [{}, {}]], normal, class_cond=False), 0.2)
    yield "normflows_glow", shaken(seen(flow, torch.randn(64, 1, 8, 8)), 0.1), (1, 8, 8), 0
    blocks = [[{"split_mode": "checkerboard", "scale_map": "sigmoid_inv"}, {"use_lu": False, "leaky": 0.1}],
              [{"split_mode": "channel_inv", "net_actnorm": True}, {"scale": False, "split_mode": "checkerboard_inv"}]]
    flow = shaken(glow((1, 8, 8), blocks, channels, "channel_inv", transform=nf.transforms.Logit(0.05)), 0.2)
    yield "normflows_glow_mixed", shaken(seen(flow, torch.rand(64, 1, 8, 8)), 0.1), (1, 8, 8), 0
    for name, base in {"classes": d.ClassCondDiagGaussian, "channel_classes": channels}.items():
        flow = shaken(glow((1, 4, 4), [[{}], [{}]], lambda shape: base(shape, 3), transform=nf.transforms.Shift()), 0.2)
        yield f"normflows_glow_{name}", shaken(seen(flow, torch.rand(64, 1, 4, 4), torch.eye(3)[torch.arange(64) % 3]),
                                               0.1), (1, 4, 4), 3
    flows = [nf.flows.Invertible1x1Conv(4, use_lu=False), nf.flows.AffineConstFlow((4, 2, 4)), nf.flows.Permute(4),
             nf.flows.AffineCouplingBlock(nf.nets.ConvNet2d((2, 5, 4), (3, 3), init_zeros=False),
                                          split_mode="channel_inv"),
             nf.flows.AffineConstFlow((4, 1, 1)), nf.flows.Permute(4, "swap"), nf.flows.Squeeze()]
    yield "normflows_images", shaken(nf.NormalizingFlow(normal((4, 2, 4)), flows), 0.2), (1, 4, 8), 0


def asked(flow, x, context):
    """z, log-det and log p, by the flow's own library."""
    if hasattr(flow, "module_list"):
        z, log_det = flow(x, c=None if context is None else [context])
        z = z.reshape(len(x), -1)
        return z, log_det, log_det - 0.5 * (z**2 + math.log(2 * math.pi)).sum(dim=1)
    z, log_det = flow.inverse_and_log_det(x.clone())
    if not hasattr(flow, "class_cond"):
        return z.reshape(len(x), -1), log_det, flow.log_prob(x)
    return torch.cat([level.reshape(len(x), -1) for level in z], dim=1), log_det, flow.log_prob(x.clone(), context)


def fresh(out, shaken):
    for name, flow, shape, planes in image_models(shaken):
        flow.double()
        x = torch.randn(32, *shape)
        x[24:] *= 4
        if name == "normflows_glow_mixed":
            x = torch.rand(32, *shape)
        by_class = name.startswith("normflows")
        context = torch.randn(32, planes, *([] if by_class else shape[1:])) if planes else None
        export(flow, out / f"{name}.safetensors", {"from": name})
        with torch.no_grad():
            z, log_det, log_prob = asked(flow, x, context)
        points = {"x": x.reshape(32, -1), "log_prob": log_prob}
        if planes:
            points["context"] = context.reshape(32, -1)
        if not (planes and by_class):  # a class moves the base there, and the last layer here
            points |= {"z": z, "log_det": log_det}
        save_file({k: np.ascontiguousarray(v.numpy()) for k, v in points.items()}, out / f"{name}.points.safetensors")


def refusals():
    """What an Unsupported error must name, and a flow."""
    import normflows as nf
    normal = nf.distributions.DiagGaussian
    yield "ActNorm that has not seen data", glow((1, 4, 4), [[{}]], normal)
    yield "normflows' AffineGaussian", nf.MultiscaleFlow([nf.distributions.AffineGaussian((4, 2, 2), (4, 1, 1))],
                                                         [[nf.flows.Squeeze()]], [])
    yield "normflows' Residual on images", nf.NormalizingFlow(normal((4, 2, 2)), [
        nf.flows.Residual(nn.Conv2d(4, 4, 1))])
    if not has_freia():
        return
    from FrEIA import framework, modules
    whole = nn.Module()
    whole.nf_flows = nn.ModuleList([nn.Identity()])
    yield "model.nf_flows[0]", whole
    start = framework.InputNode(4)
    yield "FrEIA's GraphINN: give a SequenceINN", framework.GraphINN([start, framework.OutputNode(start)])
    flow = framework.SequenceINN(1, 4, 4)
    flow.append(modules.HaarDownsampling)
    yield "FrEIA's HaarDownsampling", flow
    yield "gin_block=True", sequence((4, 4, 4), [convs(3, 4)], gin_block=[True])
    yield "affine_clamping=0", sequence((4, 4, 4), [convs(3, 4)], affine_clamping=[0])
    yield "kernel of 5 × 5", sequence((4, 4, 4), [convs(5, 4)])
    yield "torch's Softsign", sequence((4, 4, 4), [convs(3, 4, nn.Softsign)])
    for wanted, options in {"padding=(0, 0)": {}, "stride=(2, 2)": {"stride": 2}, "padding_mode='reflect'": {
            "padding": 1, "padding_mode": "reflect"}, "groups=2": {"padding": 1, "groups": 2}}.items():
        yield wanted, sequence((4, 4, 4), [lambda i, o: nn.Conv2d(i, o, 3, **options)])
    yield "torch's BatchNorm2d", sequence((4, 4, 4), [lambda i, o: nn.Sequential(
        nn.Conv2d(i, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, o, 1))])


def float_models():
    if has_freia():
        yield sequence((6, 4, 4), [convs(3, 6), convs(1, 6)], permute_soft=[True, False],
                       learned_householder_permutation=[0, 2])
    import normflows as nf
    yield seen(glow((3, 4, 4), [[{}], [{}]], nf.distributions.DiagGaussian, class_cond=False), torch.randn(64, 3, 4, 4))
