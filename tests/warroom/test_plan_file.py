"""A plan as YAML and JSON, both ways. S92 S93 S94; scenarios 48, 52, 56."""

import contextlib
import itertools
import json
import pathlib
import re
from io import StringIO

import jsonschema
import pytest
import yaml
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings

from tests.conftest import make_plan, make_user
from tests.warroom.growth import assert_linear
from tests.warroom.plan_data import plans
from warroom.actions.imports import SlugTaken, create_plan, import_plan
from warroom.actions.refusals import Invalid
from warroom.actions.tokens import make_token
from warroom.documents import portable
from warroom.documents.complaints import PlanFileError
from warroom.documents.portable import PlanFile, as_json, as_yaml, plan_data, read
from warroom.documents.source import DocumentError
from warroom.models import DeploymentPlan
from warroom.queries.people import standing

ROOT = pathlib.Path(django_settings.BASE_DIR)
SHARED = ROOT.parent / "shared"
HEAD = "warroom: 1\nplan: {name: Checkout}\n"
PLAN = """\
warroom: 1
plan:
  name: Checkout 4.2
  t0: 2026-03-04T09:00:00+01:00
roles:
  - {key: tech-lead, name: Tech Lead, rights: [edit, tick, sign, vote, decide], holder: Cora}
phases:
  - title: Before
    at: T-2h
    items:
      - text: Health checks pass
        due: T-1h30m
        command: |
          make check
          make smoke
      - {text: Desk knows, state: done, by: Thon}
record:
  votes: [{gate: final, role: tech-lead, by: Cora, vote: go}]
"""


def said(text, form="yaml"):
    with pytest.raises(DocumentError) as error:
        read(text, form)
    return str(error.value)


