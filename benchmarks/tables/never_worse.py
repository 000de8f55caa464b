"""Held-out log-likelihood of `eigenflow fit` beside a Gaussian and scikit-learn's GaussianMixture chosen by BIC.

    python never_worse.py EIGENFLOW DATA [--only NAME,...] [-- options of fit]

DATA is a folder with small/*.csv (geyser and penguins of seaborn-data) and adbench/*.npz (ADBench's classical sets).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
from sklearn.mixture import GaussianMixture

from tables import tables

warnings.filterwarnings("ignore")


def gaussian(train, test):
    mean, cov = train.mean(axis=0), np.cov(train.T).reshape(train.shape[1], -1)
    factor = np.linalg.cholesky(cov + 1e-9 * np.diag(np.diag(cov)))
    z = np.linalg.solve(factor, (test - mean).T)
    return -0.5 * (z**2).sum(axis=0) - np.log(np.diag(factor)).sum() - 0.5 * train.shape[1] * np.log(2 * np.pi)


def mixture(train, test):
    best = None
    for k in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32):
        if k * 2 > len(train):
            break
        model = GaussianMixture(k, random_state=0, reg_covar=1e-6, max_iter=200).fit(train)
        bic = model.bic(train)
        if best is None or bic < best[0]:
            best = (bic, k, model)
        elif k > 3 * best[1]:
            break
    return best[1], best[2].score_samples(test)


def peers(name, train, test, cache):
    path = os.path.join(cache, name + ".npz")
    if not os.path.exists(path):
        scale = train.std(axis=0)  # a mixture's least variance is absolute
        shift = np.log(scale).sum()
        k, of_mixture = mixture(train / scale, test / scale)
        np.savez(path, gaussian=gaussian(train / scale, test / scale) - shift, mixture=of_mixture - shift, k=k)
    return np.load(path)


def eigenflow(command, train, test, options):
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("train.npy", "test.npy", "model", "scores.npy")]
        np.save(paths[0], train)
        np.save(paths[1], test)
        start = time.time()
        fit = subprocess.run([command, "fit", paths[0], "-o", paths[2], "--test", "0", "--continuous",
                              ",".join(str(j + 1) for j in range(train.shape[1])), *options],
                             capture_output=True, text=True)
        seconds = time.time() - start
        if fit.returncode:
            raise RuntimeError(fit.stderr)
        subprocess.run([command, "score", paths[2], paths[1], "-o", paths[3]], check=True, capture_output=True)
        return np.load(paths[3]).ravel(), seconds, fit.stdout, os.path.getsize(paths[2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("data")
    parser.add_argument("--only", default="")
    parser.add_argument("--cache", default=os.path.join(tempfile.gettempdir(), "eigenflow_tables"))
    parser.add_argument("--verbose", action="store_true")
    arguments, options = parser.parse_known_args()
    options = [option for option in options if option != "--"]
    os.makedirs(arguments.cache, exist_ok=True)
    gains, failures = [], 0
    print("table             rows  cols  gaussian  mixture (K)    eigenflow   gain ± s.e.   seconds  kB")
    for name, train, test in tables(arguments.data):
        if arguments.only and name not in arguments.only.split(","):
            continue
        peer = peers(name, train, test, arguments.cache)
        ours, seconds, said, size = eigenflow(arguments.command, train, test, options)
        best = peer["gaussian"] if peer["gaussian"].mean() > peer["mixture"].mean() else peer["mixture"]
        difference = ours - best
        error = difference.std() / np.sqrt(len(difference))
        gain = difference.mean()
        fine = gain >= -max(0.05, error)
        failures += not fine
        gains.append(gain)
        print(f"{name:15s} {len(train):6d} {train.shape[1]:5d} "
              f"{peer['gaussian'].mean():9.3f} {peer['mixture'].mean():9.3f} "
              f"({int(peer['k']):2d}) {ours.mean():9.3f}  {gain:+7.3f} ± {error:.3f} {seconds:9.1f} {size / 1e3:6.0f}"
              f"{'' if fine else '  WORSE'}", flush=True)
        if arguments.verbose:
            print(said, flush=True)
    print(f"mean gain {np.mean(gains):.3f} nats, worse on {failures} of {len(gains)}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
