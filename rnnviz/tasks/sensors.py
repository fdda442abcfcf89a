"""A heated room and its sensors."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnnviz.tasks.base import Batch, Task

STEP = 0.5  # hours between two readings
# Heat capacities in kWh/K, resistances in K/kW, powers in kW: a small house with heating in the floor.
AIR, FLOOR, ROOM_TO_FLOOR, ROOM_TO_OUTSIDE, HEATING, SUN = 0.6, 4.0, 1.4, 6.0, 6.0, 3.0
DAY, NIGHT, BAND = 21.0, 17.0, 0.5  # °C that the thermostat wants by day (6 to 22 h) and night, and how far off it acts
NOISE = 0.05  # °C, standard deviation of a reading
WARM_UP = 12  # readings before the first that is shown
MIDDLE, OUTSIDE = 19.0, 5.0  # °C, subtracted from what is read


class Sensors(Task):
    """Predict the temperature of a heated room half an hour ahead, from the readings so far.

    Trial: every half hour three sensors are read: the temperature in the room, the one outside, and whether
    the heating is on. At every reading the net must give the next one of the room. What decides it most is
    measured by none: how warm the floor is that the heating runs through. It takes hours to warm up and to
    cool down, so the net must remember how long the heating was on. The readings are generated, by the heat
    balance of a room and its floor,

        C_room dT/dt  = (T_floor - T) / R_floor + (T_outside - T) / R_outside + sun
        C_floor dT_floor/dt = (T - T_floor) / R_floor + heating,

    solved exactly from reading to reading, with a thermostat that switches with hysteresis and lowers at night,
    an outside temperature with the time of day and weather of its own, clouds, and noisy sensors.

    Shapes: inputs (B, T, 3), °C above 19 in the room, tens of °C above 5 outside, heating 0 or 1;
    targets (B, T, 1), the room's input one time step later. Loss: mean squared error, in °C squared. Baseline:
    repeating the last reading, measured on 2,000 other rooms.
    Paper: Bacher & Madsen (2011) for the model.
    """

    name = "sensors"
    label = "Sensors of a heated room"
    summary = "Predict a room's temperature; the warmth of its floor is in no sensor."
    shape = "seq→seq"
    source = "Bacher & Madsen (2011), Identifying suitable models for the heat dynamics of buildings"
    causal = True
    defaults = {"cell": "gru", "length": 48, "hidden_size": 32, "batch_size": 32, "learning_rate": 1e-2}

    input_size = 3
    output_size = 1
    labels = ("room (°C above 19)",)
    input_labels = ("room (°C above 19)", "outside (10 °C above 5)", "heating")
    baseline_words = "repeating the last reading"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.baseline = _persistence(config.length)

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        room, outside, heating = readings(rng, size, self.time_steps + 1)
        values = np.stack([room - MIDDLE, (outside - OUTSIDE) / 10, heating], -1)
        return Batch(values[:, :-1], values[:, 1:, :1])


def readings(rng: np.random.Generator, size: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the sensors of `size` rooms say, (size, steps) each: °C in the room, °C outside, heating 0 or 1."""
    total = WARM_UP + steps
    hours = rng.uniform(0, 24, (size, 1)) + STEP * np.arange(total)
    outside = _weather(rng, hours)
    clouds = rng.uniform(0, 1, (size, 1))
    sun = SUN * clouds * np.clip(np.sin(2 * np.pi * (hours - 6) / 24), 0, None)
    wanted = np.where((hours % 24 > 6) & (hours % 24 < 22), DAY, NIGHT)
    drive = np.stack([(outside / ROOM_TO_OUTSIDE + sun) / AIR, np.zeros_like(sun)], -1)
    keeps, gains = _exactly()
    state = np.stack([rng.uniform(NIGHT, DAY, size), rng.uniform(NIGHT, DAY + 5, size)], -1)  # room, floor
    heating = np.zeros(size, bool)
    room, on = np.empty((2, size, total))
    for t in range(total):
        room[:, t], on[:, t] = state[:, 0], heating
        heating = np.where(heating, state[:, 0] < wanted[:, t] + BAND, state[:, 0] < wanted[:, t] - BAND)
        now = drive[:, t] + np.stack([np.zeros(size), heating * (HEATING / FLOOR)], -1)
        state = state @ keeps.T + now @ gains.T
    room += rng.normal(0, NOISE, room.shape)
    return room[:, WARM_UP:], outside[:, WARM_UP:], on[:, WARM_UP:]


@lru_cache(maxsize=8)
def _persistence(length: int) -> float:
    """Mean squared error of repeating the last reading."""
    room, _, _ = readings(np.random.default_rng(0), 2000, length + 1)
    return float(np.mean(np.diff(room, axis=1) ** 2))


def _weather(rng: np.random.Generator, hours: np.ndarray) -> np.ndarray:
    """°C outside at the hours (B, T): warmest at three in the afternoon, on a level of its own, which wanders."""
    wanders = np.cumsum(rng.normal(0, 0.15, hours.shape), axis=1)
    return rng.uniform(-5, 12, (len(hours), 1)) + 4 * np.cos(2 * np.pi * (hours - 15) / 24) + wanders


@lru_cache(maxsize=1)
def _exactly() -> tuple[np.ndarray, np.ndarray]:
    """(E, G) with state(t + STEP) = E state(t) + G drive, for x' = M x + drive held constant between readings."""
    to_floor, to_outside = 1 / ROOM_TO_FLOOR, 1 / ROOM_TO_OUTSIDE
    flows = np.array([[-(to_floor + to_outside) / AIR, to_floor / AIR], [to_floor / FLOOR, -to_floor / FLOOR]])
    rates, modes = np.linalg.eig(flows)  # real and negative: heat only flows down
    keeps = (modes * np.exp(rates * STEP)) @ np.linalg.inv(modes)
    return keeps, np.linalg.solve(flows, keeps - np.eye(2))