# --- what is wrong is said with its line ---------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            HEAD + "stages:\n- {from: 0, to: 5}\n- from: 5\n  to: 10\n  soak: '12'",
            'Line 7, stages.2.soak: "12" has no unit. Write 12h or 12m.',
        ),
        (HEAD + "stages:\n- {from: 0, to: 5, soak: 12}", "soak: 12 has no unit. Write 12h or 12m."),
        (HEAD + "stages:\n- {from: 0, to: 5, soak: 12 hours}", "Write 12h."),
        (HEAD + "stages:\n- {from: 0, to: 5, soak: 30m2h}", "out of order"),
        (HEAD + "stages:\n- {from: 0, to: 5, soak: 5000d}", "more than ten years"),
        (HEAD + "stages:\n- {from: 0, to: 500}", "Line 4, stages.1.to: The number is too large."),
        (HEAD + "stages:\n- {from: 0, to: 5, at: T - 2 hours}", "Write T-2h."),
        (HEAD + "stages:\n- {from: 0, to: 5, gate: g}", 'There is no gate "g"'),
        (HEAD + "stages:\n- {from: 0, to: 5, sok: 1h}", 'no field "sok". Write soak.'),
        (HEAD + "stages:\n- {from: 0, to: 5, soak: }", "Nothing stands here."),
        (HEAD + "stages: {from: 0}", "Write a list"),
        (HEAD + "phases:\n- {title: '  '}", "Line 4, phases.1.title: Nothing stands here."),
        (HEAD + "phases:\n- {items: []}", 'Line 4, phases.1: "title" is missing. Write title: …'),
        (HEAD + "phases:\n- {title: a, items: [{text: a, role: x}]}", 'There is no role "x"'),
        (HEAD + "phases:\n- {title: a, items: [{text: a, required: no}]}", "Write true or false."),
        (HEAD + "phases:\n- {title: a, items: [{text: 010, state: ready}]}", "Write 'open', "),
        (HEAD + "phases:\n- {title: a, items: [{text: a, evidence: 'javascript:x'}]}", "https://…"),
        (HEAD + "gates:\n- {key: g 1, title: a}", "Write g-1."),
        (HEAD + "gates:\n- {key: a, title: a}\n- {key: a, title: b}", "Line 5, gates.2.key:"),
        (HEAD + "gates:\n- {key: a, title: a, hold: 90s}", "is not in whole minutes"),
        (HEAD + "metrics:\n- {key: a, name: a, promql: up, green: 0.1}", '"< 0.1"'),
        ("warroom: 1\nplan: {name: 4.2}", 'Line 2, plan.name: The number 4.2 stands here, not te'),
        ("warroom: 1\nplan: {name: a, t0: 2026-03-04T09:00}", "no time zone. Write 2026-03-04T09:"),
        ("warroom: 1\nplan: {name: a, t0: 2026-03-04}", "Write 2026-03-04T09:00:00Z."),
        ("warroom: 1\nplan: {name: a, t0: 2026-02-30T09:00:00Z}", "no time of the calendar"),
        ("warroom: 1\nplan: {name: a, t0: 9999-02-20T09:00:00Z}", "cannot be meant"),
        ("warroom: 1\nplan: {name: a, time_zone: CEST}", "Europe/Berlin"),
        ("warroom: 1\nplan: {name: " + "a" * 201 + "}", "At most 200 characters"),
        ("warroom: 2\nplan: {name: a}", "Line 1, warroom:"),
        ("plan: {name: a}", '"warroom" is missing. Write warroom: 1'),
        ("- a", "This is no plan"),
        ("", "The file is empty."),
        # what YAML allows and no plan needs
        (HEAD + "risks:\n- title: a\n  title: b", 'Line 5: "title" stands here twice, first in l'),
        (HEAD + "risks:\n-\ttitle: a\n\tb: c", "A tab indents this line."),
        (HEAD + "risks:\n- title: a: b", "Put it in quotes."),
        (HEAD + "risks:\n- title: @cora", "Put it in quotes."),
        (HEAD + "risks:\n- title: 'a", "does not close"),
        (HEAD + "--- \nwarroom: 1", "Line 3: A second document begins here"),
        (HEAD + "risks:\n- title: !!python/object:os.system a", "Tags such as"),
        (HEAD + "risks:\n- {<<: *a}", 'Line 4: Merging with "<<" is not read.'),
        (HEAD + "risks:\n- *a", "names no anchor"),
        (HEAD + "risks: &a\n- *a", "stands inside itself"),
        (HEAD + "risks:\n- {1: a}", 'Write "1" in quotes.'),
        (HEAD + "risks:\n- {title: .nan}", "no finite number"),
        (HEAD + "risks:\n- {title: 1e999}", "no finite number"),
        (HEAD + "risks:\n- {title: " + "9" * 5000 + "}", "more than 15 digits"),
        (HEAD + "risks: " + "[" * 500, "nested more than"),
        (HEAD + "risks:\n- {title: a\0}", "Line 4: A NUL byte"),
        (HEAD + 'risks:\n- {title: "a\\0"}', "Line 4, risks.1.title: A NUL stands"),
        (HEAD + "risks:\n- {title: a\x07}", "Line 4: A control character"),
        (HEAD + "#" * 1_048_576, "more than 1,048,576 bytes"),
        ("a0: &a0 [x,x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1},*a{n - 1}]\n" for n in range(1, 30)),
         "Repeated by aliases"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_yaml_is_named_with_its_line_and_what_would_be_right(text, says):
    assert says in said(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"warroom": 1,\n"plan": {"name": NaN}}', "Line 2: NaN is no number of JSON."),
        ('{"warroom": 1,\n"plan": {"name": "a", "name": "b"}}', 'Line 2: "name" stands here twice'),
        ('{"warroom": 1,\n"plan": {"name": "a"},}', "Line 2: This is no JSON"),
        ('{"warroom": 1,\n"plan": {"name": 12}}', "Line 2, plan.name: The number 12 stands here"),
        ('{"warroom": 1, "plan": {"name": 1' + "0" * 400 + "}}", "more than 15 digits"),
        ('{"warroom": 1, "plan": {"name": 1e999}}', "no finite number"),
        ('{"warroom": 1, "plan": {"name": "\\ud800"}}', "Half of a surrogate pair"),
        ('{"warroom": 1, "plan": {"name": "a\\u0000"}}', "A NUL stands"),
        ("[" * 100_000, "nested more than"),
        ('{"a":' * 100_000, "nested more than"),
        ("", "This is no JSON"),
        ("null", "This is no plan"),
    ],
)
def test_what_is_wrong_in_json_is_named_with_its_line(text, says):
    assert says in said(text, "json")


