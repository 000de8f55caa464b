"""200,000 rows of 8 columns: `eigenflow fit` within its budget beside scikit-learn's GaussianMixture of 32 components.

    python large.py EIGENFLOW [options of fit]
"""

import sys

import numpy as np
from sklearn.mixture import GaussianMixture

from never_worse import eigenflow


def table(n, rng):
    """Clusters, bent and skewed, with columns that depend on each other without being linear."""
    centre = rng.normal(size=(6, 8)) * 3
    shape = rng.normal(size=(6, 8, 8)) * 0.5
    which = rng.integers(6, size=n)
    z = rng.normal(size=(n, 8))
    x = centre[which] + np.einsum("nij,nj->ni", shape[which], z)
    x[:, 1] += 0.5 * x[:, 0] ** 2
    x[:, 3] = np.sin(x[:, 2]) * 3 + 0.3 * x[:, 3]
    x[:, 5] = np.exp(0.3 * x[:, 5])
    x[:, 7] = np.hypot(x[:, 6], x[:, 7])
    return x


def main():
    rng = np.random.default_rng(2)
    x = table(220_000, rng)
    train, test = x[:200_000], x[200_000:]
    ours, seconds, said, size = eigenflow(sys.argv[1], train, test, sys.argv[2:])
    print(said)
    error = ours.std() / len(ours) ** 0.5
    print(f"eigenflow {-ours.mean():.3f} ± {error:.3f} nats in {seconds:.0f} s, {size / 1e3:.0f} kB", flush=True)
    scale = train.std(axis=0)
    mixture = GaussianMixture(32, random_state=0).fit(train / scale)
    peer = mixture.score_samples(test / scale) - np.log(scale).sum()
    print(f"GaussianMixture(32) {-peer.mean():.3f} ± {peer.std() / len(peer) ** 0.5:.3f} nats")


if __name__ == "__main__":
    main()
