"""A ball in a film: where will it be next?"""

from __future__ import annotations

import numpy as np

from rnnviz.tasks.base import Batch, Task

SIDE = 16  # pixels
RADIUS = 1.2  # of the ball, in pixels
SPEED = (0.12, 0.3)  # half widths of the room, per time step
SEEN = 4  # frames at the beginning that are never dark, or half of a short film
DARK = 0.3  # so much of a film is dark


class Video(Task):
    """Follow a ball that bounces through a film, even in the dark.

    Trial: a ball flies through a square room at constant speed and bounces off its walls. At every time step the net
    sees one frame of 16 x 16 pixels, grey values from 0 to 1, and must say where the ball will be in the next. Once
    a film the light goes out for 3/10 of the frames: they are all black, and the ball flies on. A single frame
    does not say where the ball is flying, and a dark one not even where it is; only a memory does.

    Shapes: inputs (B, T, 256) pixels, row by row from the top; targets (B, T, 2), to the right and up, from -1 to 1,
    where the ball touches a wall. Two small convolutions stand before the recurrent stack. Loss: mean squared error.
    Baseline: guessing the middle of the room. The ball is everywhere equally often: 1/3.
    Paper: Sutskever, Hinton & Taylor (2008), who have several balls.
    """

    name = "video"
    label = "Video: a bouncing ball"
    summary = "Say where a bouncing ball will be in the next frame, even while the light is out."
    shape = "seq→seq"
    source = "Sutskever, Hinton & Taylor (2008), The recurrent temporal restricted Boltzmann machine"
    causal = True
    defaults = {
        "cell": "lstm",
        "length": 20,
        "hidden_size": 64,
        "embedding_size": 16,
        "batch_size": 32,
        "learning_rate": 5e-3,
        "forget_bias": 1.0,
    }

    reads = "frames"
    frame_shape = (SIDE, SIDE)
    input_size = SIDE * SIDE
    output_size = 2
    labels = ("to the right", "up")
    input_labels = tuple(f"row {1 + k // SIDE}, column {1 + k % SIDE}" for k in range(SIDE * SIDE))
    baseline = 1 / 3
    baseline_words = "guessing the middle of the room"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.dark, self.seen = int(DARK * config.length), min(SEEN, config.length // 2)

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        begin = rng.uniform(-1, 1, (size, 1, 2))
        angle, speed = rng.uniform(0, 2 * np.pi, size), rng.uniform(*SPEED, size)
        velocity = (speed * [np.cos(angle), np.sin(angle)]).T[:, None]
        ball = bounced(begin + velocity * np.arange(self.time_steps + 1)[:, None])
        first = rng.integers(self.seen, self.time_steps - self.dark + 1, (size, 1))
        frame = np.arange(self.time_steps)
        lit = (frame < first) | (frame >= first + self.dark)
        return Batch(film(ball[:, :-1]) * lit[:, :, None], ball[:, 1:])


def bounced(free: np.ndarray) -> np.ndarray:
    """Where a ball is that would be at `free` were there no walls at -1 and 1."""
    return 1 - np.abs((free + 1) % 4 - 2)


def pixels(ball: np.ndarray) -> np.ndarray:
    """Positions (..., 2), right and up from -1 to 1 -> column and row of a frame, counted from its top left pixel."""
    middle = (SIDE - 1) / 2
    return middle + (middle - RADIUS) * ball * [1, -1]


def film(ball: np.ndarray) -> np.ndarray:
    """Positions (B, T, 2), right and up from -1 to 1 -> frames (B, T, SIDE²), row by row from the top."""
    away = np.arange(SIDE) - pixels(ball)[..., None]
    across, down = np.moveaxis(np.exp(-(away**2) / (2 * RADIUS**2)), 2, 0)
    return (down[..., :, None] * across[..., None, :]).reshape(*ball.shape[:2], SIDE * SIDE)
