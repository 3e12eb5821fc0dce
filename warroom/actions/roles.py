"""What the roles of a plan are called and what they may do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.actions.change import Change, change
from warroom.actions.people import demand_editor
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.queries.people import lasting_editors, roles_state
from warroom.rules.keys import free_key
from warroom.rules.lengths import offset
from warroom.rules.letters import is_one_line

MOST_ROLES = 60
LAST = _l(
    "Nobody could edit this plan any more. Give the right to edit to a role with somebody in it."
)


@dataclass(frozen=True)
class RoleWish:
    """What a role shall be. ``cover``: seconds after T0 between which somebody has to sit."""

    name: str
    rights: frozenset[str]
    cover: tuple[int, int] | None = None


def save_roles(
    plan: DeploymentPlan,
    wishes: Mapping[str, RoleWish],
    *,
    by: User,
    seen: str,
    request_id: str | None = None,
) -> bool:
    """Set names, rights and coverage of roles by their keys; False when nothing changes.

    ``seen`` is the state of the roles that the form's reader saw (``queries.people.roles_state``).
    Raises Refused when it is another by now, Invalid for a name that is taken, and for the last
    role with the right to edit that would lose it.
    """
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as saving:
        roles = list(saving.plan.roles.all())
        chosen = [(role, wishes[role.key]) for role in roles if role.key in wishes]
        if saving.repeated or all(is_so(role, wish) for role, wish in chosen):
            return False
        if seen != roles_state(roles):
            raise Refused(
                _(
                    "Somebody changed the roles after this form was loaded. Nothing was "
                    "saved; your choices stand here beside the state as it is now."
                )
            )
        _demand_names(roles, wishes)
        editors = lasting_editors(saving.plan)
        changes = [_set(role, wish) for role, wish in chosen if not is_so(role, wish)]
        _demand_right_to_edit(saving)
        demand_editor(saving.plan, editors, LAST)
        saving.record(
            "role.changed", ". ".join(text for text, _unused in changes), roles=_data(changes)
        )
        return True


def add_role(
    plan: DeploymentPlan,
    name: str,
    *,
    by: User,
    rights: Iterable[str] = (),
    request_id: str | None = None,
) -> Role | None:
    """Add a role at the end. None when the same request did so before."""
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as adding:
        if adding.repeated:
            return None
        name, roles = checked_name(name), list(adding.plan.roles.all())
        if any(role.name.casefold() == name.casefold() for role in roles):
            raise Invalid("name", _("There is a role called {name} already.").format(name=name))
        if len(roles) >= MOST_ROLES:
            raise Invalid(
                "name", _("A release has {most_roles} roles at most.").format(most_roles=MOST_ROLES)
            )
        role = Role.objects.create(
            plan=adding.plan,
            key=_free_key(name, {role.key for role in roles}),
            name=name,
            rights=checked_rights(rights),
            position=max((role.position for role in roles), default=-1) + 1,
        )
        text = _("{name} is a new role{may}").format(name=name, may=_may(role.rights))
        adding.record("role.added", text, role=role.key, rights=role.rights)
        return role


def remove_role(
    plan: DeploymentPlan, role: Role, *, by: User, request_id: str | None = None
) -> None:
    """Remove a role with its seats and open invitations. Raises Refused for one that is on record.

    What belonged to the role belongs to nobody afterwards.
    """
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        row = removing.plan.roles.filter(pk=role.pk).first()
        if removing.repeated or row is None:
            return
        editors = lasting_editors(removing.plan)
        try:
            row.delete()
        except ProtectedError as error:
            raise Refused(
                _(
                    "{role} has signed, voted or decided, and stays on record. Take its "
                    "rights and its seats away instead."
                ).format(role=role.name)
            ) from error
        _demand_right_to_edit(removing)
        demand_editor(removing.plan, editors, LAST)
        removing.record(
            "role.removed", _("{role} is no role any more").format(role=role.name), role=role.key
        )


def checked_name(name: str) -> str:
    """A role's name: one line of at most 100 characters. Raises Invalid for the field ``name``."""
    name = name.strip()
    if not name:
        raise Invalid("name", _("Give the role a name."))
    if not is_one_line(name) or len(name) > 100:
        raise Invalid("name", _("A role's name is one line of at most 100 characters."))
    return name