def test_several_faults_are_told_together_up_to_twenty():
    text = HEAD + "risks:\n" + "- {titel: a}\n" * 15
    with pytest.raises(PlanFileError) as error:
        read(text, "yaml")
    lines = str(error.value).split("\n")
    assert (len(lines), len(error.value.problems), error.value.more) == (21, 20, 10)
    assert lines[0].startswith("Line 4, risks.1: ") and lines[-1] == "And 10 more."
    assert error.value.line == 4


LONG = {  # name: form, the text of so many of one thing
    "items": ("yaml", lambda n: HEAD + "phases:\n- title: a\n  items:\n" + "  - {text: a}\n" * n),
    "wrong": ("yaml", lambda n: HEAD + "risks:\n" + "- {titel: a}\n" * n),
    "unknown": ("json", lambda n: "{" + ",".join(f'"k{one}":1' for one in range(n)) + "}"),
    "values": ("json", lambda n: "[" + "1," * n + "1]"),
    "aliases": ("yaml", lambda n: "a: &a 1\nb: [" + "*a," * n + "]"),
    "units": ("yaml", lambda n: HEAD + "stages: [{from: 0, to: 1, soak: " + "1h" * n + "}]"),
    "line": ("yaml", lambda n: HEAD + "x: '" + "a\n" * n),
}


@pytest.mark.parametrize("name", LONG)
def test_much_of_anything_is_answered_in_linear_time(name):
    """Scenario 63: a megabyte of it is answered within two seconds on a quiet machine."""
    form, text = LONG[name]

    def answer(count):
        with contextlib.suppress(DocumentError):
            read(text(count), form)

    assert_linear(answer, 250)


@pytest.mark.parametrize("name", LONG)
def test_a_megabyte_of_anything_is_refused_with_a_sentence(name):
    form, text = LONG[name]
    assert said(text(1_000_000 // (len(text(2000)) // 2000)), form)


def test_words_that_other_readers_guess_at_are_text():
    """``no`` is a person's name and ``12:30`` no number of seconds."""
    odd = ["no", "on", "12:30", "010", "2026-03-04", "1_000", "=", "0b1"]
    text = HEAD + "risks:\n" + "".join(f"- title: {word}\n" for word in odd)
    assert [risk["title"] for risk in read(text, "yaml").data["risks"]] == odd


def test_anchors_and_windows_line_ends_and_a_byte_order_mark_are_read():
    text = "\ufeff" + HEAD + "risks:\n- &a {title: Disk full}\n- *a\n"
    file = read(text.replace("\n", "\r\n").encode(), "yaml")
    assert [risk["title"] for risk in file.data["risks"]] == ["Disk full"] * 2
    assert {finding.code for finding in file.findings} == {"encoding"}


# --- round trips ---------------------------------------------------------------------------


def bare(data):
    """The plan without its record, which is never imported."""
    return {key: value for key, value in data.items() if key != "record"}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans())
def test_yaml_and_json_carry_the_same_and_the_schema_allows_it(data):
    """Other readers of YAML read the same as well, whatever they make of bare words."""
    written = as_yaml(data)
    assert read(written, "yaml").data == data == read(as_json(data), "json").data
    assert yaml.safe_load(written) == data
    assert not list(SCHEMA.iter_errors(data))


numbers = itertools.count()


@pytest.mark.django_db
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans())
def test_a_plan_made_of_its_own_file_is_the_same_plan(data):
    first = create_plan(PlanFile(data), by="test", slug=f"p-{next(numbers)}")
    written = bare(plan_data(first, states=True))
    again = create_plan(read(as_yaml(written), "yaml"), by="test", slug=f"p-{next(numbers)}")
    assert bare(plan_data(again, states=True)) == written
    assert again.source_sha256 == first.source_sha256
    assert [*again.items.values_list("number", flat=True)] == [*range(1, again.items.count() + 1)]


DOCUMENTS = [*(ROOT / "warroom" / "demo").glob("*.md"), *sorted(SHARED.glob("seeds/*.txt"))]


@pytest.mark.django_db
@pytest.mark.parametrize("place", range(6))
def test_a_real_plan_comes_back_the_same(place):
    """The demo's documents, and the four source documents where they lie beside the checkout."""
    if place >= len(DOCUMENTS):
        pytest.skip("the source documents do not lie beside the checkout")
    plan = import_plan(DOCUMENTS[place].read_bytes(), by="test", slug="first")
    data = plan_data(plan, states=True)
    assert not list(SCHEMA.iter_errors(data))
    again = create_plan(read(as_yaml(data), "yaml"), by="test", slug="again")
    assert bare(plan_data(again, states=True)) == bare(data)
    assert read(as_json(data), "json").data == read(as_yaml(data), "yaml").data == data
    assert again.source_text == plan.source_text


