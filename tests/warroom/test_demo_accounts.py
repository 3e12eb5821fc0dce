"""The demo gives each role an account, lists them where people sign in, and only there."""

import pytest
from django.urls import reverse

from tests.conftest import make_plan
from warroom.demo.accounts import PASSWORD, demo_accounts, make_admin, seat_everybody
from warroom.models import Role


@pytest.fixture
def demo(plan):
    other = make_plan("other", "Other release")
    Role.objects.create(plan=plan, key="lead", name="Lead", holder="Cora", rights=["edit"])
    Role.objects.create(plan=plan, key="on-call", name="On-Call", rights=["tick"])
    Role.objects.create(plan=other, key="lead", name="Lead", holder="Kim", rights=["edit"])
    admin = make_admin()
    for each in (plan, other):
        seat_everybody(each, by=admin)
    return plan


def test_each_role_has_one_account_that_can_sign_in(demo, client):
    assert [account.username for account in demo_accounts()] == ["admin", "cora", "on-call", "kim"]
    assert demo_accounts()[1].role == "Lead"
    assert client.login(username="cora", password=PASSWORD)


def test_to_make_them_again_changes_nothing(demo):
    before = demo_accounts(), demo.events.count()
    seat_everybody(demo, by=make_admin())
    assert (demo_accounts(), demo.events.count()) == before


def test_the_sign_in_page_lists_them_in_the_demo_only(demo, client, settings):
    settings.DEMO = False
    assert PASSWORD not in client.get(reverse("sign-in")).content.decode()
    settings.DEMO = True
    page = client.get(reverse("sign-in")).content.decode()
    assert PASSWORD in page
    assert "on-call" in page
