"""Procedures out of documents: listed steps, tables of targets, commands (S6, S8, S23, S141)."""

from pathlib import Path

import pytest

from rollouts.linting.recovery import recovery
from rollouts.models import RollbackProcedure
from warroom.actions.imports import import_plan
from warroom.documents.reading import understand

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"

LISTED = """# Launch
## Work
- [ ] Ship it
## Rollback Plan
### Rollback Procedure
1. Immediately stop accepting new requests
2. Go back to the version before
3. Restore database from backup
4. Restart services
5. Verify health checks passing
6. Monitor for stability
### Time Target
- **Decision to rollback:** < 5 minutes
- **Rollback execution:** < 10 minutes
- **Verification:** < 5 minutes
- **Total:** < 20 minutes
"""
SCRIPT = """# Launch
## Work
- [ ] Ship it
## Rollback script
**1. Find the version before**:

**2. Safety confirmation**:

**3. State Backup Before Rollback**:

**4. Database restore**:

**5. Health Verification**:

### Rollback targets
| Metric | Target | Seen |
|---|---|---|
| **Total Rollback Time** | <15 minutes | yes |
| **Database Restoration** | <2 minutes | yes |
| **Application Restart** | <5 minutes | yes |
| **Verification Time** | <3 minutes | yes |
| **Downtime** | <10 minutes | yes |

### Rollback Execution
```bash
# Manual rollback
./back.sh
# Force rollback
./back.sh --force
# Rollback to specific SHA
./back.sh <git-sha>
```
"""
COMMANDS = """# Launch
## Work
- [ ] Ship it
### Emergency Rollback
```bash
# Manual rollback
python deploy.py rollback

# Verify rollback
python deploy.py status | jq '.current_percentage'
# Expected: 0
```
"""


def steps(found):
    return [(one.title, one.segment, one.kind, one.target_s) for one in found.steps]


def test_six_ordered_steps_first_stop_intake():
    """S141, S142: 5 + 10 + 5 = 20."""
    (found,) = understand(LISTED).understanding.parts["procedures"]
    assert steps(found) == [
        ("Decision to rollback", "decide", "person", 300),
        ("Immediately stop accepting new requests", "execute", "stop_intake", 600),
        ("Go back to the version before", "execute", "person", None),
        ("Restore database from backup", "execute", "person", None),
        ("Restart services", "execute", "person", None),
        ("Verify health checks passing", "verify", "person", 300),
        ("Monitor for stability", "verify", "person", None),
    ]
    assert found.target_s == 1200


def test_a_script_that_backs_up_first_and_its_table_of_targets():
    """S3 to S8, S23: variants by their commands."""
    found, *variants = understand(SCRIPT).understanding.parts["procedures"]
    said = {title: (segment, kind, target) for title, segment, kind, target in steps(found)}
    assert said["State Backup Before Rollback"] == ("execute", "backup", None)
    assert said["Database restore"] == ("execute", "person", 120)
    assert said["Application Restart"] == ("execute", "person", 300)
    assert said["Health Verification"] == ("verify", "person", 180)
    assert (found.target_s, found.downtime_s, found.command) == (900, 600, "./back.sh")
    assert [(one.name, one.command) for one in variants] == [
        ("Force rollback", "./back.sh --force"),
        ("Rollback to specific SHA", "./back.sh <git-sha>"),
    ]


def test_commands_with_what_is_expected():
    (found,) = understand(COMMANDS).understanding.parts["procedures"]
    assert found.command == "python deploy.py rollback"
    last = found.steps[-1]
    assert (last.segment, last.expected) == ("verify", "0")


@pytest.mark.django_db
def test_the_rows_of_a_document(cast):
    plan = import_plan(LISTED.encode(), by=cast["cora"], slug="launch")
    row = RollbackProcedure.objects.get(plan=plan)
    assert (row.is_default, row.target_s, row.steps.count()) == (True, 1200, 7)
    assert row.steps.get(kind="stop_intake").blocking
    assert not [one for one in recovery(plan, plan.created_at) if one.code == "procedure_sum"]


@pytest.mark.parametrize(
    ("name", "count", "total"), [("000", 1, 900), ("001", 1, None), ("003", 1, 1200)]
)
def test_real_documents_give_their_procedures(name, count, total):
    paths = sorted(SEEDS.glob(f"{name}_*.txt"))
    if not paths:
        pytest.skip("the real documents are not here")
    found = understand(paths[0].read_bytes()).understanding.parts["procedures"]
    assert len(found) >= count and found[0].target_s == total
    if name == "003":
        assert len(found[0].steps) == 7 and found[0].steps[1].kind == "stop_intake"
