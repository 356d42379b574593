"""A stored run's summary, from nothing but the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, false, func, or_, select

from primum.core.scale import Scale
from primum.core.summary import Example, ExampleTurn, Notice
from primum.evaluation.along import Reading, with_fingerprints
from primum.evaluation.behaviour_profile import behaviour_sets_of
from primum.evaluation.comparison import EvaluatedRun
from primum.evaluation.example import choose_examples
from primum.evaluation.fact import JudgeFacts, RunFacts
from primum.evaluation.live_run import LiveRun, read_live
from primum.evaluation.setting import SummarySettings
from primum.evaluation.summary import summarise
from primum.judging.judge import JudgeScope
from primum.ledger import schema
from primum.ledger.columns import RunColumns, VerdictColumns
from primum.ledger.ledger import Ledger
from primum.ledger.reading import read_columns, read_transcripts
from primum.ledger.record import Run, item_from_json, spoken_under
from primum.models.price import price_usd


def read_run(
    ledger: Ledger,
    run: Run,
    *,
    examples_per_group: int = 1,
    readings: Sequence[Reading] = (),
) -> EvaluatedRun:
    """The run with its columns, facts and summary; ``readings`` are sets to read it along.

    Raises:
        UserError: no item of the run can be read along one of the sets.
    """
    spec = run.spec
    settings = settings_of(run)
    judges = {judge["name"]: bytes.fromhex(judge["fingerprint"]) for judge in spec["judges"]}
    live = read_live(ledger, run, settings)
    columns = read_columns(ledger, run.id, repeats=spec["repeats"], judges=judges, plan=live.plan)
    for judge in spec["judges"]:
        columns.verdicts[judge["name"]] = _own_verdicts(columns, judge)
    facts = _facts(ledger, run, columns, live)
    rows = choose_examples(columns, run=facts, settings=settings, per_group=examples_per_group)
    names = {fingerprint: name for name, fingerprint in judges.items()}
    examples = _examples(ledger, run, columns, rows, judges=names, live=live)
    titles: dict[str, Mapping[str, str]] = {}
    for one in run.facts.get("guidelines", {}).values():
        titles.update(one["titles"])
        titles.update(one.get("category_titles", {}))
    for reading in readings:
        titles.update({each.id: each.titles for each in reading.guideline_set.guidelines})
    summary = summarise(
        columns,
        run=facts,
        settings=settings,
        guideline_titles=titles,
        examples=examples,
        behaviours=behaviour_sets_of(run.facts, [judge["name"] for judge in spec["judges"]]),
        readings=[with_fingerprints(reading, run.facts) for reading in readings],
    )
    return EvaluatedRun(columns, facts, summary)


def _own_verdicts(columns: RunColumns, judge: Mapping[str, Any]) -> VerdictColumns:
    """The verdicts that this run asked the judge for.

    Another run of the workspace may have asked it about other items or for more votes; with those
    the same run would find something else in another workspace.
    """
    verdicts, scope = columns.verdicts[judge["name"]], scope_from(judge.get("scope", {}))
    asked = [
        item.task in scope.tasks
        and item.perspective in scope.perspectives
        and item.intent in scope.intents
        for item in columns.items
    ]
    kept = [
        place
        for place, (row, vote) in enumerate(zip(verdicts.row, verdicts.vote, strict=True))
        if vote < judge["votes"] and asked[columns.item[row]]
    ]
    if len(kept) == len(verdicts.row):
        return verdicts
    return VerdictColumns(
        row=[verdicts.row[place] for place in kept],
        vote=[verdicts.vote[place] for place in kept],
        outcome=[verdicts.outcome[place] for place in kept],
        value=[verdicts.value[place] for place in kept],
        measures=[verdicts.measures[place] for place in kept],
    )


def settings_of(run: Run) -> SummarySettings:
    """How the run's protocol turns verdicts into numbers."""
    return SummarySettings.model_validate(run.spec["summary"])