@pytest.mark.django_db
def test_without_states_nothing_that_was_done_is_written():
    """What a copy of an earlier plan begins with."""
    plan = create_plan(read(PLAN, "yaml"), by="test")
    plan.items.update(value="5/5", evidence_url="https://ci.example/1", count_done=2, count_of=3)
    items = plan_data(plan, states=False)["phases"][0]["items"]
    assert items[1] == {"text": "Desk knows", "count": {"of": 3}}
    assert "record" not in plan_data(plan, states=False)
    assert plan_data(plan, states=True)["phases"][0]["items"][1]["value"] == "5/5"


# --- the schema ----------------------------------------------------------------------------

SCHEMA = jsonschema.Draft202012Validator(portable.json_schema())


def test_the_schema_is_one_and_refuses_what_the_reader_refuses():
    jsonschema.Draft202012Validator.check_schema(portable.json_schema())
    good = {"warroom": 1, "plan": {"name": "a"}}
    assert not list(SCHEMA.iter_errors(good))
    stage = {"from": 0, "to": 5}
    for wrong in (
        {"plan": {"name": "a"}},
        good | {"plan": {}},
        good | {"plan": {"name": " "}},
        good | {"plan": {"name": "a" * 201}},
        good | {"plan": {"name": "a", "t0": "2026-03-04T09:00"}},
        good | {"plan": {"name": "a", "t0": None}},
        good | {"unknown": 1},
        good | {"risks": None},
        good | {"stages": [stage | {"soak": "12"}]},
        good | {"stages": [stage | {"soak": 12}]},
        good | {"stages": [stage | {"at": "-2h"}]},
        good | {"stages": [stage | {"sok": "1h"}]},
        good | {"stages": [{"from": 0, "to": 101}]},
        good | {"risks": [{"title": "a\0"}]},
        good | {"gates": [{"key": "g 1", "title": "a"}]},
        good | {"phases": [{"title": "a", "items": [{"text": "a", "items": [{"txt": "b"}]}]}]},
        good | {"phases": [{"title": "a", "items": [{"text": "a", "evidence": "ftp://a"}]}]},
        good | {"phases": [{"title": "a", "items": [{"text": "a", "state": "ready"}]}]},
        good | {"daily": [{"key": "a", "title": "a", "at": "6pm", "first": "2026-03-04"}]},
    ):
        assert list(SCHEMA.iter_errors(wrong)), wrong
        with pytest.raises(PlanFileError):
            portable.checked(wrong)


def test_the_schema_is_public_and_named_by_what_is_written(client):
    answer = Client().get(portable.SCHEMA_PATH)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/schema+json"
    assert answer.json() == json.loads(json.dumps(portable.json_schema()))
    assert as_yaml({"warroom": 1}).split("\n")[0].endswith(f"$schema={answer.json()['$id']}")


def test_the_example_of_the_documentation_is_read():
    page = (ROOT / "docs" / "plan-file.md").read_text()
    examples = re.findall(r"```yaml\n(.*?)```", page, re.S)
    assert [read(example, "yaml").findings for example in examples] == [[]]
    assert {key for part in portable.parts() if (key := part.key)} - set(
        read(examples[0], "yaml").data
    ) <= {"contacts", "sources", "document"}


# --- making a release ----------------------------------------------------------------------


@pytest.mark.django_db
def test_a_release_is_made_in_one_event_and_its_author_may_edit_it():
    cora = make_user("cora")
    plan = create_plan(
        read(PLAN, "yaml"), by=cora, source_name="checkout.yaml", seats={"tech-lead": cora}
    )
    event = plan.events.get()
    assert (plan.slug, plan.t0.isoformat()) == ("checkout-42", "2026-03-04T08:00:00+00:00")
    assert (event.kind, event.text) == (
        "plan.imported",
        "Imported 2 items in 1 phases, 1 role, 1 ticked in the document.",
    )
    codes = [finding["code"] for finding in event.data["findings"]]
    assert codes == ["states_from_file", "record_not_imported"]
    assert event.data["counts"]["items"] == 2 and len(event.data["sha256"]) == 64
    assert {"edit", "sign", "vote"} <= standing(cora, plan).rights


