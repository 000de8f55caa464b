"""The golden flows: models of zuko, nflows, normflows and sbi, exported for the tests.

    build.py GOLDEN OUT     rebuilds each model of the folder GOLDEN (NAME.json says how it was built, and
                            NAME.weights.safetensors has its state_dict), exports it to OUT/NAME.safetensors, and
                            copies NAME.points.safetensors, what its own library says of 64 points, beside it
    build.py --fresh OUT    makes models of other sizes and options, exports them, and asks their libraries; then tries
                            what must be refused
"""

import functools
import importlib.util
import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import torch
from safetensors.numpy import load_file as load_arrays, save_file
from safetensors.torch import load_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from export_pytorch import Unsupported, export

torch.set_default_dtype(torch.float64)


def nflows_flow(transforms, dim):
    from nflows.distributions.normal import StandardNormal
    from nflows.flows import Flow
    from nflows.transforms import CompositeTransform
    return Flow(CompositeTransform(transforms), StandardNormal([dim]))


def nflows_residual(width, blocks=2, activation=torch.nn.functional.relu, **options):
    from nflows.nn.nets import ResidualNet
    return lambda i, o: ResidualNet(i, o, width, num_blocks=blocks, activation=activation, **options)


def golden_model(name, info):
    if info["library"] == "zuko":
        import zuko
        kind = getattr(zuko.flows, info["built"].split(".")[-1])
        return kind(**info["arguments"])
    if info["library"] == "nflows":
        from nflows import transforms as t
        if name == "nflows_maf_d3":
            return nflows_flow([part for _ in range(3) for part in (
                t.ReversePermutation(3), t.MaskedAffineAutoregressiveTransform(3, 32))], 3)
        if name == "nflows_realnvp_d2":
            masks = [[-1, 1], [1, -1]] * 2
            return nflows_flow([t.AffineCouplingTransform(m, nflows_residual(24)) for m in masks], 2)
        masks = [[-1, 1] * 3, [1, -1] * 3, [-1, 1] * 3]
        return nflows_flow([part for mask in masks for part in (
            t.CompositeTransform([t.RandomPermutation(6), t.LULinear(6)]),
            t.PiecewiseRationalQuadraticCouplingTransform(mask, nflows_residual(24), num_bins=4, tails="linear",
                                                          tail_bound=3.0))], 6)
    import normflows as nf
    if name == "normflows_planar_d2":
        flows, dim = [nf.flows.Planar((2,), act="tanh") for _ in range(8)], 2
    elif name == "normflows_radial_d2":
        flows, dim = [nf.flows.Radial((2,)) for _ in range(6)], 2
    elif name == "normflows_realnvp_d2":
        flows, dim = [part for i in range(4) for part in (
            nf.flows.AffineCouplingBlock(nf.nets.MLP([1, 32, 32, 2]), scale_map=("exp", "sigmoid")[i % 2]),
            nf.flows.Permute(2, mode="swap"), nf.flows.ActNorm(2))], 2
    else:
        flows, dim = [part for _ in range(2) for part in (
            nf.flows.CoupledRationalQuadraticSpline(3, 2, 24, num_bins=8, tails="linear", tail_bound=3),
            nf.flows.LULinearPermute(3))], 3
    return nf.NormalizingFlow(nf.distributions.DiagGaussian(dim), flows)


def golden(source, out):
    for path in sorted(source.glob("*.json")):
        name = path.stem
        model = golden_model(name, json.loads(path.read_text()))
        model.load_state_dict(load_file(source / f"{name}.weights.safetensors"))
        export(model.double().eval(), out / f"{name}.safetensors", {"from": name})
        shutil.copyfile(source / f"{name}.points.safetensors", out / f"{name}.points.safetensors")


# ---- models of other sizes and options


