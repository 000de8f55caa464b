"""A model as a file."""

import copy
import json

import numpy as np
import torch
from safetensors.numpy import save_file

from . import from_freia, from_nflows, from_normflows, from_sbi, from_zuko
from .check import check
from .compose import tidy
from .parts import Unsupported, called, context_of, library_of, permutation

FORMAT_VERSION = "1"
LIBRARIES = {"zuko": from_zuko, "nflows": from_nflows, "normflows": from_normflows, "sbi": from_sbi,
             "FrEIA": from_freia}


def library_for(model):
    name = library_of(type(model))
    for stages in ("nf_flows", "fast_flow_blocks"):  # of FastFlow's author, of anomalib
        if hasattr(model, stages):
            raise Unsupported("a whole FastFlow, whose network of features is no flow: give one of its stages, as "
                              f"model.{stages}[0]")
    if name not in LIBRARIES:
        raise Unsupported(f"{called(model)}: give a flow of {', '.join(LIBRARIES)}")
    return LIBRARIES[name]


def in_double(model):
    """A copy to convert and to check: what is computed of a float model's weights must not be rounded to float."""
    if not isinstance(model, torch.nn.Module):
        return model
    try:
        # What a module keeps of its last pass cannot be copied while it has a gradient.
        kept = {id(t): t.detach() for module in model.modules() for t in vars(module).values()
                if isinstance(t, torch.Tensor) and not t.is_leaf}
        return copy.deepcopy(model, kept).cpu().double().eval()
    except Exception as problem:
        raise Unsupported(f"a model that cannot be copied, to be read in double: {problem}") from problem


def convert(model):
    """The architecture, as the file's JSON has it, and the tensors by name, in double. They are not checked."""
    return parts_of(in_double(model))


def parts_of(model):
    layers, base = library_for(model).flow_of(model)
    dim = base.structure["dim"]
    layers = tidy(layers) or [permutation(range(dim))]
    context = max(context_of(layer) for layer in layers)
    tensors = {f"{i}.{name}": tensor for i, layer in enumerate(layers) for name, tensor in layer.tensors.items()}
    tensors.update({f"base.{name}": tensor for name, tensor in base.tensors.items()})
    architecture = {"features": dim, "context": context, "layers": [layer.structure for layer in layers],
                    "base": base.structure}
    return architecture, {name: np.array(tensor, dtype=float, order="C") for name, tensor in tensors.items()}


def export(model, path, notes=None):
    """Writes a flow of zuko, nflows, normflows or FrEIA, or an estimator of sbi, as a model file. `notes` are strings
    to keep with it. Throws Unsupported, and writes nothing, where the file would not give the model's densities."""
    twin = in_double(model)
    architecture, tensors = parts_of(twin)
    floats = check(library_for(twin), twin, architecture, tensors)
    if torch.float64 in {t.dtype for t in model.state_dict().values() if t.is_floating_point()}:
        floats = False
    architecture = {"scalar": "float" if floats else "double", **architecture}
    said = getattr(library_for(twin), "notes_of", lambda model: {})(twin)
    metadata = {"format": "eigenflow", "format_version": FORMAT_VERSION, "library_version": "export_pytorch",
                "architecture": json.dumps(architecture), **said, **(notes or {})}
    scalar = np.float32 if floats else np.float64
    save_file({name: tensor.astype(scalar) for name, tensor in tensors.items()}, path, metadata)
