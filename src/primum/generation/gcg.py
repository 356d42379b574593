"""Greedy coordinate gradient: a suffix that makes a model begin its answer with a given target.

    attack = Gcg(loaded, suffix_prompt(loaded, goal, target), GcgSettings(steps=50))
    for step in attack.run():
        print(step.number, step.loss)
    attack.best

At every step the gradient of the target's loss by the one-hot suffix names the likeliest swaps; a
random sample of single-token swaps is evaluated and the best is taken (Zou et al. 2023,
arXiv:2307.15043). Beside the published recipe: what stands before the suffix is computed once and
kept (KV cache), swaps that would not survive writing and reading the text again are dropped, the
best suffix so far is kept, every step is seeded by itself, and the state can be saved and taken up.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from primum.core.errors import UserError
from primum.generation.gcg_prompt import SuffixPrompt, usable_tokens

if TYPE_CHECKING:
    import torch

    from primum.models.local_source import Loaded


class GcgSettings(BaseModel):
    """How a suffix is sought; the defaults suit a small model on a processor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    suffix_tokens: int = Field(default=12, ge=1)
    initial: str = " x"
    """Its first token, repeated, is the suffix at the start. Tokens that would merge when they are
    read again (``**`` for ``*``, ``*``) leave no swap that survives."""
    steps: int = Field(default=60, ge=1)
    top_k: int = Field(default=64, ge=1)
    """Swaps considered at each place, by gradient."""
    candidates: int = Field(default=32, ge=1)
    """Swaps evaluated in each step."""
    batch_size: int = Field(default=32, ge=1)
    """Evaluated at once, or fewer where memory is short; it moves no result."""
    always_move: bool = True
    """Whether the best candidate is taken even if it is worse than the present suffix."""
    ascii_only: bool = True
    stop_below: float = Field(default=0.0, ge=0)
    """Ends as soon as the loss is below this; 0: never."""
    seed: int = 0


PUBLISHED_SETTINGS = GcgSettings(
    suffix_tokens=20, steps=1000, top_k=256, candidates=512, batch_size=300
)
"""As in the code of MedSafetyBench (github.com/AI4LIFE-GROUP/med-safety-bench at 191aa79,
exps/adv_attack/gcg.py)."""


_RANDOM_TRIES = 1_000
"""Draws for each random token; many do not survive being read behind the others."""


class GcgStep(NamedTuple):
    """One step."""

    number: int
    """From 1."""
    loss: float
    """Of the suffix after the step."""
    best_loss: float
    suffix: str


@dataclass(slots=True)
class GcgState:
    """All that a later command needs to go on; plain values, so that it can be a JSON file."""

    suffix: list[int]
    loss: float | None = None
    first_loss: float | None = None
    """Before the first step."""
    step: int = 0
    best_suffix: list[int] = field(default_factory=list)
    best_loss: float | None = None
    losses: list[float] = field(default_factory=list)