def shaken(model, size=0.3):
    """Random weights everywhere: a start near the identity would hide mistakes."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(size * torch.randn_like(parameter))
    return model.eval()


def fresh_models():
    """(name, model, features, columns of context), and where points belong elsewhere than around zero, x and context."""
    import normflows as nf
    import zuko
    from nflows import transforms as t
    torch.manual_seed(1)
    nn = torch.nn
    yield "zuko_nice", zuko.flows.NICE(5, 2, transforms=3, hidden_features=[7], activation=nn.ELU, randmask=True), 5, 2
    yield "zuko_realnvp_tanh", zuko.flows.RealNVP(3, 0, transforms=2, hidden_features=[9, 8, 7],
                                                  activation=nn.Tanh), 3, 0
    yield "zuko_realnvp_leaky", zuko.flows.RealNVP(3, 0, transforms=2, hidden_features=[9],
                                                   activation=lambda: nn.LeakyReLU(0.2)), 3, 0
    yield "zuko_maf_context", zuko.flows.MAF(4, 3, transforms=2, hidden_features=[21, 13], activation=nn.SiLU), 4, 3
    yield "zuko_maf_random", zuko.flows.MAF(6, 0, transforms=3, hidden_features=[20], randperm=True,
                                            activation=nn.GELU), 6, 0
    yield "zuko_nsf_bins", zuko.flows.NSF(3, 1, transforms=2, bins=5, slope=1e-2, hidden_features=[16, 16],
                                          activation=nn.Softplus), 3, 1
    flows = [t.MaskedPiecewiseRationalQuadraticAutoregressiveTransform(4, 17, num_bins=6, tails="linear",
                                                                       tail_bound=2.5, num_blocks=1),
             t.ReversePermutation(4), t.ActNorm(4), t.MaskedAffineAutoregressiveTransform(
                 4, 19, num_blocks=2, use_residual_blocks=False, activation=torch.tanh), t.LULinear(4),
             t.PointwiseAffineTransform(torch.tensor([.1, .2, -.3, 0.]), torch.tensor([1., 2., .5, 1.]))]
    yield "nflows_mixed", nflows_flow(flows, 4), 4, 0
    flows = [t.AdditiveCouplingTransform([1, -1, 1], nflows_residual(6, 3, torch.nn.functional.elu)),
             t.InverseTransform(t.AffineCouplingTransform([-1, 1, 1], nflows_residual(9, 1, torch.sigmoid))),
             t.PiecewiseRationalQuadraticCouplingTransform([1, -1, -1], nflows_residual(8), num_bins=3, tails="linear",
                                                           tail_bound=2., apply_unconditional_transform=True)]
    yield "nflows_couplings", nflows_flow(flows, 3), 3, 0
    flows = [nf.flows.AffineCouplingBlock(nf.nets.MLP([2, 8, 4], leaky=0.1), scale_map="sigmoid_inv"),
             nf.flows.Permute(4, mode="shuffle"),
             nf.flows.AffineCouplingBlock(nf.nets.MLP([2, 8, 2], leaky=0.1), scale=False, split_mode="checkerboard"),
             nf.flows.AffineCouplingBlock(nf.nets.MLP([2, 8, 4]), scale_map="sigmoid", split_mode="channel_inv")]
    yield "normflows_couplings", nf.NormalizingFlow(nf.distributions.DiagGaussian(4), flows), 4, 0
    b = torch.tensor([1., 0., 1.])
    flows = [nf.flows.MaskedAffineFlow(b, nf.nets.MLP([3, 6, 3]), nf.nets.MLP([3, 5, 3])),
             nf.flows.MaskedAffineFlow(1 - b, nf.nets.MLP([3, 6, 3]), None), nf.flows.Permute(3, mode="swap"),
             nf.flows.AutoregressiveRationalQuadraticSpline(3, 1, 10, num_bins=4, tail_bound=4)]
    yield "normflows_masked", nf.NormalizingFlow(nf.distributions.GaussianMixture(3, 3), flows), 3, 0
    flows = [nf.flows.Planar((3,), act="leaky_relu") for _ in range(3)]
    yield "normflows_leaky_planar", nf.NormalizingFlow(nf.distributions.DiagGaussian(3), flows), 3, 0

    yield "zuko_passes", zuko.flows.NSF(4, 1, transforms=2, bins=3, passes=2, hidden_features=[5]), 4, 1
    yield "zuko_one_feature", zuko.flows.NSF(1, 2, transforms=2, bins=4, hidden_features=[6]), 1, 2
    fixed = functools.partial(zuko.flows.UnconditionalTransform, buffer=True)
    flows = [fixed(torch.distributions.AffineTransform, torch.tensor([1., -2., 0.]), torch.tensor([.5, 2., 1.])),
             zuko.flows.MAF(3, transforms=1, hidden_features=[7]).transform.inv,
             fixed(zuko.transforms.PermutationTransform, torch.tensor([2, 0, 1])),
             zuko.flows.ElementWiseTransform(3, univariate=zuko.transforms.MonotonicRQSTransform,
                                             shapes=[(4,), (4,), (3,)])]
    yield "zuko_fixed", zuko.flows.Flow(flows, zuko.flows.MAF(3).base), 3, 0
    for name, activation in {"tanh": torch.tanh, "relu": torch.relu, "leaky": nn.LeakyReLU(0.3), "gelu": nn.GELU(),
                             "silu": nn.SiLU(), "softplus": nn.Softplus()}.items():
        flows = [t.MaskedAffineAutoregressiveTransform(3, 7, context_features=2, num_blocks=1, activation=activation,
                                                       use_residual_blocks=False), t.ReversePermutation(3),
                 t.MaskedPiecewiseRationalQuadraticAutoregressiveTransform(
                     3, 6, context_features=2, num_bins=3, tails="linear", tail_bound=3., num_blocks=2,
                     activation=activation, use_residual_blocks=False, random_mask=True)]
        yield f"nflows_context_{name}", nflows_flow(flows, 3), 3, 2
    flow = nf.NormalizingFlow(nf.distributions.DiagGaussian(2), [nf.flows.AffineCouplingBlock(nf.nets.MLP([1, 5, 2]))])
    flow.q0.temperature = 0.7
    yield "normflows_temperature", flow, 2, 0
    flows = [nf.flows.CoupledRationalQuadraticSpline(3, 1, 6, num_context_channels=2, num_bins=3, reverse_mask=reverse)
             for reverse in (False, True)]
    flows.insert(1, nf.flows.LULinearPermute(3))
    yield "normflows_gated", nf.ConditionalNormalizingFlow(nf.distributions.DiagGaussian(3), flows), 3, 2
    gated = functools.partial(nflows_residual, context_features=2)
    flows = [t.AffineCouplingTransform([1, -1, 1], gated(6, dropout_probability=0.1)),
             t.InverseTransform(t.AdditiveCouplingTransform([-1, 1, 1], gated(5, 3, nn.functional.elu))),
             t.PiecewiseRationalQuadraticCouplingTransform([1, 1, -1], gated(7, 1, torch.tanh), num_bins=4,
                                                           tails="linear", tail_bound=3.,
                                                           apply_unconditional_transform=True),
             t.AffineCouplingTransform([-1, -1, 1], gated(4, 0))]
    yield "nflows_gated", nflows_flow(flows, 3), 3, 2
    if importlib.util.find_spec("sbi"):
        yield from sbi_models()


def sbi_models():
    from sbi.neural_nets import net_builders as build
    from sbi.utils import BoxUniform
    x = torch.tensor([30., -2., 0.]) + torch.tensor([4., 0.5, 1.]) * torch.randn(64, 3)
    c = torch.tensor([-5., 100.]) + torch.tensor([0.1, 20.]) * torch.randn(64, 2)
    small = {"hidden_features": 6, "num_transforms": 2}
    yield "sbi_maf", build.build_maf(x, c, **small), 3, 2, x, c
    yield "sbi_maf_linear", build.build_maf(x, c, z_score_x="structured", z_score_y="structured",
                                            embedding_net=torch.nn.Linear(2, 3), **small), 3, 2, x, c
    yield "sbi_maf_rqs", build.build_maf_rqs(x, c, num_bins=3, **small), 3, 2, x, c
    yield "sbi_nsf_one_feature", build.build_nsf(x[:, :1], c, num_bins=3, **small), 1, 2, x[:, :1], c
    yield "sbi_nsf_d2", build.build_nsf(x[:, :2], c, num_bins=3, **small), 2, 2, x[:, :2], c
    yield "sbi_nsf_d3", build.build_nsf(x, c, num_bins=3, **small), 3, 2, x, c
    yield "sbi_nsf_linear", build.build_nsf(x, c, z_score_x="structured", z_score_y="none", num_bins=3, num_blocks=1,
                                            embedding_net=torch.nn.Linear(2, 3), **small), 3, 2, x, c / 20
    yield "sbi_zuko_maf", build.build_zuko_maf(x, c, **small), 3, 2, x, c
    yield "sbi_zuko_nice", build.build_zuko_nice(x, c, z_score_y="none", **small), 3, 2, x, c / 20
    prior = BoxUniform(torch.tensor([-1., 0., 10.]), torch.tensor([1., 5., 20.]))
    inside = prior.sample((64,)).double()
    yield "sbi_zuko_nsf_box", build.build_zuko_nsf(inside, c, z_score_x="transform_to_unconstrained", x_dist=prior,
                                                   num_bins=3, **small), 3, 2, inside, c


def fresh(out):
    for name, model, features, context, *at in fresh_models():
        shaken(model).double()
        x = torch.randn(64, features) * torch.cat([torch.full((48, 1), 1.0), torch.full((16, 1), 4.0)])
        c = torch.randn(64, context)
        if at:
            x, c = at
        points = {"x": x, "context": c} if context else {"x": x}
        with torch.no_grad():
            if name.startswith("sbi"):
                if hasattr(model.net, "_distribution"):  # sbi rounds its normal's constant to float
                    model.net._distribution._log_z = torch.tensor(0.5 * features * np.log(2 * np.pi))
                points["log_prob"] = model.log_prob(x[None], c)[0]
            elif name.startswith("zuko"):
                points["log_prob"] = model(c if context else None).log_prob(x)
            elif context:
                points["log_prob"] = model.log_prob(x, c)
            else:
                points["log_prob"] = model.log_prob(x)
        export(model, out / f"{name}.safetensors", {"from": name})
        save_file({k: np.ascontiguousarray(v.numpy()) for k, v in points.items()}, out / f"{name}.points.safetensors")


def refusals(out):
    """What eigenflow has no part for is refused by name, and what only looks as if it had, by its densities."""
    import normflows as nf
    import zuko
    from nflows import transforms as t
    nn = torch.nn

    class Halved(t.AffineCouplingTransform):
        def _scale_and_shift(self, parameters):
            scale, shift = super()._scale_and_shift(parameters)
            return scale / 2, shift

    def clamped(u):
        return (nn.functional.softplus(u) + 1e-3).clamp(0, 3)

    scaled = t.AffineCouplingTransform([1, -1], nflows_residual(8))
    scaled._scale_and_shift = lambda u: (clamped(u[:, 1:]), u[:, :1])
    hooked = zuko.flows.MAF(2, hidden_features=[8])
    hooked.transform.transforms[0].hyper[0].register_forward_hook(lambda module, inputs, output: 2 * output)
    cases = {
        "passes=2": zuko.flows.NSF(16, passes=2),
        "Residual": zuko.flows.MAF(3, residual=True),
        "MNN": zuko.flows.NAF(2),
        "Mish": zuko.flows.RealNVP(2, activation=nn.Mish),
        "zuko's GMM": zuko.flows.GMM(2),
        "CosTransform": zuko.flows.Flow([zuko.flows.UnconditionalTransform(zuko.transforms.CosTransform)],
                                        zuko.flows.MAF(2).base),
        "LayerNorm": zuko.flows.RealNVP(2, normalize=True),
        "batch norm": nflows_flow([t.MaskedAffineAutoregressiveTransform(3, 8, use_batch_norm=True)], 3),
        "tails=None": nflows_flow([t.PiecewiseRationalQuadraticCouplingTransform([1, -1], nflows_residual(8))], 2),
        "gates on the context": nflows_flow([t.MaskedAffineAutoregressiveTransform(2, 8, context_features=1)], 2),
        "nflows' GatedLinearUnit": nflows_flow([t.AffineCouplingTransform([1, -1], nflows_residual(8)),
                                                t.GatedLinearUnit()], 2),
        "activation sigmoid": nflows_flow([t.MaskedAffineAutoregressiveTransform(
            2, 8, context_features=1, use_residual_blocks=False, activation=torch.sigmoid)], 2),
        "the activation <function refusals.<locals>.clamped": nflows_flow([t.AffineCouplingTransform(
            [1, -1], nflows_residual(8, activation=clamped))], 2),
        "Halved, derived from nflows' AffineCouplingTransform": nflows_flow([Halved([1, -1], nflows_residual(8))], 2),
        "does not know of": nflows_flow([scaled], 2),
        "random points": hooked,
        "Residual'": nf.NormalizingFlow(nf.distributions.DiagGaussian(2), [nf.flows.Residual(nn.Linear(2, 2))]),
        "has not seen data": nf.NormalizingFlow(nf.distributions.DiagGaussian(2), [nf.flows.ActNorm(2)]),
        "UniformGaussian": nf.NormalizingFlow(nf.distributions.UniformGaussian(2, [0]), [nf.flows.Planar((2,))]),
        "reads 2 inputs": nf.NormalizingFlow(nf.distributions.DiagGaussian(2), [nf.flows.AffineCouplingBlock(
            nf.nets.ResidualNet(1, 2, 8, context_features=1))]),
        "ConditionalNormalizingFlow alone": nf.NormalizingFlow(nf.distributions.DiagGaussian(2), [
            nf.flows.CoupledRationalQuadraticSpline(2, 1, 8, num_context_channels=1)]),
        "own library cannot evaluate": nf.ConditionalNormalizingFlow(nf.distributions.DiagGaussian(2), [
            nf.flows.AffineCouplingBlock(nf.nets.MLP([1, 5, 2]))]),
        "torch's Linear": nn.Linear(2, 2),
    }
    if hasattr(t.AffineCouplingTransform, "GENERAL_SCALE_ACTIVATION"):  # of releases after 0.14
        cases["scale_activation"] = nflows_flow([t.AffineCouplingTransform(
            [1, -1], nflows_residual(8), scale_activation=t.AffineCouplingTransform.GENERAL_SCALE_ACTIVATION)], 2)
    if importlib.util.find_spec("sbi"):
        from sbi.neural_nets import net_builders as build
        x = torch.randn(64, 3)
        cases["changes with the rounding"] = build.build_zuko_maf(x, 1e12 + x)
        cases["batch norm inside"] = build.build_nsf(x, x, use_batch_norm=True)
        cases["MADEMoGWrapper"] = build.build_made(x, x)
        cases["sbi's FCEmbedding"] = build.build_maf(x, x, embedding_net=embedding(3))
    for wanted, model in cases.items():
        try:
            export(model, out / "refused")
        except Unsupported as problem:
            assert wanted.rstrip("'") in str(problem), f"{problem!r} does not name {wanted}"
        else:
            raise AssertionError(f"{wanted} was not refused")


def floats(out):
    """What the exporter computes of a float model's weights is not rounded to float."""
    from nflows import transforms as t
    import normflows as nf
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(2)
    flows = [part for mask in ([1, -1, 1], [-1, 1, -1]) * 2 for part in (
        t.LULinear(3), t.PiecewiseRationalQuadraticCouplingTransform(mask, nflows_residual(16), tails="linear",
                                                                     tail_bound=3.))]
    models = [nflows_flow(flows, 3)]
    flows = [part for _ in range(4) for part in (nf.flows.CoupledRationalQuadraticSpline(3, 1, 16),
                                                 nf.flows.LULinearPermute(3))]
    models.append(nf.NormalizingFlow(nf.distributions.DiagGaussian(3), flows))
    if importlib.util.find_spec("sbi"):
        from sbi.neural_nets import net_builders as build
        models.append(build.build_nsf(3 + 2 * torch.randn(64, 3), 100 + 20 * torch.randn(64, 2), hidden_features=16))
    for model in models:
        export(shaken(model), out / "float")
    torch.set_default_dtype(torch.float64)


def embedding(columns):
    from sbi.neural_nets.embedding_nets import FCEmbedding
    return FCEmbedding(columns, output_dim=2, num_hiddens=4)


if __name__ == "__main__":
    first, out = sys.argv[1], pathlib.Path(sys.argv[2])
    if first == "--fresh":
        fresh(out)
        with tempfile.TemporaryDirectory() as folder:  # safetensors replaces what is there, even a device
            floats(pathlib.Path(folder))
            refusals(pathlib.Path(folder))
    else:
        golden(pathlib.Path(first), out)
