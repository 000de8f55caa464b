"""One point through what C++ programs deploy: the PyTorch flow of torch_worker.py as TorchScript, by ONNX Runtime, or
compiled ahead of time by Inductor.

usage: deployed_worker.py torchscript | onnxruntime | aot_inductor

Each is called by its thinnest entry, which Python does little more than pass on: inputs and outputs are bound beforehand.
The family "identity" is a module that returns its input, so that its time is the cost of the call.
"""

import io
import pathlib
import sys
import tempfile
import warnings

import torch

from torch_worker import RealNvp
from worker import serve

warnings.filterwarnings("ignore")
torch.set_grad_enabled(False)


class LogProb(torch.nn.Module):
    """log_prob as a forward without the distribution classes, which exporters do not take."""

    def __init__(self, flow):
        super().__init__()
        self.flow = flow
        self.constant = 0.5 * flow.dim * torch.log(torch.tensor(2 * torch.pi)).item()

    def forward(self, x):
        log_det = x.new_zeros(x.shape[0])
        split = self.flow.split
        for conditioner in self.flow.conditioners:
            a, b = x[:, :split], x[:, split:]
            s, t = conditioner(a).chunk(2, dim=1)
            s = torch.tanh(s)
            x = torch.cat([a, b * s.exp() + t], dim=1).flip(1)
            log_det = log_det + s.sum(dim=1)
        return log_det - 0.5 * (x * x).sum(dim=1) - self.constant


def torchscript(module, x):
    compiled = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module, x)))
    return lambda: compiled(x)


def onnxruntime(module, x):
    import onnxruntime as ort

    model = io.BytesIO()
    torch.onnx.export(module, (x,), model, input_names=["x"], output_names=["log_p"], dynamo=False)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(model.getvalue(), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_cpu_input("x", x.numpy())
    binding.bind_output("log_p")
    run, native = session._sess.run_with_iobinding, binding._iobinding
    return lambda: run(native, None)


def aot_inductor(module, x):
    folder = tempfile.mkdtemp()
    exported = torch.export.export(module, (x,))
    package = torch._inductor.aoti_compile_and_package(exported, package_path=str(pathlib.Path(folder) / "flow.pt2"))
    run = torch._inductor.aoti_load_package(package).loader.run
    return lambda: run([x])


RUNTIMES = {runtime.__name__: runtime for runtime in (torchscript, onnxruntime, aot_inductor)}


def prepare(task, family, couplings, width, batch, dim):
    x = torch.randn(1, dim)
    if task != "one_point":
        return None
    module = {"real_nvp": lambda: LogProb(RealNvp(couplings, width, dim)), "identity": lambda: torch.nn.Flatten()}[family]()
    return RUNTIMES[sys.argv[1]](module.eval(), x)


serve(prepare)