def _facts(ledger: Ledger, run: Run, columns: RunColumns, live: LiveRun) -> RunFacts:
    spec, target = run.spec, run.spec["target"]
    provider = target["identity"].get("provider", "")
    return RunFacts(
        run_id=run.id,
        created=run.created,
        finished=run.finished if run.state == "finished" else "",
        spec={**spec, **run.facts, **({"attack": live.outcome} if live.outcome else {})},
        judges=tuple(_judge(judge, target["identity"]) for judge in spec["judges"]),
        usage=_usage(ledger, run, columns),
        notices=tuple(notices_of_run(run, columns)),
        target_model=target["name"],
        recorded_answers=provider == "answers",
        categories={
            guideline: category
            for one in run.facts.get("guidelines", {}).values()
            for guideline, category in one.get("categories", {}).items()
        },
    )


def _judge(stored: Mapping[str, Any], target: Mapping[str, Any]) -> JudgeFacts:
    return JudgeFacts(
        name=stored["name"],
        scale=Scale(**stored["scale"]),
        votes=stored["votes"],
        lexical=stored["lexical"],
        model=stored["model"],
        asks_target=is_same_model(stored.get("model_identity", {}), target),
        fingerprint=stored["fingerprint"],
        scope=scope_from(stored.get("scope", {})),
    )


def scope_from(stored: Mapping[str, Any]) -> JudgeScope:
    """The scope as it was stored with the run."""
    return JudgeScope(**{name: tuple(values) for name, values in stored.items()})


