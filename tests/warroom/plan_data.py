"""Plans as people and their editors bring them: strategies for hypothesis."""

from datetime import UTC, datetime

from hypothesis import strategies as st

# What other readers of YAML take for something else, and what breaks careless writers.
ODD = [
    "yes", "no", "on", "off", "y", "null", "~", "true", "1e3", "010", "0x1f", "0o14", "1_000",
    "12:30", "2026-03-04", ".inf", "NaN", "- a", "? a", "a: b", "a #b", "#a", "&a", "*a", "!a",
    "%a", "@a", "`a`", "'", '"', "{a}", "[a]", "|", ">", "  a", "a  ", "\ta", "a\t", "a\n", "\na",
    "a\n\n", "a\n b\n  c", " a\nb", "a\n \nb", "a\n  ", "a\nb:\n- c", "---", "...", "--- a", "<<",
    "=", "\u00a0a", "a\u2028b", "a\x85b", "\ufeff", "a\x1bb", "a\rb", "🙂", "日本語", "é\u0301",
    "\\n", "\x7f", "\ufffe", "a:", ":", "12h", "1", "-", "0", "\U0010ffff", "T-2h",
]  # fmt: skip
CHARACTERS = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")


def text(most=30):
    return (st.sampled_from(ODD) | st.text(CHARACTERS, max_size=most)).filter(
        lambda one: len(one) <= most
    )


def words(most=30):
    return text(most).filter(str.strip)


def scripts():
    """Several lines, as commands and documents have them."""
    return st.lists(text(20), max_size=5).map("\n".join) | text()


