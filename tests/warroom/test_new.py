"""A new release: four ways, each of which ends in a draft that only its author sees."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from checklists.models import ChecklistItem, Gate
from tests.conftest import make_plan
from warroom.models import DeploymentPlan, Lifecycle, Seat, TimelineEvent

pytestmark = pytest.mark.django_db

NEW = "/plans/new"
FORM = {
    "from": "template",
    "template": "progressive",
    "name": "Genesis Phase 5",
    "version": "v5.0.0",
    "environment": "production",
    "time_zone": "Europe/Berlin",
    "t0": "2030-03-04 09:00",
    "role": "leader",
    "factor": "60",
    "request_id": "5e7cbe36-9d7b-4b33-8a93-3a1d1b1f54b1",
}
YAML = """warroom: 1
plan:
  name: Story Portal
phases:
  - title: Before
    items:
      - {text: Backup}
"""


@pytest.fixture
def cora(cast, client_of):
    return client_of(cast["cora"])


def made(name="genesis-phase-5") -> DeploymentPlan:
    return DeploymentPlan.objects.get(slug=name)


def test_the_page_offers_four_ways_and_four_starters(cora):
    page = cora.get(NEW).content.decode()
    for words in (
        "From a template",
        "From Markdown",
        "From YAML in Git",
        "Copy of an earlier plan",
    ):
        assert words in page
    for key in ("checklist", "progressive", "launch", "drill"):
        assert f'value="{key}"' in page
    assert "See all 54 items" in page


def test_the_list_of_releases_leads_there(cora):
    assert 'href="/plans/new"' in cora.get("/").content.decode()


@pytest.mark.parametrize("way", ["template", "markdown", "yaml", "copy", "nonsense", ""])
def test_each_way_is_an_address(cora, way):
    page = cora.get(NEW, {"from": way})
    assert page.status_code == 200
    if way in ("markdown", "yaml", "copy"):
        assert f'<details class="confirm" id="{way}" open>' in page.content.decode()


def test_a_template_becomes_a_draft_with_its_author_in_the_leading_role(cora, cast):
    answer = cora.post(NEW, FORM)
    plan = made()
    assert answer.url == "/plans/genesis-phase-5/"
    assert (plan.lifecycle, plan.version, plan.environment) == (
        Lifecycle.DRAFT,
        "v5.0.0",
        "production",
    )
    assert plan.time_zone == "Europe/Berlin"
    assert f"{plan.t0:%Y-%m-%d %H:%M}" == "2030-03-04 09:00"
    assert plan.author == cast["cora"]
    seats = Seat.objects.filter(role__plan=plan, user=cast["cora"])
    assert "deployment-lead" in seats.values_list("role__key", flat=True)
    assert ChecklistItem.objects.filter(plan=plan).count() == 54
    assert not plan.rehearsal
    assert plan.events.get().kind == "plan.created"


def test_a_draft_is_seen_by_its_author_alone_and_is_not_public(cora, cast, client_of, client):
    cora.post(NEW, FORM)
    assert cora.get("/plans/genesis-phase-5/").status_code == 200
    assert client_of(cast["thon"]).get("/plans/genesis-phase-5/").status_code == 404
    assert client.get("/status/genesis-phase-5/").status_code == 404
    assert "Draft." in cora.get("/").content.decode()


def test_the_author_may_take_no_role_or_another_one(cora, cast):
    cora.post(NEW, FORM | {"role": ""})
    keys = Seat.objects.filter(role__plan=made()).values_list("role__key", flat=True)
    assert "deployment-lead" not in keys
    cora.post(NEW, FORM | {"role": "on-call", "name": "Other"})
    assert Seat.objects.filter(role__plan__slug="other", role__key="on-call").exists()


def test_a_role_of_another_template_is_refused_by_name(cora):
    answer = cora.post(NEW, FORM | {"role": "operator"})
    assert answer.status_code == 422
    assert "has no such role. It has Deployment Lead" in answer.content.decode()


def test_the_same_submit_twice_makes_one_release(cora):
    first, second = cora.post(NEW, FORM), cora.post(NEW, FORM)
    assert first.url == second.url
    assert DeploymentPlan.objects.filter(name="Genesis Phase 5").count() == 1


def test_the_same_name_again_gets_an_address_of_its_own(cora):
    cora.post(NEW, FORM)
    again = cora.post(NEW, FORM | {"request_id": "11111111-9d7b-4b33-8a93-3a1d1b1f54b1"})
    assert again.url == "/plans/genesis-phase-5-2/"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "", "This field is required"),
        ("t0", "tomorrow", "Write the time as 2025-11-06 09:00"),
        ("t0", "0900-01-01 00:00", "cannot be meant"),
        ("template", "nonsense", "Select a valid choice"),
        ("time_zone", "Mars/Base", "Select a valid choice"),
        ("factor", "0", "greater than or equal to 1"),
        ("name", "x" * 201, "at most 200 characters"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(cora, field, value, says):
    answer = cora.post(NEW, FORM | {"rehearsal": "on", field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    kept = {"name": "Genesis Phase 5", "version": "v5.0.0", "t0": "2030-03-04 09:00"}
    for name, typed in kept.items():
        if name != field:
            assert f'value="{typed}"' in page
    assert 'value="Europe/Berlin" selected' in page or field == "time_zone"
    assert DeploymentPlan.objects.filter(name="Genesis Phase 5").count() == 0


def test_yaml_becomes_a_draft_pasted_or_as_a_file(cora):
    pasted = cora.post(NEW, {"from": "yaml", "text": YAML.replace("\n", "\r\n")})
    assert pasted.url == "/plans/story-portal/"
    file = SimpleUploadedFile("warroom.yaml", YAML.encode())
    assert cora.post(NEW, {"from": "yaml", "file": file}).url == "/plans/story-portal-2/"
    plans = DeploymentPlan.objects.filter(name="Story Portal")
    assert {plan.lifecycle for plan in plans} == {"draft"}


def test_wrong_yaml_is_answered_with_line_and_path_and_kept(cora):
    """S92: the errors name the line; the text of a file comes back, too."""
    wrong = YAML + "stages:\n  - {from: 0, to: 5, soak: 12}\n"
    for given in ({"text": wrong}, {"file": SimpleUploadedFile("w.yaml", wrong.encode())}):
        answer = cora.post(NEW, {"from": "yaml", **given})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Line 9, stages.1.soak: 12 has no unit. Write 12h or 12m." in page
        assert "soak: 12}" in page
    assert not DeploymentPlan.objects.filter(name="Story Portal").exists()


@pytest.mark.parametrize("given", [b"\xff\xfe\x00", b"", b"- a\n- b", b"\x00"])
def test_what_is_no_plan_file_is_answered(cora, given):
    answer = cora.post(NEW, {"from": "yaml", "file": SimpleUploadedFile("x.yaml", given)})
    assert answer.status_code == 422


def test_yaml_sent_twice_is_one_release(cora):
    sent = {"from": "yaml", "text": YAML, "request_id": FORM["request_id"]}
    assert cora.post(NEW, sent).url == cora.post(NEW, sent).url == "/plans/story-portal/"


def test_the_copy_form_offers_only_plans_that_the_person_may_see(cora, plan):
    make_plan("secret", "Secret release")
    page = cora.get(NEW, {"from": "copy"}).content.decode()
    assert "Genesis Phase 4" in page
    assert "Secret release" not in page
    answer = cora.post(NEW, {"from": "copy", "plan": "secret", "name": "Mine"})
    assert answer.status_code == 422


def test_a_copy_is_made_by_the_form(cora, plan, item, gate):
    answer = cora.post(NEW, {"from": "copy", "plan": plan.slug, "name": "Next", "take": ["items"]})
    copy = made("next")
    assert answer.url == "/plans/next/"
    assert copy.copied_from == plan
    assert copy.items.get().text == item.text
    assert not Gate.objects.filter(plan=copy).exists()


def test_the_preview_shows_every_item_of_a_template(cora):
    page = cora.get("/plans/new/templates/drill/").content.decode()
    assert "Go back against the clock" in page
    assert page.count('class="item__t"') == 19
    assert "Target &lt; 2 min" in page
    assert cora.get("/plans/new/templates/nonsense/").status_code == 404


def test_the_page_costs_the_same_with_many_plans(cora, cast, django_assert_num_queries):
    with django_assert_num_queries(5):
        cora.get(NEW)
    for n in range(5):
        make_plan(f"p{n}", author=cast["cora"])
    with django_assert_num_queries(5):
        page = cora.get(NEW).content.decode()
    assert all(f'"p{n}"' in page for n in range(5)), "they are offered to copy"


def test_a_refused_start_leaves_nothing(cora):
    cora.post(NEW, FORM | {"role": "operator"})
    assert not TimelineEvent.objects.filter(kind="plan.created").exists()
