"""What `compare` times: workers and whole programs, built and installed where they are missing."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "peers"

ENVIRONMENTS = {
    "jax": ["jax", "jaxlib", "flowjax", "optax", "matplotlib"],
    "torch": ["torch==2.13.0", "zuko", "nflows", "normflows"],
}
# The environment of each peer, its script, and what it needs besides.
PEERS = {
    "jax": ("jax", ["jax_worker.py"], []),
    "flowjax": ("jax", ["flowjax_worker.py"], []),
    "torch": ("torch", ["torch_worker.py"], []),
    "zuko": ("torch", ["zuko_worker.py"], []),
    "nflows": ("torch", ["nflows_worker.py"], []),
    "normflows": ("torch", ["normflows_worker.py"], []),
    "torchscript": ("torch", ["deployed_worker.py", "torchscript"], []),
    "onnxruntime": ("torch", ["deployed_worker.py", "onnxruntime"], ["onnx", "onnxscript", "onnxruntime"]),
    "aot_inductor": ("torch", ["deployed_worker.py", "aot_inductor"], []),
}


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, text=True, **options)


def python_of(environment, peer="", extra=()):
    """An environment's interpreter; installs what is not there yet."""
    folder = BUILD / f"venv-{environment}"
    for marker, packages in [("complete", ENVIRONMENTS[environment]), (f"complete-{peer}", extra)]:
        if packages and not (folder / marker).exists():
            print(f"installing {', '.join(packages)} into {folder.relative_to(ROOT)}", file=sys.stderr)
            if not folder.exists():
                run(sys.executable, "-m", "venv", folder)
            run(folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
            (folder / marker).touch()
    return folder / "bin" / "python"


def build_ours(eigen, target="eigenflow_worker", openmp=False, source=ROOT):
    """One of our programs, with the system's Eigen ("system"), Eigen 5 ("5") or that of a folder.

    `source` is the checkout that it is built from: this one, or another version's.
    """
    name = ["eigenflow", pathlib.Path(eigen).name] + ["openmp"] * openmp + ["before"] * (source != ROOT)
    folder = BUILD / "-".join(name)
    if eigen == "5":
        eigen = run(ROOT / "scripts" / "get_eigen5", stdout=subprocess.PIPE).stdout.strip()
    arguments = ["-DCMAKE_BUILD_TYPE=Release", "-DEIGENFLOW_BUILD_TESTS=OFF", "-DEIGENFLOW_BUILD_EXAMPLES=OFF",
                 f"-DEIGENFLOW_OPENMP={'ON' if openmp else 'OFF'}"]
    if eigen != "system":
        arguments.append(f"-DEIGENFLOW_EIGEN_INCLUDE_DIR={eigen}")
    run("cmake", "-S", source, "-B", folder, *arguments, stdout=subprocess.DEVNULL)
    run("cmake", "--build", folder, "--target", target, stdout=subprocess.DEVNULL)
    return folder / "benchmarks" / target


class Died(Exception):
    """A worker or program that ended before it had answered, and why."""

    def __init__(self, returncode, errors):
        reason = f"signal {signal.Signals(-returncode).name}" if returncode < 0 else f"exit code {returncode}"
        lines = errors.strip().splitlines()
        super().__init__(f"{lines[-1]} ({reason})" if lines else reason)


def on_cores(cores, command, threads=None):
    """The command, bound to cores, and an environment with as many threads."""
    pin = ["taskset", "-c", ",".join(map(str, cores))] if shutil.which("taskset") else []
    threads = str(threads or len(cores))
    return pin + [str(part) for part in command], dict(os.environ, OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads)


class Worker:
    """A process that stays and answers orders: see worker.py. When it dies, the next order starts another."""

    def __init__(self, command, cores, threads=None):
        self.command, self.environment = on_cores(cores, command, threads)
        self.process = None

    def time(self, case, seconds):
        """Microseconds of one call, or None when the library has no such thing. Raises Died."""
        if self.process is None:
            self.errors = tempfile.TemporaryFile("w+", errors="replace")
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=self.errors, text=True, cwd=HERE, env=self.environment)
        answer = ""
        try:
            print(*case, seconds, file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline().strip()
        except BrokenPipeError:
            pass
        if not answer:
            raise Died(*self.close())
        return float(answer) if answer != "none" else None

    def close(self):
        """Ends the process; returns its exit code and what it wrote to standard error."""
        if self.process is None:
            return 0, ""
        try:
            self.process.stdin.close()
        except BrokenPipeError:  # of a process that died with an order unread
            pass
        self.process.stdout.close()
        returncode = self.process.wait()
        self.process = None
        with self.errors as errors:
            errors.seek(0)
            return returncode, errors.read()


class Program:
    """A whole process, from its start to its end."""

    def __init__(self, command, cores):
        self.command, self.environment = on_cores(cores, command)

    def time(self, case, seconds):
        start = time.perf_counter()
        result = subprocess.run(self.command, cwd=HERE, env=self.environment, capture_output=True, text=True)
        microseconds = (time.perf_counter() - start) * 1e6
        if result.returncode != 0:
            raise Died(result.returncode, result.stderr)
        print(f"{self.command[-1]}: {result.stdout.strip()} (steps, nats)", file=sys.stderr)
        return microseconds

    def close(self):
        pass