class Gcg:
    """One attack in progress.

    Args:
        loaded: the model.
        prompt: what stands around the suffix.
        settings: how it is sought.
        state: of an earlier attack with the same settings, to be gone on with.
    """

    def __init__(
        self,
        loaded: Loaded,
        prompt: SuffixPrompt,
        settings: GcgSettings,
        state: GcgState | None = None,
    ) -> None:
        import torch

        self._loaded = loaded
        self._prompt = prompt
        self.settings = settings
        self._embedding = loaded.model.get_input_embeddings().weight
        self._device = self._embedding.device
        usable = torch.tensor(usable_tokens(loaded, ascii_only=settings.ascii_only))
        self._banned = ~usable.to(self._device)
        self._after = self._ids([*prompt.after, *prompt.target])
        self._goal = loaded.tokenizer.encode(prompt.goal, add_special_tokens=False)
        self._goal_text = self._decoded(self._goal)
        self._prefix = self._prefix_cache()
        self._batch_size = settings.batch_size
        start = loaded.tokenizer.encode(settings.initial, add_special_tokens=False)[:1]
        self.state = state or GcgState(suffix=start * settings.suffix_tokens)
        for parameter in loaded.model.parameters():
            parameter.requires_grad_(requires_grad=False)

    @property
    def suffix(self) -> str:
        """The present suffix as text."""
        return self.text_of(self.state.suffix)

    @property
    def best(self) -> str:
        """The suffix with the smallest loss so far, as text."""
        return self.text_of(self.state.best_suffix or self.state.suffix)

    def run(self) -> Iterator[GcgStep]:
        """The steps that are left; ends early below ``stop_below``."""
        state = self.state
        if state.loss is None:
            state.loss = state.first_loss = self.losses([state.suffix])[0]
            state.best_suffix, state.best_loss = list(state.suffix), state.loss
        while state.step < self.settings.steps and not self._is_reached:
            self._step()
            best = state.loss if state.best_loss is None else state.best_loss
            yield GcgStep(state.step, state.loss, best, self.suffix)

    @property
    def _is_reached(self) -> bool:
        best = self.state.best_loss
        return best is not None and best < self.settings.stop_below

    def losses(self, suffixes: Sequence[Sequence[int]]) -> list[float]:
        """The mean cross-entropy of the target after each suffix, in nats per token.

        Raises:
            UserError: memory does not suffice for a single suffix.
        """
        import torch

        found: list[float] = []
        while len(found) < len(suffixes):
            batch = suffixes[len(found) : len(found) + self._batch_size]
            try:
                found += self._losses_of(batch)
            except torch.OutOfMemoryError as error:
                if len(batch) == 1:
                    raise UserError(
                        "Memory does not suffice for a single suffix. Take a smaller model or a "
                        "larger machine; the search goes on from where it is."
                    ) from error
                torch.cuda.empty_cache()
                self._batch_size = len(batch) // 2
        return found

    def random_suffix(self, generator: random.Random) -> list[int]:
        """As many random tokens as a suffix has, to compare it with; empty if none survive.

        They are drawn from all that may stand in a suffix, one after the other, so that each is
        still the same token when the text is read again.
        """
        usable = [token for token, is_banned in enumerate(self._banned.tolist()) if not is_banned]
        drawn: list[int] = []
        for _ in range(_RANDOM_TRIES * self.settings.suffix_tokens):
            longer = [*drawn, generator.choice(usable)]
            if self._survives(longer):
                drawn = longer
            if len(drawn) == self.settings.suffix_tokens:
                return drawn
        return []

    def _step(self) -> None:
        state = self.state
        candidates = self._candidates(self._gradient())
        losses = self.losses(candidates) if candidates else []
        if losses:
            place = min(range(len(losses)), key=losses.__getitem__)
            if self.settings.always_move or losses[place] < (state.loss or 0.0):
                state.suffix, state.loss = list(candidates[place]), losses[place]
        state.step += 1
        loss = state.loss if state.loss is not None else float("inf")
        state.losses.append(loss)
        if state.best_loss is None or loss < state.best_loss:
            state.best_suffix, state.best_loss = list(state.suffix), loss

    def _gradient(self) -> torch.Tensor:
        """Of the loss by the one-hot suffix: suffix tokens × vocabulary."""
        import torch

        one_hot = torch.zeros(
            (len(self.state.suffix), self._embedding.shape[0]),
            device=self._device,
            dtype=self._embedding.dtype,
        )
        one_hot.scatter_(1, self._ids(self.state.suffix).unsqueeze(1), 1.0)
        one_hot.requires_grad_()
        embedded = torch.cat([one_hot @ self._embedding, self._embedding[self._after]])
        loss = self._target_losses(embedded.unsqueeze(0)).sum()
        (gradient,) = torch.autograd.grad(loss, one_hot)
        return gradient.masked_fill(self._banned, float("inf"))

    def _candidates(self, gradient: torch.Tensor) -> list[list[int]]:
        """Single-token swaps among the best by gradient that survive being written and read."""
        import torch

        best = torch.topk(-gradient, min(self.settings.top_k, gradient.shape[1]), dim=1).indices
        # Seeded by the step, so that an attack that is taken up draws what it would have drawn.
        generator = random.Random(f"{self.settings.seed}:{self.state.step}")  # noqa: S311
        drawn: list[list[int]] = []
        for _ in range(self.settings.candidates):
            place = generator.randrange(len(self.state.suffix))
            token = int(best[place, generator.randrange(best.shape[1])])
            swapped = [*self.state.suffix]
            swapped[place] = token
            drawn.append(swapped)
        return [swapped for swapped in drawn if self._survives(swapped)]

    def _survives(self, suffix: Sequence[int]) -> bool:
        """Whether the suffix is the same tokens after being text behind the goal."""
        text = self._prompt.goal + self.text_of(suffix)
        read = self._loaded.tokenizer.encode(text, add_special_tokens=False)
        return [int(token) for token in read] == [*self._goal, *suffix]

    def _losses_of(self, suffixes: Sequence[Sequence[int]]) -> list[float]:
        import torch

        with torch.inference_mode():
            tokens = torch.stack([self._ids(suffix) for suffix in suffixes])
            after = self._after.expand(len(suffixes), -1)
            embedded = self._embedding[torch.cat([tokens, after], dim=1)]
            return [float(loss) for loss in self._target_losses(embedded)]

    def _target_losses(self, embedded: torch.Tensor) -> torch.Tensor:
        """Of each row (suffix, after, target as embeddings), behind the kept prefix."""
        import torch

        rows, length = embedded.shape[0], len(self._prompt.target)
        cache = copy.deepcopy(self._prefix)
        cache.batch_repeat_interleave(rows)
        logits = self._loaded.model(
            inputs_embeds=embedded, past_key_values=cache, logits_to_keep=length + 1
        ).logits[:, :-1]
        target = self._ids(self._prompt.target).expand(rows, -1)
        flat = torch.nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]).float(), target.reshape(-1), reduction="none"
        )
        return flat.view(rows, -1).mean(dim=1)

    def _prefix_cache(self) -> Any:
        """Keys and values of all that stands before the suffix."""
        import torch
        from transformers import DynamicCache

        cache = DynamicCache(config=self._loaded.model.config)
        with torch.no_grad():
            self._loaded.model(
                input_ids=self._ids(self._prompt.before).unsqueeze(0),
                past_key_values=cache,
                use_cache=True,
            )
        return cache

    def _ids(self, tokens: Sequence[int]) -> torch.Tensor:
        import torch

        return torch.tensor(list(tokens), dtype=torch.long, device=self._device)

    def text_of(self, tokens: Sequence[int]) -> str:
        """Tokens of a suffix as text that stands behind the goal."""
        # Some tokenizers lose a space where a text begins; behind the goal it stands.
        return self._decoded([*self._goal, *tokens])[len(self._goal_text) :]

    def _decoded(self, tokens: Sequence[int]) -> str:
        return str(
            self._loaded.tokenizer.decode(
                tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        )
