"""Density estimators of sbi, which hold flows of nflows and zuko: of x given a condition, the file's context."""

from . import from_nflows, from_zuko
from .context import affine_embedding, fold
from .parts import Unsupported, called, is_of


def flow_of(model):
    """The layers and the base of an estimator."""
    if not is_of(model, "sbi", "NFlowsFlow", "ZukoFlow", "ZukoUnconditionalFlow"):
        raise Unsupported(f"{called(model)}: give a density estimator of nflows or zuko (a posterior has one as "
                          ".posterior_estimator)")
    for what, shape in (("input", model.input_shape), ("condition", getattr(model, "condition_shape", [1]))):
        if len(shape) != 1:
            raise Unsupported(f"an estimator whose {what} has the shape {tuple(shape)}: rows of numbers are wanted")
    if is_of(model, "sbi", "NFlowsFlow"):
        return from_nflows.flow_of(model.net)
    layers, base = from_zuko.flow_of(model.net)
    embedding = embedding_of(model)
    return [fold(layer, embedding) for layer in layers], base


def embedding_of(model):
    net = getattr(model, "embedding_net", None)
    return None if net is None else affine_embedding(net)


def log_prob(model, x, context):
    return model.log_prob(x) if context is None else model.log_prob(x[None], context)[0]
