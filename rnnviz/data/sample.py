"""A table to try the upload with: made up, the same every time, with what real tables have."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

DAYS = 730


def sample_csv() -> bytes:
    """Two years of a made-up ice cream stand, one row a day, as UTF-8 CSV.

    Columns: date; weather (text); temperature in °C, with the seasons and a memory of a few days; visitors,
    more on warm days and at weekends; sales, which follow the visitors. Some cells of the numbers are empty.
    """
    rng = np.random.default_rng(7)
    day = np.arange(DAYS)
    anomaly = np.zeros(DAYS)
    for k in range(1, DAYS):
        anomaly[k] = 0.8 * anomaly[k - 1] + 1.5 * rng.standard_normal()
    temperature = 11 - 10 * np.cos(2 * np.pi * (day - 15) / 365.25) + anomaly
    first = date(2022, 1, 1)  # a Saturday
    weekend = np.isin((day + first.weekday()) % 7, (5, 6))
    visitors = np.maximum(0, 20 + 6 * np.maximum(temperature, 0) + 60 * weekend + 6 * rng.standard_normal(DAYS))
    sales = 3.2 * visitors + 5 * rng.standard_normal(DAYS)
    weather = np.select([anomaly > 1.5, anomaly < -1.5], ["sunny", "rain"], "cloudy")
    empty = rng.random((DAYS, 3)) < 0.01
    lines = ["date,weather,temperature,visitors,sales"]
    for k in range(DAYS):
        cells = (f"{temperature[k]:.1f}", f"{visitors[k]:.0f}", f"{max(sales[k], 0.0):.2f}")
        numbers = ["" if missing else cell for cell, missing in zip(cells, empty[k], strict=True)]
        lines.append(",".join([(first + timedelta(days=k)).isoformat(), str(weather[k]), *numbers]))
    return ("\n".join(lines) + "\n").encode()