@pytest.mark.django_db
def test_states_are_taken_over_as_the_file_says_and_no_signature_is():
    text = PLAN.replace(", by: Thon", "")
    plan = create_plan(read(text, "yaml"), by="test", source_name="checkout.yaml")
    item = plan.items.get(number=2)
    assert (item.state, item.state_by, item.state_by_name) == ("done", None, "checkout.yaml")
    assert not plan.signoffs.exists() and not plan.gates.exists()


@pytest.mark.django_db
def test_an_address_that_is_taken_or_a_year_that_cannot_be_makes_nothing():
    file = read(PLAN, "yaml")
    create_plan(file, by="test", slug="taken")
    for refusal, wanted in (
        (SlugTaken, {"slug": "taken"}),
        (Invalid, {"slug": "import"}),
        (Invalid, {"seats": {"nobody": None}}),
        (PlanFileError, {"file": PlanFile(file.data | {"plan": {"name": ""}})}),
    ):
        with pytest.raises(refusal):
            create_plan(**{"file": file, "by": "test", **wanted})
    assert DeploymentPlan.objects.count() == 1


@pytest.mark.django_db
def test_writing_takes_as_many_statements_for_many_as_for_one(django_assert_num_queries):
    many = read(PLAN, "yaml").data
    many["phases"] = [
        many["phases"][0] | {"groups": [{"title": "g", "items": many["phases"][0]["items"]}]}
    ] * 9
    many["roles"] = [many["roles"][0] | {"key": f"role-{n}"} for n in range(9)]
    for slug, data in (("one", read(PLAN, "yaml").data), ("many", many)):
        create_plan(PlanFile(data), by="test", slug=slug)
        plan = DeploymentPlan.objects.get(slug=slug)
        with django_assert_num_queries(STATEMENTS):
            plan_data(plan, states=True)


STATEMENTS = 55


# --- the ways in and out -------------------------------------------------------------------


@pytest.fixture
def cora(db):
    return make_user("cora")


@pytest.fixture
def token(cora):
    return make_token(cora, ["read", "tick"])[1]


def post(client, token, body, kind, query=""):
    headers = {"authorization": f"Bearer {token}"}
    return client.post(f"/api/v1/plans{query}", data=body, content_type=kind, headers=headers)


@pytest.mark.parametrize("kind", ["application/yaml", "text/yaml; charset=utf-8", "text/x-yaml"])
def test_the_api_takes_yaml(client, token, kind):
    answer = post(client, token, PLAN, kind, "?dry_run=1")
    assert answer.status_code == 200 and not DeploymentPlan.objects.exists()
    assert answer.json()["understood"]["items"] == 2
    answer = post(client, token, PLAN, kind, "?slug=checkout&t0=2027-01-01T00:00:00Z&name=New")
    assert (answer.status_code, answer.json()["slug"]) == (201, "checkout")
    plan = DeploymentPlan.objects.get()
    assert (plan.name, plan.t0.year, plan.lifecycle) == ("New", 2027, "preparing")


def test_the_api_takes_json_and_gives_it_back(client, token):
    body = as_json(read(PLAN, "yaml").data)
    assert post(client, token, body, "application/json", "?slug=a").status_code == 201
    headers = {"authorization": f"Bearer {token}"}
    found = {
        form: client.get(f"/api/v1/plans/a/document?format={form}", headers=headers)
        for form in ("json", "yaml", "markdown", "docx")
    }
    assert read(found["json"].content, "json").data == read(found["yaml"].content, "yaml").data
    assert found["yaml"]["Content-Type"] == "application/yaml; charset=utf-8"
    assert "Health checks pass" in found["markdown"].content.decode()
    assert (found["docx"].status_code, found["docx"].json()["field"]) == (415, "format")


def test_the_api_names_every_place_that_is_wrong(client, token):
    body = HEAD + "risks:\n- {titel: a}\n"
    answer = post(client, token, body, "application/yaml").json()
    assert (answer["status"], answer["line"]) == (422, 4)
    assert [(one["line"], one["field"]) for one in answer["errors"]] == [
        (4, "risks.1"),
        (4, "risks.1.titel"),
    ]
    assert not DeploymentPlan.objects.exists()