def checked_rights(rights: Iterable[str]) -> list[str]:
    """Known rights in their usual order. Raises Invalid for the field ``rights``."""
    wanted = set(rights)
    if unknown := wanted - set(Right.values):
        known = ", ".join(Right.values)
        raise Invalid(
            "rights",
            _("{unknown} is no right. Rights are {known}.").format(
                unknown=", ".join(sorted(unknown)), known=known
            ),
        )
    return [right for right in Right.values if right in wanted]


def is_so(role: Role, wish: RoleWish) -> bool:
    """Whether a role is already as it is wished."""
    same = role.name == wish.name.strip() and set(role.rights) == set(wish.rights)
    return same and _cover(role) == wish.cover


def _cover(role: Role) -> tuple[int, int] | None:
    if role.cover_from_s is None or role.cover_until_s is None:
        return None
    return role.cover_from_s, role.cover_until_s


def _demand_names(roles: list[Role], wishes: Mapping[str, RoleWish]) -> None:
    taken: set[str] = set()
    for role in roles:
        name = wishes[role.key].name if role.key in wishes else role.name
        if checked_name(name).casefold() in taken:
            raise Invalid(
                f"{role.key}.name", _("Two roles would be called {name}.").format(name=name)
            )
        taken.add(name.strip().casefold())


def _demand_right_to_edit(saving: Change) -> None:
    if not any(role.may(Right.EDIT) for role in saving.plan.roles.all()):
        raise Invalid("role", LAST)


def _set(role: Role, wish: RoleWish) -> tuple[str, dict]:
    """Save one role; gives what changed in words and as data."""
    words, data = [], {"role": role.key}
    name = wish.name.strip()
    if name != role.name:
        words.append(_("{role} is now called {name}").format(role=role.name, name=name))
        data |= {"name_from": role.name, "name": name}
    rights = checked_rights(wish.rights)
    if set(rights) != set(role.rights):
        words += _rights_words(name, set(role.rights), set(rights))
        data |= {"rights_from": role.rights, "rights": rights}
    if wish.cover != _cover(role):
        words.append(_cover_words(name, wish.cover))
        data |= {"cover_from": _cover(role), "cover": wish.cover}
    role.name, role.rights = name, rights
    role.cover_from_s, role.cover_until_s = wish.cover or (None, None)
    role.save(update_fields=["name", "rights", "cover_from_s", "cover_until_s"])
    return "; ".join(words), data


def _rights_words(name: str, before: set[str], after: set[str]) -> list[str]:
    labels = dict(Right.choices)
    gained = [str(labels[right]) for right in Right.values if right in after - before]
    lost = [str(labels[right]) for right in Right.values if right in before - after]
    words = (
        [_("{name} may now {gained}").format(name=name, gained=", ".join(gained))] if gained else []
    )
    return words + (
        [_("{name} may no longer {lost}").format(name=name, lost=", ".join(lost))] if lost else []
    )


def _cover_words(name: str, cover: tuple[int, int] | None) -> str:
    if cover is None:
        return _("{name} need not be covered all the time").format(name=name)
    return _("{name} is to be covered from {offset} to {offset_cover}").format(
        name=name, offset=offset(cover[0]), offset_cover=offset(cover[1])
    )


def _may(rights: list[str]) -> str:
    labels = dict(Right.choices)
    return (
        _("; it may {right}").format(right=", ".join(str(labels[right]) for right in rights))
        if rights
        else ""
    )


def _data(changes: list[tuple[str, dict]]) -> list[dict]:
    return [data for _unused, data in changes]


def _free_key(name: str, taken: set[str]) -> str:
    return free_key(slugify(name)[:50].strip("-") or "role", taken)
