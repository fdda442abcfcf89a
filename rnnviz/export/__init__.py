"""Taking a run away: weights for plain torch, the recording as tables, a report, a script that remakes the run.

Nothing here needs torch, but what `remake` trains.
"""

from __future__ import annotations
