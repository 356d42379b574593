"""Numbers of the command line that are numbers: “nan” lies in no range, though none excludes it."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import click

from primum.core.errors import UserError, shorten


class NumberRange(click.FloatRange):
    """As ``click.FloatRange``, without “nan” and “inf”."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number.

        Raises:
            UserError: it is not finite.
            click.BadParameter: it is none, or it is out of range.
        """
        with contextlib.suppress(TypeError, ValueError):
            if not math.isfinite(float(value)):
                raise UserError(
                    f"{_option(param)} holds “{shorten(str(value))}”, which is no finite number. "
                    "A number was expected."
                )
        return float(super().convert(value, param, ctx))


def _option(param: click.Parameter | None) -> str:
    return param.opts[-1] if param is not None and param.opts else "An option"
