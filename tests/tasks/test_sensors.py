"""The heated room: its heat balance, its thermostat, what its sensors do and do not say."""

from __future__ import annotations

import numpy as np
import pytest
from test_tasks_registry import SERIES, made

from rnnviz.tasks import sensors


def balance(room, floor, outside, heating, sun=0.0):
    """The two derivatives, °C per hour, as the docstring of the task has them."""
    into_room = (floor - room) / sensors.ROOM_TO_FLOOR + (outside - room) / sensors.ROOM_TO_OUTSIDE + sun
    return into_room / sensors.AIR, ((room - floor) / sensors.ROOM_TO_FLOOR + heating) / sensors.FLOOR


def test_a_step_is_the_heat_balance_in_many_small_steps():
    room, floor, outside = 18.0, 25.0, -4.0
    keeps, gains = sensors._exactly()
    drive = np.array([outside / sensors.ROOM_TO_OUTSIDE / sensors.AIR, sensors.HEATING / sensors.FLOOR])
    exact = keeps @ [room, floor] + gains @ drive
    small = 20_000
    for _ in range(small):
        by_room, by_floor = balance(room, floor, outside, sensors.HEATING)
        room, floor = room + by_room * sensors.STEP / small, floor + by_floor * sensors.STEP / small
    np.testing.assert_allclose(exact, [room, floor], atol=1e-3)


def test_without_sun_and_heating_a_room_ends_as_cold_as_outside():
    keeps, gains = sensors._exactly()
    drive = np.array([7.0 / sensors.ROOM_TO_OUTSIDE / sensors.AIR, 0.0])
    state = np.array([20.0, 30.0])
    for _ in range(2000):
        state = keeps @ state + gains @ drive
    np.testing.assert_allclose(state, 7.0, atol=1e-6)


def test_readings_are_those_of_a_thermostat():
    room, outside, heating = sensors.readings(np.random.default_rng(0), 300, 96)
    assert room.shape == outside.shape == heating.shape == (300, 96)
    assert set(np.unique(heating)) == {0.0, 1.0} and 0.2 < heating.mean() < 0.7
    assert np.percentile(room, 1) > 15 and np.percentile(room, 99) < 26
    starts = (np.diff(heating, axis=1) == 1).nonzero()
    stops = (np.diff(heating, axis=1) == -1).nonzero()
    slack = 5 * sensors.NOISE
    assert room[starts].max() < sensors.DAY - sensors.BAND + slack  # switched on only when it is too cold
    assert room[stops].min() > sensors.NIGHT + sensors.BAND - slack  # and off only when it is warm enough


def test_what_is_hidden_helps():
    """Linear regression on the present readings alone leaves much more error than with those of six hours."""
    batch = made("sensors", SERIES, precision="float64").sample(np.random.default_rng(0), 400, "train")

    def error(past: int) -> float:
        steps = range(past - 1, batch.inputs.shape[1])
        x = np.concatenate([batch.inputs[:, t - past + 1 : t + 1].reshape(400, -1) for t in steps])
        y = np.concatenate([batch.targets[:, t, 0] for t in steps])
        x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
        weights = np.linalg.lstsq(x[::2], y[::2])[0]
        return float(np.sqrt(np.mean((x[1::2] @ weights - y[1::2]) ** 2)))

    assert error(1) > 1.7 * error(12)


def test_baseline_repeats_the_last_reading():
    task = made("sensors", SERIES, precision="float64")
    batch = task.heldout(3000)
    assert task.baseline == pytest.approx(np.mean((batch.inputs[..., :1] - batch.targets) ** 2), rel=0.05)
    assert np.sqrt(task.baseline) == pytest.approx(0.33, abs=0.02)  # °C
