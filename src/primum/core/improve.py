"""What an attempt to make a model safer found, as plain values: made by ``studies``.

A *point* is one way to tune (method, data mix, size, updates); a *candidate* groups points; every
point and seed is one adapter. The baseline is the model as it was.
"""

from __future__ import annotations

from typing import Literal

ObjectiveName = Literal["safety", "over_refusal", "capability"]
"""``safety``: harmful requests; ``over_refusal``: harmless ones; ``capability``: questions with
right answers."""
