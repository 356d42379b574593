"""What the stages of a recipe have made so far: drafts that went through, and all that did not."""

from __future__ import annotations

from primum.core.errors import UserError
from primum.engine.progress import Progress
from primum.generation.draft import Draft, Dropped
from primum.generation.planning import RecipePlan
from primum.generation.recipe_stage import RecipeStage
from primum.generation.stage import StageResult
from primum.generation.yields import StageDrop, StageYield, Yields, counted, reason_words


class NothingLeftError(UserError):
    """No draft came through a stage, so that the next one has nothing to work on."""


class Gathered:
    """Drafts, drops and yields of the stages that have ended."""

    def __init__(self) -> None:
        self._drafts: tuple[Draft, ...] = ()
        self._stages: list[StageYield] = []
        self._drops: list[StageDrop] = []

    def given(self, stage: RecipeStage) -> tuple[Draft, ...]:
        """What the stage works on."""
        return () if stage.kind.takes == "nothing" else self._drafts

    def yields(self) -> Yields:
        """All of it."""
        return Yields(tuple(self._stages), self._drafts, tuple(self._drops))

    def add(
        self, plan: RecipePlan, stage: RecipeStage, result: StageResult, progress: Progress
    ) -> StageYield:
        """Take a stage's result; the same draft is kept once."""
        is_source = stage.kind.takes == "nothing"
        before = self._drafts if is_source else ()
        known = {draft.id for draft in before}
        kept: list[Draft] = []
        dropped = list(result.dropped)
        for draft in result.kept:
            if draft.id in known:
                dropped.append(Dropped("near_duplicate", "the same as another draft", draft))
            else:
                known.add(draft.id)
                kept.append(draft)
        ended = StageYield(
            name=stage.name,
            kind=stage.kind.kind,
            drafts_in=0 if is_source else len(self._drafts),
            kept=len(kept),
            dropped=counted(dropped),
            drafts_after=len(before) + len(kept),
            questions=progress.done,
            failed=progress.responses["transport_error"],
            models=tuple(model.name for model in plan.cast.models_of(stage.roles)),
            figures=dict(result.figures),
        )
        self._drafts = (*before, *kept)
        self._drops += [StageDrop(stage.name, each) for each in dropped]
        self._stages.append(ended)
        return ended

    def require_drafts(self, stage: RecipeStage | None) -> None:
        """Return if there is something to go on with; None: at the recipe's end.

        Raises:
            NothingLeftError: nothing is left; the last stage and its reasons are named.
        """
        if self._drafts or (stage is not None and stage.kind.takes == "nothing"):
            return
        last = self._stages[-1]
        reasons = ", ".join(
            f"{count:,} {reason_words(reason, count)}" for reason, count in last.dropped.items()
        )
        raise NothingLeftError(
            f"Nothing is left after the stage “{last.name}”: {last.drafts_in:,} in, none kept"
            f"{f' ({reasons})' if reasons else ''}. Give its role another model, or the stage "
            "looser settings; what was asked is in the ledger and is not asked again."
        )
