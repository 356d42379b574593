"""A watch as one self-contained HTML file, and what terminal and page have in common.

    Path("watch.html").write_text(render_watch_html(summary, "ja"), encoding="utf-8")

Loads nothing and runs nothing, as ``html`` has it; labels, names and what endpoints report are
untrusted.
"""

from __future__ import annotations

from primum.core.watch import WatchSummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.glossary import GlossaryEntry
from primum.reporting.html import document
from primum.reporting.narrative import NoticeText
from primum.reporting.numerals import count, interval, p_value
from primum.reporting.section import Part, Section, filled, noted_once, shown
from primum.reporting.visible import brief
from primum.reporting.watch_charts import drift_charts, timeline_chart
from primum.reporting.watch_tables import (
    alarm_table,
    change_table,
    difference,
    figure_tables,
    gap_tables,
    overview_table,
    timeline_table,
)
from primum.reporting.watch_words import WatchWords, watch_words

MOST_UNTOLD = 6
"""Series that cannot be told are named up to so many; the tables show them all."""
MOST_CHANGES = 4
"""More changes of versions than that are read off the time line."""


def render_watch_html(watch: WatchSummary, language: str = "en") -> str:
    """The watch's report, a complete HTML document.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    words = watch_words(watch, load_catalogue(language))
    return document(
        words.catalogue,
        words.title,
        watch_sections(words),
        version=watch.version,
        lines=header_lines(words),
    )


def watch_sections(words: WatchWords) -> tuple[Section, ...]:
    """What the report shows; sections with nothing to show are left out."""
    text = words.text
    confidence = f"{words.watch.confidence * 100:g}"
    alarms = filled(alarm_table(words))
    sections = (
        Section("summary", words.catalogue.ui("in_short"), sentences=in_short(words)),
        Section("notices", text("can_show"), notices=notice_texts(words)),
        Section(
            "alarms",
            text("alarms"),
            "" if alarms else text("no_alarm"),
            parts=shown([Part(tables=alarms)]),
        ),
        Section(
            "newest", text("newest"), parts=shown([Part(tables=filled(overview_table(words)))])
        ),
        Section(
            "drift",
            text("drift"),
            text("drift_note", confidence=confidence),
            parts=shown([Part("", drift_charts(words))]),
        ),
        Section(
            "changes",
            text("change_points"),
            parts=shown([Part(tables=filled(change_table(words)))]),
        ),
        Section(
            "gaps",
            text("gaps"),
            parts=shown([Part(table.caption, tables=(table,)) for table in gap_tables(words)]),
        ),
        Section(
            "timeline",
            text("timeline"),
            parts=shown([Part("", timeline_chart(words), filled(timeline_table(words)))]),
        ),
        Section(
            "figures",
            text("figures"),
            parts=shown(
                [
                    Part(table.caption, tables=(table,), is_folded=True)
                    for table in figure_tables(words)
                    if table.rows
                ]
            ),
        ),
        Section("glossary", words.catalogue.ui("glossary"), glossary=_glossary(words)),
    )
    return noted_once(sections)


def in_short(words: WatchWords) -> tuple[str, ...]:
    """Whether an alarm stands, what changed and when, one sentence each."""
    watch, text = words.watch, words.text
    sentences: list[str] = []
    complete = [one.number for one in watch.occasions if one.is_complete]
    standing = watch.standing_alarms
    if standing:
        first = standing[0]
        sentences.append(
            text(
                "in_short_alarm",
                series=words.series(watch.one(first.series)),
                occasion=first.occasion,
                rule=text(f"rule_{first.rule}"),
            )
        )
        if standing[1:]:
            sentences.append(text("in_short_more", n=len(standing) - 1))
    elif len([number for number in complete if number >= watch.segments[-1]]) < 2:
        sentences.append(text("in_short_first"))
    elif not watch.untold:
        sentences.append(text("in_short_calm", n=len(complete)))
    elif not watch.is_untold:
        sentences.append(text("in_short_calm_else", n=len(complete)))
    else:
        sentences.append(text("in_short_calm_none", n=len(complete)))
    # What cannot be told stands before what can.
    sentences[:0] = [] if standing else untold_sentences(words)
    sentences += untold_sentences(words) if standing else []
    if watch.segments[1:]:
        starts = words.catalogue.listed(*map(str, watch.segments[1:]))
        sentences.append(text("in_short_accepted", occasions=starts))
    return (*sentences, *_changes(words), *_versions(words))


def untold_sentences(words: WatchWords) -> list[str]:
    """The series of which the newest occasion says nothing, one sentence each."""
    said = [
        words.text(
            "in_short_untold" if one.why == "missing" else "in_short_incomparable",
            series=words.series(words.watch.one(one.series)),
            missing=count(one.missing),
            asked=count(one.asked),
            occasion=one.occasion,
        )
        for one in words.watch.untold
    ]
    more = len(said) - MOST_UNTOLD
    return said if more <= 0 else [*said[:MOST_UNTOLD], words.text("in_short_untold_more", n=more)]


def _changes(words: WatchWords) -> list[str]:
    tested = [one for one in words.watch.series if one.change_point is not None]
    found = []
    for series in tested:
        change = series.change_point
        if change is None or not change.is_notable:
            continue
        rate = series.metric.kind == "rate"
        ends = interval(change.low, change.high, rate=rate, signed=True)
        found.append(
            words.text(
                "in_short_change",
                series=words.measure(series),
                occasion=change.occasion,
                difference=f"{difference(change.difference, words, rate=rate)} {ends}",
                p=p_value(change.adjusted_p),
            )
        )
    return found or ([words.text("in_short_no_change")] if tested else [])


def _versions(words: WatchWords) -> list[str]:
    watch = words.watch
    if watch.version_changes:
        return words.changes()[-MOST_CHANGES:]
    several = len(watch.occasions) > 1 and any(one.versions for one in watch.occasions)
    return [words.text("in_short_same_version")] if several else []


def notice_texts(words: WatchWords) -> tuple[NoticeText, ...]:
    """The notices in words, warnings first."""
    found = []
    for notice in words.watch.notices:
        values = {key: brief(value, 90) for key, value in notice.values.items()}
        found.append(NoticeText(notice.level, words.text(f"notice_{notice.code}", **values), ()))
    return tuple(sorted(found, key=lambda one: one.level != "warning"))


def header_lines(words: WatchWords) -> tuple[tuple[str, str], ...]:
    """What was watched, as lines below the title."""
    watch, text = words.watch, words.text
    last = watch.occasions[-1]
    complete = sum(one.is_complete for one in watch.occasions)
    several = "occasions_value" if len(watch.occasions) > 1 else "occasions_one"
    days = {"first": watch.occasions[0].begun[:10], "last": last.begun[:10]}
    return (
        (text("model"), brief(watch.model, 120)),
        (text("profiles"), words.catalogue.listed(*map(words.profile, watch.profiles))),
        (text("protocols"), words.catalogue.listed(*map(words.part, watch.parts))),
        (text("occasions"), text(several, n=len(watch.occasions), complete=complete, **days)),
        (
            text("items"),
            text(
                "items_value",
                fixed=last.items.get("fixed", 0),
                rotating=last.items.get("rotating", 0),
            ),
        ),
        (
            text("rate"),
            text("rate_value", rate=f"{watch.false_alarm_rate * 100:g}", series=watch.watched),
        ),
        (text("frozen"), f"{brief(watch.id, 60)} {watch.fingerprint[:12]}"),
    )


def _glossary(words: WatchWords) -> tuple[GlossaryEntry, ...]:
    measures = {
        words.of(one).measure(one.metric): words.of(one).note(one.metric)
        for one in words.watch.series
        if one.role != "missing"
    }
    entries = [GlossaryEntry(term, meaning) for term, meaning in measures.items() if meaning]
    own = ("missing", "exchangeable", "sudden", "drift", "fixed")
    entries += [GlossaryEntry(words.text(f"term_{k}"), words.text(f"meaning_{k}")) for k in own]
    return tuple(entries)
