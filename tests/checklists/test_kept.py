"""What was signed, voted or decided is never changed or deleted, also not by SQL (law 4)."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from checklists.models import Decision, SignOff, Vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(plan, cast, gate):
    role = plan.roles.get(key="deployment-lead")
    who = {"role": role, "person": cast["cora"], "person_name": "Cora", "at": timezone.now()}
    Vote.objects.create(gate=gate, word="no-go", **who)
    SignOff.objects.create(plan=plan, word="rejected", statement="I reject it.", **who)
    Decision.objects.create(
        gate=gate, word="no-go", recommendation="hold", evidence={}, evidence_sha256="0" * 64, **who
    )


@pytest.mark.parametrize("model", [Vote, SignOff, Decision])
@pytest.mark.parametrize("sql", ["UPDATE {} SET word = 'go'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_what_was_signed(signed, model, sql):
    before = model.objects.get().word
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(model._meta.db_table))
    assert model.objects.get().word == before
