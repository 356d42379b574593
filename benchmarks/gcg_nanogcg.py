"""The other side of ``benchmarks.gcg``, run by the Python of nanogcg's own environment."""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any


def start_loss(torch: Any, model: Any, tokenizer: Any, task: dict[str, Any]) -> float:
    """Of the target after the first suffix, without nanogcg: whether both sides ask the same."""
    turn = {"role": "user", "content": task["goal"] + "{suffix}"}
    text = tokenizer.apply_chat_template([turn], tokenize=False, add_generation_prompt=True)
    before, after = text.split("{suffix}")
    parts = (before, task["initial"] * task["suffix_tokens"], after, task["target"])
    tokens = [token for part in parts for token in tokenizer.encode(part, add_special_tokens=False)]
    target = torch.tensor(tokenizer.encode(task["target"], add_special_tokens=False))
    with torch.no_grad():
        logits = model(torch.tensor([tokens])).logits[0, -len(target) - 1 : -1]
    return float(torch.nn.functional.cross_entropy(logits, target))


def main() -> None:
    """Search once for one step, and once for all; print times and losses."""
    task = json.loads(sys.argv[1])
    nanogcg = importlib.import_module("nanogcg")
    torch = importlib.import_module("torch")
    transformers = importlib.import_module("transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(
        task["folder"], torch_dtype=torch.float32
    ).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(task["folder"])
    first_loss = start_loss(torch, model, tokenizer, task)
    seconds = []
    for steps in (1, task["steps"]):
        settings = nanogcg.GCGConfig(
            num_steps=steps,
            optim_str_init=task["initial"] * task["suffix_tokens"],
            search_width=task["candidates"],
            batch_size=task["candidates"],
            topk=task["top_k"],
            seed=task["seed"],
            use_prefix_cache=True,
            filter_ids=True,
            allow_non_ascii=False,
            verbosity="ERROR",
        )
        begun = time.process_time()
        found = nanogcg.run(model, tokenizer, task["goal"], task["target"], settings)
        seconds.append(time.process_time() - begun)
    print(
        json.dumps(
            {
                "seconds_one_step": seconds[0],
                "seconds": seconds[1],
                "first_loss": first_loss,
                "losses": found.losses,
            }
        )
    )


if __name__ == "__main__":
    main()