def is_same_model(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two identities are of one model: the same weights, or one name at one address."""
    if first.get("sha256") and second.get("sha256"):
        return bool(first["sha256"] == second["sha256"])
    names = [(one.get("provider"), one.get("model")) for one in (first, second)]
    is_one_address = first.get("base_url") == second.get("base_url")
    return all(names[0]) and names[0] == names[1] and is_one_address


def notices_of_run(run: Run, columns: RunColumns) -> list[Notice]:
    """What the stored specification and facts of the run call for."""
    notices: list[Notice] = []
    identity = run.spec["target"]["identity"]
    if identity.get("provider") == "embedded" and "SmolLM2" in identity.get("model", ""):
        notices.append(Notice("embedded-model", "limit"))
        if any(item.language == "ja" for item in columns.items):
            notices.append(Notice("embedded-japanese", "limit"))
    own = run.facts.get("own", ())
    if "judges" in own:
        notices.append(Notice("own-judges", "limit"))
    if "items" in own:
        notices.append(Notice("own-items", "limit"))
    if "profile" in own:
        notices.append(Notice("own-profile", "limit"))
    answers = run.facts.get("answers")
    if answers and answers["rows_without_item"]:
        count = str(answers["rows_without_item"])
        notices.append(Notice("unmatched-answers", "warning", {"count": count}))
    return notices


def _usage(ledger: Ledger, run: Run, columns: RunColumns) -> dict[str, float]:
    """Calls and cost of the run's answers and verdicts, whenever they were made."""
    judgements, turns, calls = schema.judgements.c, schema.turns.c, schema.calls.c
    verdict_calls = (
        select(judgements.judge, judgements.verdict_call)
        .join_from(
            schema.turns,
            schema.judgements,
            (turns.item == judgements.item) & (turns.call == judgements.call),
        )
        .where(
            turns.run == run.id,
            judgements.verdict_call.is_not(None),
            # Verdicts of other runs on the same responses are no part of this one.
            or_(
                false(),
                *(
                    and_(
                        judgements.judge == bytes.fromhex(j["fingerprint"]),
                        judgements.vote < j["votes"],
                    )
                    for j in run.spec["judges"]
                ),
            ),
        )
        .distinct()
        .subquery()
    )
    with ledger.reading() as connection:
        rows = connection.execute(
            select(
                verdict_calls.c.judge,
                func.count(),
                func.sum(calls.prompt_tokens),
                func.sum(calls.completion_tokens),
                func.sum(calls.cached_tokens),
            )
            .join_from(verdict_calls, schema.calls, calls.key == verdict_calls.c.verdict_call)
            .group_by(verdict_calls.c.judge)
        ).all()
    used: list[Sequence[Any]] = [*rows, *_attacker_usage(ledger, run)]
    made = sum(1 for outcome in columns.outcome if outcome)
    prompt = [sum(columns.prompt_tokens), *(int(row[2] or 0) for row in used)]
    completion = [sum(columns.completion_tokens), *(int(row[3] or 0) for row in used)]
    cached = [sum(columns.cached_tokens), *(int(row[4] or 0) for row in used)]
    by_judge = {j["fingerprint"]: j.get("model_identity", {}) for j in run.spec["judges"]}
    by_judge[_ATTACKER.hex()] = run.spec.get("attacker", {}).get("identity", {})
    identities = [
        run.spec["target"]["identity"],
        *(by_judge.get(bytes(row[0]).hex(), {}) for row in used),
    ]
    usage: dict[str, float] = {
        "calls": made + sum(row[1] for row in used),
        "prompt_tokens": sum(prompt),
        "completion_tokens": sum(completion),
        "cached_tokens": sum(cached),
    }
    costs = [
        price_usd(identity.get("provider", ""), identity.get("model", ""), p, c, k)
        for identity, p, c, k in zip(identities, prompt, completion, cached, strict=True)
    ]
    if all(cost is not None for cost in costs):
        usage["cost_usd"] = sum(cost or 0.0 for cost in costs)
    return usage


_ATTACKER = b"attacker"
"""Stands where a judge's fingerprint stands in a row of usage."""


def _attacker_usage(ledger: Ledger, run: Run) -> list[tuple[bytes, int, int, int, int]]:
    """Calls and tokens of the live user; equal calls are one. No row where turns were scripted."""
    turns, calls = schema.turns.c, schema.calls.c
    used = select(turns.call).where(turns.run == spoken_under(run.id)).distinct()
    with ledger.reading() as connection:
        row = connection.execute(
            select(
                func.count(),
                func.sum(calls.prompt_tokens),
                func.sum(calls.completion_tokens),
                func.sum(calls.cached_tokens),
            ).where(calls.key.in_(used))
        ).one()
    return [(_ATTACKER, row[0], *(int(each or 0) for each in row[1:]))] if row[0] else []


def _examples(
    ledger: Ledger,
    run: Run,
    columns: RunColumns,
    rows: list[int],
    *,
    judges: Mapping[bytes, str],
    live: LiveRun,
) -> list[Example]:
    chosen = [(columns.items[columns.item[row]].id, columns.repeat[row]) for row in rows]
    transcripts = read_transcripts(ledger, run.id, chosen)
    contents = _contents(ledger, run.id, [item for item, _ in chosen])
    examples = []
    for item_id, repeat in chosen:
        item = item_from_json(contents[item_id])
        said = live.texts.get((bytes.fromhex(item_id), repeat), item.turns)
        turns = tuple(
            ExampleTurn(
                request=said[record.turn],
                response=record.response.text,
                outcome=record.response.outcome,
                verdicts=tuple(
                    (judges[judge], verdict.outcome, verdict.value, verdict.reason)
                    for judge, _, verdict in record.verdicts
                    if judge in judges
                ),
            )
            for record in transcripts[item_id, repeat]
        )
        examples.append(
            Example(
                item_id=item_id,
                name=item.name,
                language=item.language,
                perspective=item.perspective,
                intent=item.intent,
                guidelines=item.guidelines,
                source=item.source,
                turns=turns,
            )
        )
    return examples


def _contents(ledger: Ledger, run_id: str, ids: list[str]) -> dict[str, str]:
    keys = [bytes.fromhex(item) for item in ids]
    items, run_items = schema.items.c, schema.run_items.c
    with ledger.reading() as connection:
        rows = connection.execute(
            select(items.item, items.content, run_items.content)
            .join_from(schema.run_items, schema.items, run_items.item == items.item)
            .where(run_items.run == run_id, items.item.in_(keys))
        ).all()
    return {bytes(key).hex(): own or content for key, content, own in rows}
