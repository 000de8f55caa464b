"""Turns a flow of PyTorch into a model file of eigenflow.

    from export_pytorch import export
    export(model, "moons.safetensors")            # a flow of zuko, nflows, normflows or FrEIA, or an estimator of sbi

    // C++
    auto flow = eigenflow::load_flow<double>("moons.safetensors");

The file gives the same densities, to rounding, and export makes sure of it: it evaluates the model and the file at
random points before it writes. What eigenflow has no part for is refused with an Unsupported error that names it.
Needs torch and safetensors; this folder may be copied anywhere.
"""

from .convert import convert, export
from .parts import Unsupported

__all__ = ["Unsupported", "convert", "export"]
