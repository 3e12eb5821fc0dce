"""Every text of the product goes through gettext, and one room speaks one language (ADR 29)."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real

from tests.test_routes import PLAN, ROUTES, clients, release  # noqa: F401
from warroom.actions.lifecycle import take_step
from warroom.actions.timeline import add_note
from warroom.documents.portable import read
from warroom.models import DeploymentPlan, User

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po"))
OURS = {"warroom", "checklists", "rollouts"}
pytestmark = pytest.mark.django_db


# --- no text is forgotten ------------------------------------------------------------------


class Marked:
    """A catalogue in which every text comes back as ⟦text⟧."""

    def gettext(self, message):
        return f"⟦{message}⟧" if message.strip() else message

    def ngettext(self, singular, plural, number):
        return self.gettext(singular if number == 1 else plural)

    def pgettext(self, context, message):
        return self.gettext(message)

    def npgettext(self, context, singular, plural, number):
        return self.ngettext(singular, plural, number)

    def to_language(self):
        return "de"

    def __getattr__(self, name):
        return getattr(self.real, name)


@pytest.fixture
def marked(monkeypatch):
    """German is a language in which everything that was translated can be told from the rest."""
    one = Marked()
    one.real = trans_real.translation("de")
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        ours = getattr(one, name)
        monkeypatch.setattr(one.real, name, ours, raising=False)
    # Django asks ``gettext`` with the context in front of the text.
    monkeypatch.setattr(one.real, "gettext", lambda text: one.gettext(text.rpartition("\x04")[2]))
    return one


class Texts(HTMLParser):
    """What a page shows and says: text nodes, and the attributes that people hear or see."""

    SPOKEN = ("aria-label", "title", "placeholder", "alt")
    SILENT = {"script", "style", "template", "code", "pre", "textarea", "kbd", "svg"}
    VOID = {"input", "br", "img", "link", "meta", "hr", "use", "path", "wbr", "source", "circle"}

    def __init__(self):
        super().__init__()
        self.found, self.spoken, self.open = [], [], []

    def handle_starttag(self, tag, attrs):
        self.spoken += [value for name, value in attrs if name in self.SPOKEN and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if not self.SILENT & set(self.open):
            self.found.append(data)


# What is no text of ours: figures with units, times, keys, and words that stay in every language.
UNITS = r"UTC|T0|T\W?\d\S*|ms|min|kB|MB|GB|rps|YAML|JSON|CSV|Markdown|Warroom|GO|NO-GO|PROCEED"
UNITS += r"|HOLD|ROLLBACK|Prometheus|Grafana|PromQL|POST|GET|p\d\d|https?://\S*|/[\w/.-]+|\S+@\S+"
UNITS += r"|English|Deutsch|[\w.-]+\.(?:md|yaml|json|png|xml)|[FRSBE]-\d+|CET|CEST"
NO_WORDS = re.compile(rf"(?<!\w)(?:{UNITS})(?!\w)")
LETTERS = re.compile(r"[^\W\d_]{2,}")


def outside(texts):
    """What of each text stands outside ⟦⟧, which may begin in one text and end in a later one."""
    depth = 0
    for text in texts:
        kept = []
        for part in re.split("([⟦⟧])", text):
            if part in ("⟦", "⟧"):
                depth = max(depth + (1 if part == "⟦" else -1), 0)
            elif not depth:
                kept.append(part)
        yield text, " ".join(kept)


def unmarked(html, known):
    """Texts of a page of which a part did not come from a catalogue and is no data either."""
    page = Texts()
    page.feed(html)
    left = []
    for text, rest in [*outside(page.found), *(o for one in page.spoken for o in outside([one]))]:
        rest = NO_WORDS.sub(" ", rest)
        for word in known:
            rest = rest.replace(word, " ")
        if LETTERS.search(rest):
            left.append(" ".join(text.split())[:160])
    return left


def data_of_the_release():
    """Every text that stands in the database: what people and documents said, and keys."""
    found = set()

    def take(value):
        if isinstance(value, str):
            found.add(value)
            found.update(line.strip() for line in value.splitlines())
        elif isinstance(value, dict):
            for key, one in value.items():
                take(key)
                take(one)
        elif isinstance(value, list | tuple):
            for one in value:
                take(one)

    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            for row in model.objects.all().values():
                for value in row.values():
                    take(value)
    return sorted((one for one in found if LETTERS.search(one)), key=len, reverse=True)


# Pages on which something is left to be wrapped. The list only becomes shorter.
NOT_YET = """
    import new new-template status status-subscribe status-confirm status-leave wall
    wall-snapshot plans me room timeline live-snapshot reimport settings readiness people
    seat-hand-over invitation status-updates escalation checks baselines metrics-import
    tuning metric-new metric-edit rollout stages stage-edit rounds success round
    guardrail-new guardrail-edit rollback checklist item checklist-edit items-bulk
    item-add item-edit item-move days day gate meeting pack gate-add gate-edit gate-absent
    branches decision-record decision-verify followups followup criterion-add
    criterion-edit criterion-waiver check-new checks-many check check-edit alerts alert
    hook-edit trials load-profile evidence findings dryruns result risks risk-add
    risk-edit scenario-add scenario-edit scenario-clear rollback-run recovery
    recovery-drill procedure-add procedure-edit recovery-backup backup
