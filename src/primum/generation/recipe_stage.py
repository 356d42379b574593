"""One stage of a recipe with its settings checked."""

from __future__ import annotations

from dataclasses import dataclass

from primum.generation.stage import StageKind, StageSettings


@dataclass(frozen=True, slots=True)
class RecipeStage:
    """One stage with its settings checked."""

    name: str
    kind: StageKind
    settings: StageSettings

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that it asks, each once."""
        found: dict[str, None] = {}
        for key in self.kind.roles:
            value = getattr(self.settings, key, None)
            names = (value,) if isinstance(value, str) else tuple(value or ())
            found.update(dict.fromkeys(name for name in names if name))
        return tuple(found)