INSTANT = st.datetimes(datetime(2000, 1, 1), datetime(2199, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
)
OFFSET = st.sampled_from(["T+0", "T-2h", "T+1h30m", "T-3d", "T+48h", "T-1s"])
LENGTH = st.sampled_from(["12h", "30m", "1h30m", "3d", "48h", "1m30s", "7s"])
BOUND = st.sampled_from(["< 0.1", ">= 98", "= 5", "<= 1e-07", "> -3.25", ">= 1e+16"])
KEY = st.text("abcXYZ019_-", min_size=1, max_size=8)
LINE = st.integers(1, 99)


def fields(required, /, **optional):
    """A mapping with the fields of the file that say something."""

    def told(found):
        return {k.rstrip("_"): v for k, v in found.items() if v not in ("", [], {}, None)}

    return st.fixed_dictionaries(required, optional=optional).map(told)


def keyed(values):
    return st.lists(values, max_size=3, unique_by=lambda one: one["key"])


ROLES = keyed(
    fields(
        {"key": KEY, "name": words()},
        rights=st.sampled_from([["edit", "tick"], ["sign"], ["tick", "vote", "skip"]]),
        holder=text(),
        cover=fields({}, from_=OFFSET, until=OFFSET),
    )
)


def contact():
    reach = st.lists(st.fixed_dictionaries({"way": KEY, "to": words()}), max_size=2)
    return fields({"name": words()}, role=text(), reach=reach, availability=text())


def level():
    minutes = st.sampled_from(["15m", "1h"])
    contacts = st.lists(contact(), max_size=2)
    return fields(
        {"level": st.integers(0, 9), "name": words()}, from_=minutes, to=minutes, contacts=contacts
    )


def item(roles, inner=None):
    """An item without its defaults; ``inner`` are those below it."""
    more = {} if inner is None else {"items": st.lists(inner, max_size=2)}
    states = st.sampled_from(["doing", "done", "failed", "blocked", "skipped", "not_applicable"])
    return fields(
        {"text": words()},
        required=st.just(False),
        blocking=st.just(True),
        role=st.sampled_from(roles),
        owner=text(),
        due=OFFSET | INSTANT,
        command=scripts(),
        expected=scripts(),
        evidence=st.just("https://ci.example/1?a=b#c"),
        value=text(),
        target=text(),
        count=fields({}, done=st.integers(0, 7), of=st.integers(0, 7), unit=text(9)),
        runs=LENGTH,
        reason=text(),
        line=LINE,
        started=INSTANT,
        off_with_section=st.just(True),
        **more,
    ) | fields({"text": words(), "state": states, "by": words(), "at": INSTANT})


def section(items, **more):
    """A phase or a group."""
    off = fields({"by": words(), "at": INSTANT}, reason=text())
    return fields(
        {"title": words()},
        at=OFFSET,
        until=OFFSET,
        off=off,
        line=LINE,
        items=st.lists(items, max_size=2),
        **more,
    )


WATCH = fields({"key": KEY, "band": st.sampled_from(["green", "yellow", "red", "no_data"])})


def known_risk():
    """A risk of the file with all that can be said of it."""
    step = fields({"phase": st.sampled_from(["before", "during", "after"]), "text": words()})
    word = st.sampled_from(["proceed", "hold", "rollback"])
    case = fields({"if": words()}, then=text(), word=word, holds=WATCH)
    return fields(
        {"title": words()},
        severity=text(),
        probability_after=text(),
        impact=scripts(),
        cause=scripts(),
        mitigations=st.lists(step, max_size=2),
        criteria=st.lists(case, max_size=2),
        state=st.sampled_from(["watched", "occurred", "closed"]),
        reason=text(),
        at=INSTANT,
    ).map(_told_of)


def scenario():
    item = fields(
        {"text": words()}, role=text(), blocking=st.just(True), required=st.just(False), due=LENGTH
    )
    return fields(
        {"title": words()},
        action=scripts(),
        items=st.lists(item, max_size=2),
        watch=WATCH,
        state=st.sampled_from(["in-force", "cleared"]),
        reason=text(),
        at=INSTANT,
    ).map(_told_of)


def _told_of(one):
    """A state has its instant, and what has none was said nothing of."""
    if "state" not in one or "at" not in one:
        return {k: v for k, v in one.items() if k not in ("state", "reason", "at")}
    return one | {"by": "Cora"}


@st.composite
def plans(draw):
    """A whole plan, as ``plan_data`` would write it, states included."""
    roles = draw(ROLES)
    seated = [role["key"] for role in roles] + ["editor"]
    items = item(seated, item(seated, item(seated)))
    group = section(items, optional=st.just(True))
    phase = section(
        items,
        starts=INSTANT,
        ends=INSTANT,
        required=st.just(False),
        exit=scripts(),
        groups=st.lists(group, max_size=2),
    )
    criterion = fields(
        {"key": KEY, "label": words()},
        target=text(),
        green=BOUND,
        red=BOUND,
        unit=text(9),
        evidence=KEY,
        report_only=st.just(True),
    )
    gates = draw(
        keyed(
            fields(
                {"key": KEY, "title": words()},
                opens=OFFSET,
                hold=st.sampled_from(["30m", "12h"]),
                decider=st.sampled_from(seated),
                rule=scripts(),
                criteria=keyed(criterion),
            )
        )
    )
    plan = fields(
        {"name": words().filter(lambda one: one == one.strip())},
        version=text(),
        summary=scripts(),
        t0=INSTANT,
        time_zone=st.just("Europe/Berlin"),
        window=fields({}, opens=INSTANT, closes=INSTANT),
        watch=st.just("24h"),
        score_max=st.integers(1, 99),
        two_roles=st.lists(words(), max_size=2),
        status_public=st.just(False),
        rehearsal=st.just({"factor": 60}),
        facts=st.dictionaries(words(), text(), max_size=3),
    )
    stage = fields(
        {"from": st.integers(0, 100), "to": st.integers(0, 100)},
        name=text(),
        at=OFFSET,
        soak=LENGTH,
        gate=st.sampled_from([gate["key"] for gate in gates] or [""]),
    )
    watched = {
        "every": st.just("30s"),
        "sustained": LENGTH,
        "report_only": st.just(True),
        "enabled": st.just(False),
    }
    metric = fields(
        {"key": KEY, "name": words(), "promql": words()},
        unit=text(9),
        green=BOUND,
        red=BOUND,
        meaning=scripts(),
        words=st.dictionaries(words(9), text(), max_size=2),
        **watched,
    )
    check = fields(
        {"key": KEY, "name": words(), "url": st.just("https://a.example/healthz")},
        status=st.just(204),
        slow=st.sampled_from(["300ms", "2s"]),
        **watched,
    )
    question = fields(
        {"key": KEY, "label": words()},
        kind=st.sampled_from(["number", "yes-no"]),
        wanted=st.just(False),
    )
    form = fields(
        {
            "key": KEY,
            "title": words(),
            "at": st.just("18:00"),
            "first": st.just("2026-03-04"),
        },
        role=st.sampled_from(seated),
        last=st.just("2026-03-09"),
        questions=keyed(question),
    )
    weight = st.sampled_from([20, 12.5, 0.25])
    whole = {
        "plan": plan,
        "roles": st.just(roles),
        "escalation": st.lists(level(), max_size=2, unique_by=lambda one: one["level"]).map(
            lambda levels: sorted(levels, key=lambda one: one["level"])
        ),
        "contacts": st.lists(contact(), max_size=2),
        "phases": st.lists(phase, max_size=2),
        "gates": st.just(gates),
        "readiness": keyed(
            fields(
                {"key": KEY, "label": words(), "weight": weight},
                veto=st.just(True),
                target_value=st.sampled_from([8, 7.25]),
            )
        ),
        "risks": st.lists(known_risk(), max_size=2),
        "scenarios": st.lists(scenario(), max_size=2),
        "daily": keyed(form),
        "metrics": keyed(metric),
        "checks": keyed(check),
        "stages": st.lists(stage, max_size=2),
        "document": fields({"text": scripts().filter(str.strip)}, name=text()),
    }
    found = {key: draw(values) for key, values in whole.items()}
    return {"warroom": 1} | {key: value for key, value in found.items() if value != []}
