"""Answers of a torch model to a batch of conversations.

Each conversation is sampled with a seed of its own, so that its answer does not depend on which
others share the batch (but for the last bits of the arithmetic, as with any batched inference).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from primum.core.response import Response
from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling

if TYPE_CHECKING:
    import torch

    from primum.models.local_source import Loaded

UNLIMITED_NEW_TOKENS = 2048
"""Where a profile sets no limit."""


def prompt_tokens(loaded: Loaded, request: ChatRequest) -> list[int]:
    """The conversation as the model's chat template writes it.

    An assistant turn at the end, if there is one, is begun and left open (prefill).
    """
    is_prefilled = request.messages[-1].role == "assistant"
    tokens = loaded.tokenizer.apply_chat_template(
        [{"role": message.role, "content": message.content} for message in request.messages],
        tokenize=True,
        add_generation_prompt=not is_prefilled,
        continue_final_message=is_prefilled,
        return_dict=False,
    )
    return [int(token) for token in tokens]


def context_length(loaded: Loaded) -> int:
    """Tokens that prompt and answer may have together."""
    return int(getattr(loaded.model.config, "max_position_embeddings", 0) or 1 << 30)


def generate(loaded: Loaded, requests: Sequence[ChatRequest], sampling: Sampling) -> list[Response]:
    """One response for each request, all under the same sampling but for their seeds."""
    prompts = [prompt_tokens(loaded, request) for request in requests]
    room = context_length(loaded)
    fitting = [place for place, prompt in enumerate(prompts) if len(prompt) < room]
    responses = [_too_long(prompt, room) for prompt in prompts]
    if fitting:
        seeds = [_seed(sampling, requests[place]) for place in fitting]
        answered = _answers(loaded, [prompts[place] for place in fitting], sampling, seeds)
        for place, response in zip(fitting, answered, strict=True):
            responses[place] = response
    return responses


def _answers(
    loaded: Loaded, prompts: Sequence[Sequence[int]], sampling: Sampling, seeds: Sequence[int]
) -> list[Response]:
    import torch

    started = time.monotonic()
    tokenizer, model = loaded.tokenizer, loaded.model
    batch = tokenizer.pad({"input_ids": [list(p) for p in prompts]}, return_tensors="pt")
    width = batch["input_ids"].shape[1]
    longest = max(map(len, prompts))
    limit = min(sampling.max_tokens or UNLIMITED_NEW_TOKENS, context_length(loaded) - longest)
    with torch.inference_mode():
        output = model.generate(
            **batch.to(model.device),
            max_new_tokens=limit,
            do_sample=False,
            logits_processor=_processors(sampling, seeds, model.device),
            pad_token_id=tokenizer.pad_token_id,
            # A repository's own defaults would else sample where the profile says nothing.
            temperature=None,
            top_p=None,
            top_k=None,
        )
    ends = _end_tokens(loaded)
    seconds = time.monotonic() - started
    responses = []
    for row, prompt in zip(output, prompts, strict=True):
        response = _response(loaded, row[width:].tolist(), ends, sampling.stop)
        response = replace(response, prompt_tokens=len(prompt), latency_seconds=seconds)
        responses.append(response)
    return responses


def _response(
    loaded: Loaded, tokens: list[int], ends: frozenset[int], stops: Sequence[str]
) -> Response:
    end = next((place for place, token in enumerate(tokens) if token in ends), None)
    text = str(loaded.tokenizer.decode(tokens[:end], skip_special_tokens=True))
    cuts = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    is_whole = end is not None or bool(cuts)
    return Response(
        outcome="ok" if is_whole else "truncated",
        text=text[: min(cuts)] if cuts else text,
        finish_reason="stop" if is_whole else "length",
        completion_tokens=len(tokens) if end is None else end + 1,
    )


def _too_long(prompt: Sequence[int], room: int) -> Response:
    return Response(
        "context_length",
        prompt_tokens=len(prompt),
        error=f"the conversation has {len(prompt):,} tokens, the model takes {room:,} in all",
    )


def _end_tokens(loaded: Loaded) -> frozenset[int]:
    named = loaded.model.generation_config.eos_token_id
    ends = named if isinstance(named, list) else [named]
    return frozenset(token for token in (*ends, loaded.tokenizer.eos_token_id) if token is not None)


def _seed(sampling: Sampling, request: ChatRequest) -> int:
    return (sampling.seed or 0) + request.repeat


def _processors(sampling: Sampling, seeds: Sequence[int], device: torch.device) -> Any:
    """What turns the likeliest next token into a sampled one; nothing at temperature 0."""
    from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopPLogitsWarper

    processors = LogitsProcessorList()
    temperature = 1.0 if sampling.temperature is None else sampling.temperature
    if temperature > 0:
        processors.append(TemperatureLogitsWarper(float(temperature)))
        if sampling.top_p is not None and sampling.top_p < 1:
            processors.append(TopPLogitsWarper(sampling.top_p))
        processors.append(SeededNoise(seeds, device))
    return processors


class SeededNoise:
    """Gumbel noise on the logits of each row, from a generator of its own.

    The largest of logits with standard Gumbel noise is a draw from their softmax (Gumbel 1954, the
    "Gumbel-max trick"), so that greedy decoding over them samples, row by row, by its own seed.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        import torch

        self._device = device
        # On the CPU, so that a seed means the same on any device.
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, _tokens: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """The scores with noise; minus infinity stays."""
        import torch

        drawn = [
            torch.rand(scores.shape[1], generator=generator, dtype=torch.float64)
            for generator in self._generators
        ]
        uniform = torch.stack(drawn).clamp_(1e-300, 1 - 1e-16)
        noise = -torch.log(-torch.log(uniform))
        return scores + noise.to(device=scores.device, dtype=torch.float32)
