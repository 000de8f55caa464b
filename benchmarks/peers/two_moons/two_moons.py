"""The data of eigenflow's two_moons (2.3939 nats of entropy) and the course of the fit, for the peers' programs."""

import numpy as np

# The recipe needs the fewest steps that eigenflow was seen to need on several seeds; everybody has it.
ROWS, BATCH, MOST_STEPS, STEPS_BETWEEN_TESTS, TARGET = 20_000, 256, 1_200, 50, 2.42
BETA1, BETA2 = 0.8, 0.99
SEED = 3  # with which each reaches the target: some seeds, of every program, end with a filament between the moons
AVERAGE = 0.02  # what is judged is a running mean of the parameters: each step moves it so far towards them


def two_moons(rows, rng):
    t = np.pi * rng.random(rows)
    upper = np.stack([np.cos(t), np.sin(t)], axis=1)
    lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], axis=1)
    curve = np.where(rng.random((rows, 1)) < 0.5, upper, lower)
    return (2 * (curve + 0.1 * rng.normal(size=(rows, 2))) + [-1.0, -0.2]).astype(np.float32)


def learning_rate(step):
    return 4e-3 * 0.5 * (1 + np.cos(np.pi * step / MOST_STEPS))


def fit(rng, train, test_loss):
    """train(rows, learning_rate) until test_loss() reaches the target: the number of steps and the loss."""
    step = 0
    while step < MOST_STEPS:
        order = rng.permutation(ROWS)
        for first in range(0, ROWS - BATCH + 1, BATCH):
            train(order[first : first + BATCH], learning_rate(step))
            step += 1
            if step % STEPS_BETWEEN_TESTS == 0 and (loss := test_loss()) <= TARGET:
                print(step, f"{loss:.4f}")
                return
            if step == MOST_STEPS:
                break
    raise SystemExit(f"no test loss of {TARGET} nats in {MOST_STEPS} steps")