@pytest.mark.parametrize(("name", "more"), [("a.yaml", []), ("a.txt", ["--format", "yaml"])])
def test_the_commands_read_and_write_plan_files(tmp_path, db, name, more):
    path = tmp_path / name
    path.write_text(PLAN)
    out = StringIO()
    call_command("import_plan", str(path), "--slug", "a", *more, stdout=out)
    assert "Checkout 4.2: " in out.getvalue() and "Created /plans/a/" in out.getvalue()
    written = StringIO()
    call_command("export_plan", "a", "--format", "json", stdout=written)
    path = tmp_path / "b.json"
    path.write_text(written.getvalue())
    call_command("import_plan", str(path), "--slug", "b", stdout=StringIO())
    one, two = (DeploymentPlan.objects.get(slug=slug) for slug in "ab")
    assert bare(plan_data(one, states=True)) == bare(plan_data(two, states=True))


@pytest.mark.parametrize("arguments", [["gone"], ["a", "--format", "docx"]])
def test_the_export_command_refuses_in_words(db, arguments):
    make_plan("a")
    with pytest.raises(CommandError, match=r"no release|docx"):
        call_command("export_plan", *arguments)


def test_the_import_page_shows_a_plan_file_and_makes_it(client_of, cora):
    client = client_of(cora)
    upload = SimpleUploadedFile("checkout.yaml", PLAN.encode())
    page = client.post(reverse("import"), {"file": upload})
    assert page.status_code == 200 and not DeploymentPlan.objects.exists()
    shown = page.content.decode()
    assert "What the file holds" in shown and "The record (votes)" in shown
    assert 'value="checkout.yaml"' in shown
    form = {"text": page.context["text"], "source_name": "checkout.yaml", "create": "1"}
    wrong = client.post(reverse("import"), form | {"name": "A", "slug": "new"})
    assert wrong.status_code == 422 and "page of its own" in wrong.content.decode()
    made = client.post(
        reverse("import"), form | {"name": "A", "slug": "a", "seat_tech-lead": cora.pk}
    )
    assert made.status_code == 302
    plan = DeploymentPlan.objects.get()
    assert (plan.name, plan.status_public, plan.author) == ("A", False, cora)
    assert standing(cora, plan).rights >= {"sign", "vote", "decide"}


@pytest.mark.parametrize("text", [PLAN, "# c\n---\n" + PLAN, as_json({"warroom": 1, "plan": {}})])
def test_a_pasted_plan_file_is_known_by_its_beginning(client_of, cora, text):
    page = client_of(cora).post(reverse("import"), {"text": text}).content.decode()
    assert "What the file holds" in page or "plan.name" in page or "<code>plan</code>" in page


def test_the_import_page_lists_what_is_wrong_and_keeps_what_was_pasted(client_of, cora):
    text = HEAD + "risks:\n- {titel: <b>}\n"
    page = client_of(cora).post(reverse("import"), {"text": text})
    shown = page.content.decode()
    assert page.status_code == 422
    assert "2 things" in shown and "<code>risks.1.titel</code>" in shown
    assert "{titel: &lt;b&gt;}" in shown


def test_a_plan_file_goes_into_no_release_that_exists(client_of, cora):
    create_plan(read(PLAN, "yaml"), by=cora, slug="a")
    page = client_of(cora).post(reverse("import"), {"text": PLAN, "into": "a"})
    assert page.status_code == 422 and "release of its own" in page.content.decode()
    assert DeploymentPlan.objects.get().events.count() == 1


def test_a_release_is_downloaded_in_every_form(client_of, cora):
    plan = create_plan(read(PLAN, "yaml"), by=cora, slug="a")
    client, address = client_of(cora), reverse("export", args=["a"])
    for form, kind, suffix in (
        ("yaml", "application/yaml", "yaml"),
        ("json", "application/json", "json"),
        ("markdown", "text/markdown", "md"),
    ):
        answer = client.get(address, {"format": form})
        assert answer["Content-Type"] == f"{kind}; charset=utf-8"
        assert answer["Content-Disposition"] == f'attachment; filename="a.{suffix}"'
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(address, {"format": "docx"}).status_code == 415
    assert client_of(make_user("stranger")).get(address).status_code == 404
    assert plan.events.count() == 1