"""
GAPS = frozenset(NOT_YET.split())


def test_every_text_of_every_page_comes_from_a_catalogue(release, clients, marked):  # noqa: F811
    """A page of a German release, in a language in which each translated text is marked."""
    DeploymentPlan.objects.update(language="de")
    User.objects.update(language="de")
    known, gaps = data_of_the_release(), {}
    for name, route in ROUTES.items():
        if not route.get or route.get.get("cora") != 200:
            continue
        answer = clients["cora"].get(route.path.format(**release))
        if not answer["Content-Type"].startswith("text/html") or answer.streaming:
            continue
        if left := unmarked(answer.text, known):
            gaps[name] = left
    if os.environ.get("WARROOM_GAPS"):  # a file: everything that is left, page by page
        said = (f"{name}: {text}\n" for name, left in gaps.items() for text in left)
        Path(os.environ["WARROOM_GAPS"]).write_text("".join(said))
    more = {name: left for name, left in gaps.items() if name not in GAPS}
    assert not more, "\n".join(f"{name}: {left}" for name, left in more.items())


# --- one room speaks one language ----------------------------------------------------------


@pytest.fixture
def german(plan):
    DeploymentPlan.objects.filter(pk=plan.pk).update(language="de")
    plan.refresh_from_db()
    return plan


def test_a_german_room_records_german_sentences_whoever_acts(german, cast, marked):
    with translation.override("en"):
        take_step(german, "preparing", by=cast["cora"], reason="")
        event = german.events.latest("seq") if german.events.exists() else None
        add_note(german, "Seen.", by=cast["thon"])
    assert event is None or event.text.startswith("⟦")


def test_two_viewers_of_different_languages_get_the_same_room(german, cast, client_of, marked):
    User.objects.filter(pk=cast["thon"].pk).update(language="en")
    User.objects.filter(pk=cast["hudson"].pk).update(language="de")
    pages = [client_of(cast[name]).get(f"{PLAN}timeline/").text for name in ("thon", "hudson")]
    titles = [re.search(r"<h1>.*?</h1>", page)[0] for page in pages]
    assert titles == ["<h1>⟦Timeline⟧</h1>"] * 2


def test_pages_of_no_release_speak_the_persons_language(german, cast, client_of, marked):
    client = client_of(cast["thon"])
    assert "⟦Import" not in client.get("/plans/import").text
    User.objects.filter(pk=cast["thon"].pk).update(language="de")
    assert "⟦" in client_of(cast["thon"]).get("/plans/import").text


def test_who_may_edit_sets_the_language_of_the_room(plan, cast, client_of):
    page = client_of(cast["cora"]).get(f"{PLAN}settings/")
    send = {
        name: "" if value is None else value
        for name, value in re.findall(r'name="([\w-]+)"[^>]*? value="([^"]*)"', page.text)
    }
    send = {"name": plan.name, "time_zone": "UTC", "watch_hours": plan.watch_hours} | {
        key: send[key] for key in ("request_id",) if key in send
    }
    send["language"] = "de"
    answer = client_of(cast["cora"]).post(f"{PLAN}settings/plan", send)
    plan.refresh_from_db()
    assert answer.status_code == 302 and plan.language == "de"
    event = plan.events.latest("seq")
    assert event.kind == "plan.saved" and event.data["changes"]["language"] == ["en", "de"]
    assert client_of(cast["vera"]).post(f"{PLAN}settings/plan", send).status_code == 403


@pytest.mark.parametrize(("said", "kept"), [("  language: de\n", "de"), ("", None)])
def test_the_plan_file_carries_the_language(said, kept):
    file = read(f"warroom: 1\nplan:\n  name: A\n{said}", "yaml")
    assert file.data["plan"].get("language") == kept


# --- the catalogues ------------------------------------------------------------------------


def placeholders(text):
    return sorted(re.findall(r"%\(\w+\)[sd]|(?<!\{)\{[\w!:.,%+><-]*\}(?!\})", text))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_catalogue_is_complete_and_packed(path):
    """Nothing untranslated or fuzzy; what is put in stands in both; the .mo says the same."""
    texts = [entry for entry in polib.pofile(str(path)) if not entry.obsolete]
    assert not [one.msgid for one in texts if one.fuzzy or not one.translated()]
    odd = []
    for one in texts:
        said = one.msgstr_plural.values() if one.msgid_plural else [one.msgstr]
        wanted = [set(placeholders(one.msgid_plural or one.msgid))]
        wanted += [set(placeholders(one.msgid))] if one.msgid_plural else []
        odd += [one.msgid for text in said if set(placeholders(text)) not in wanted]
    assert not odd
    packed = {
        (one.msgctxt, one.msgid): (one.msgstr, one.msgstr_plural)
        for one in polib.mofile(str(path.with_suffix(".mo")))
    }
    assert packed == {(one.msgctxt, one.msgid): (one.msgstr, one.msgstr_plural) for one in texts}


def test_every_language_that_is_offered_has_a_catalogue():
    offered = {code for code, _name in settings.LANGUAGES} - {"en"}
    assert {path.parts[-3] for path in CATALOGUES} == offered
