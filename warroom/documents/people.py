"""Who takes part: signing roles, contacts, escalation levels, and the roles a plan gets of them."""

import re
from dataclasses import dataclass, replace

from django.utils.text import slugify
from django.utils.translation import gettext as _

from warroom.documents import contacts, signers
from warroom.documents.asked import asked_signers
from warroom.documents.blocks import Block, Document, ListBlock, ListItem, Paragraph, Section
from warroom.documents.plain import is_blank, plain, without_marks
from warroom.documents.readers import (
    NOTE,
    WARNING,
    Creation,
    Reader,
    Understanding,
    register,
)
from warroom.models import (
    DeploymentPlan,
    EscalationContact,
    EscalationLevel,
    Right,
    Role,
    Seat,
    User,
)

LIMIT = 200
_HEADER_ROLE = re.compile(
    r"^(?:[\w/ -]{2,40} )?(?:lead|manager|owner|commander|coordinator|captain|on-?call)$", re.I
)
_HOLDER = re.compile(r"^(?P<person>[^()]{2,60}?)\s*\((?P<role>[^()]{3,60})\)$")
_PREPARED = re.compile(r"^(?:prepared|reviewed|approved|owned|written) by$", re.I)
# Who decides when several lead: the first of these that the document names.
_DECIDERS = (
    "deployment lead",
    "release manager",
    "release lead",
    "technical lead",
    "tech lead",
    "incident commander",
    "platform lead",
    "platform owner",
    "product owner",
)
_APPROVED = re.compile(r":.{0,30}\b(?:conditional approval|approved)\b", re.I)
# The two roles that every plan has: who keeps it in order, and who lends a hand. Key: name, rights.
STANDING = {
    "editor": ("Plan editor", Right.EDIT.value, Right.TICK.value),
    "member": ("Member", Right.TICK.value),
}
MOST_LEVELS = 20  # levels among whose names the people of the contact list are looked for
_ON_CALL = re.compile(r"on-?call|sre|operations|ops|devops", re.I)


@dataclass(frozen=True, slots=True)
class RoleFound:
    """A role of the plan to be. ``key`` is its name in the plan; ``holder`` a name, no account."""

    key: str
    name: str
    line: int
    signs: bool = False
    holder: str = ""
    rights: tuple[str, ...] = ()


def role_key(name: str, line: int) -> str:
    """An ASCII key of at most 60 characters; a role in another script is named by its line."""
    return slugify(without_marks(name).replace("/", " "))[:60].strip("-") or f"role-{line}"


class People(Reader):
    """Reads signers, contacts and levels; makes roles, seats, contacts and levels."""

    name = "people"
    order = 20

    def read(self, document: Document, understanding: Understanding) -> None:
        signing = self._signers(document, understanding)
        found = self._contacts(document, understanding)
        levels = self._levels(document, understanding)
        roles = self._roles(understanding, signing, found)
        understanding.parts["roles"] = tuple(roles)
        understanding.parts["contacts"] = tuple(found)
        understanding.parts["levels"] = tuple(levels)
        understanding.counts["roles"] = len([role for role in roles if role.line])
        understanding.counts["contacts"] = len(found)

    # -- reading ------------------------------------------------------------------------

    def _signers(self, document: Document, understanding: Understanding) -> list[signers.Signer]:
        found: list[signers.Signer] = []
        for section in document.sections:
            by_heading = signers.heading_role(section)
            if by_heading is not None:
                found.append(by_heading)
                self._claim_heading(section, by_heading, understanding)
                continue
            above = section.parent is not None and bool(
                signers.SIGNOFF.search(section.parent.title)
            )
            for signer, block in asked_signers(section, above, understanding):
                found.append(signer)
                self._claim_signer(signer, block, understanding)
        self._say_signers(found, understanding)
        self._say_approvals(document, found, understanding)
        return found

    def _claim_heading(
        self, section: Section, signer: signers.Signer, understanding: Understanding
    ) -> None:
        understanding.claim(
            section.heading, "signer", _("Sign-off role: {role}").format(role=signer.role)
        )
        for block in section.blocks:
            if isinstance(block, ListBlock | Paragraph):
                for number in range(block.line, block.end + 1):
                    row = document_line(understanding, number)
                    if row:
                        blank = "_" in row or "✓ / ✗" in row
                        label = (
                            _("Skipped, blank form field")
                            if blank
                            else _("Form field of a sign-off")
                        )
                        understanding.claim(number, "blank field", label)

    def _claim_signer(
        self, signer: signers.Signer, block: Block, understanding: Understanding
    ) -> None:
        understanding.claim(
            signer.line, "signer", _("Sign-off role: {role}").format(role=signer.role)
        )
        if isinstance(block, ListItem) and block.box == "done":
            text = _(
                "{role}: the tick is dropped, no signature is imported without a name."
            ).format(role=signer.role)
            understanding.find(signer.line, WARNING, "signature_dropped", text)

    def _say_signers(self, found: list[signers.Signer], understanding: Understanding) -> None:
        boxes = [signer for signer in found if signer.box]
        if boxes:
            many = _("{count} boxes of the sign-off became roles that sign, not items.").format(
                count=len(boxes)
            )
            text = many if len(boxes) > 1 else _("A role that signs, not an item.")
            understanding.find(boxes[0].line, NOTE, "boxes_sign", text)
        nameless = [signer for signer in found if not signer.person]
        if nameless:
            first = nameless[0]
            others = ", ".join(str(signer.line) for signer in nameless[1:6])
            more = _("; the same for lines {others}").format(others=others) if others else ""
            text = _("Sign-off role: {role}. Nobody is named{more}.").format(
                role=first.role, more=more
            )
            understanding.find(
                first.line, WARNING, "signer_nameless", text, _("Choose people below.")
            )

    def _say_approvals(
        self, document: Document, found: list[signers.Signer], understanding: Understanding
    ) -> None:
        """A word such as "Approved" beside a role or a person is a claim, not a signature."""
        claimed = [
            block.line
            for _unused, block in document.blocks()
            if isinstance(block, ListItem) and _APPROVED.search(plain(block.text.split("\n")[0]))
        ]
        if claimed:
            shown = ", ".join(map(str, claimed[:8])) + (" …" if len(claimed) > 8 else "")
            text = _(
                "{count} approvals are claimed (lines {shown}); none becomes a signature."
            ).format(count=len(claimed), shown=shown)
            understanding.find(claimed[0], NOTE, "approval_claimed", text, _("Sign in the room."))

    def _contacts(self, document: Document, understanding: Understanding) -> list[contacts.Contact]:
        found = []
        for contact, block in contacts.contacts_of(document):
            if understanding.is_claimed(block):
                continue
            if len(found) == LIMIT:
                text = _("More than {limit} contacts; the rest stays text.").format(limit=LIMIT)
                understanding.find(contact.line, WARNING, "too_many", text)
                break
            found.append(contact)
            understanding.claim(
                block, "contact", _("Contact: {contact}").format(contact=contact.name)
            )
            if not contact.reach:
                text = _("{contact} has no way to be reached.").format(contact=contact.name)
                understanding.find(contact.line, NOTE, "blank", text)
        return found

    def _levels(self, document: Document, understanding: Understanding) -> list[contacts.Level]:
        found: dict[int, contacts.Level] = {}
        for level, block in contacts.levels_of(document):
            if level.number in found or len(found) == LIMIT or understanding.is_claimed(block):
                continue
            found[level.number] = level
            span = (
                _(", from minute {from_minute}").format(from_minute=level.from_minute)
                if level.from_minute is not None
                else ""
            )
            understanding.claim(
                block,
                "level",
                _("Escalation level {level}{span}").format(level=level.number, span=span),
            )
        open_ended = [level for level in found.values() if level.from_minute is None]
        if open_ended:
            text = _(
                "{count} escalation levels name no minutes, so nobody is called by time."
            ).format(count=len(open_ended))
            understanding.find(open_ended[0].line, NOTE, "level_without_minutes", text)
        return sorted(found.values(), key=lambda level: level.number)

    def _roles(
        self,
        understanding: Understanding,
        signing: list[signers.Signer],
        found: list[contacts.Contact],
    ) -> list[RoleFound]:
        roles: dict[str, RoleFound] = {}
        for signer in signing:
            _add(roles, RoleFound("", signer.role, signer.line, True, signer.person))
        for contact in found:
            if contact.role and contact.in_plan:
                holder = contact.name if contact.name != contact.role else ""
                _add(roles, RoleFound("", contact.role, contact.line, False, holder))
        for role in _header_roles(understanding):
            _add(roles, role)
        if not roles:
            _add(roles, RoleFound("", "Deployment Lead", 0, True))
        return _with_rights(list(roles.values()))

    # -- creating -----------------------------------------------------------------------

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        known = {role.key: role for role in plan.roles.all()} if creation.extending else {}
        roles = [role for role in understanding.parts["roles"] if role.key not in known]
        first = len(known)
        rows = [
            Role(
                plan=plan,
                key=role.key,
                name=role.name,
                rights=list(role.rights),
                holder=role.holder,
                position=place,
            )
            for place, role in enumerate(roles, start=first)
            if role.line or not known
        ]
        taken = {*known, *(role.key for role in roles)}
        rows += [] if creation.extending else standing_roles(plan, len(roles), taken)
        made = Role.objects.bulk_create(rows)
        creation.made["roles"] = known | {row.key: row for row in made}
        creation.made["roles added"] = [row.name for row in made]
        if not creation.extending:
            seat_author(creation)
        self._call_chain(plan, understanding, creation)

    def _call_chain(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        found: list[contacts.Level] = list(understanding.parts["levels"])
        listed = understanding.parts["contacts"]
        known: list[EscalationLevel] = []
        called: set[tuple[str, str]] = set()
        if creation.extending:
            known = list(EscalationLevel.objects.filter(plan=plan))
            numbers = {level.number for level in known}
            found = [level for level in found if level.number not in numbers]
            rows = EscalationContact.objects.filter(plan=plan)
            called = set(rows.values_list("name", "role_name"))
        levels = EscalationLevel.objects.bulk_create(
            EscalationLevel(
                plan=plan,
                number=level.number,
                name=level.name,
                from_minute=level.from_minute or 0,
                to_minute=level.to_minute,
            )
            for level in found
        )
        by_number = {level.number: level for level in [*known, *levels]}
        creation.made["contacts"] = EscalationContact.objects.bulk_create(
            EscalationContact(
                plan=plan,
                level=by_number.get(_level_of(contact, tuple(found[:MOST_LEVELS]))),
                name=contact.name,
                role_name=contact.role,
                reach=[{"way": way, "to": to} for way, to in contact.reach],
                availability=contact.availability,
                position=place,
            )
            for place, contact in enumerate(listed, start=len(called))
            if (contact.name, contact.role) not in called
        )


def document_line(understanding: Understanding, number: int) -> str:
    lines = understanding.document.lines
    return lines[number - 1].strip() if number <= len(lines) else ""


def _add(roles: dict[str, RoleFound], role: RoleFound) -> None:
    """Add a role, or fill in what the one of the same name does not say yet."""
    name = without_marks(plain(role.name))[:100]
    key = role_key(name, role.line)
    known = roles.get(key)
    if known is None:
        roles[key] = replace(role, key=key, name=name)
    else:
        roles[key] = replace(
            known, signs=known.signs or role.signs, holder=known.holder or role.holder
        )


def _header_roles(understanding: Understanding) -> list[RoleFound]:
    """Roles in the header: "Deployment Lead: Cora", "Prepared by: Cora (Deployment Lead)"."""
    found = []
    for key, value in understanding.facts.items():
        value = without_marks(value)
        if is_blank(value):
            continue
        if key in understanding.document.front_matter and key.lower() == "owner":
            continue  # of the file, which says nothing of who does what
        if _HEADER_ROLE.match(key) and len(value.split()) < 5:
            found.append(RoleFound("", key, 1, False, value[:120]))
        match = _HOLDER.match(value) if _PREPARED.match(key) else None
        if match and _HEADER_ROLE.match(match["role"]):
            found.append(RoleFound("", match["role"], 1, False, match["person"][:120]))
    return found


def _with_rights(roles: list[RoleFound]) -> list[RoleFound]:
    """One role leads: it decides, edits and runs. Who signs also votes; the others tick.

    Where nobody is said to sign, every named role signs and votes.
    """
    leader = _leader(roles)
    signers = [role for role in roles if role.signs]
    rated = []
    for role in roles:
        rights = [Right.TICK]
        if role is leader or role.signs or not signers:
            rights += [Right.SIGN, Right.VOTE]
        if role is leader:
            rights += [Right.DECIDE, Right.EDIT, Right.RUN, Right.SKIP]
        elif _ON_CALL.search(role.name):
            rights.append(Right.RUN)
        rated.append(replace(role, rights=tuple(right.value for right in rights)))
    return rated


def _leader(roles: list[RoleFound]) -> RoleFound:
    for wanted in _DECIDERS:
        for role in roles:
            if wanted in role.name.lower():
                return role
    return roles[0]


def seat_author(creation: Creation) -> None:
    """Whoever makes a plan sits in the two roles that every plan has, so that they see it."""
    if isinstance(creation.by, User):
        for key in STANDING:
            role = creation.made["roles"].get(key)
            if role is not None:
                Seat.objects.create(role=role, user=creation.by)


def standing_roles(plan: DeploymentPlan, place: int, taken: set[str]) -> list[Role]:
    """Those of STANDING that a plan does not have by their keys yet."""
    return [
        Role(plan=plan, key=key, name=name, rights=list(rights), position=place + n)
        for n, (key, (name, *rights)) in enumerate(STANDING.items())
        if key not in taken
    ]


def _level_of(contact: contacts.Contact, levels: tuple[contacts.Level, ...]) -> int | None:
    if contact.level is not None:
        return contact.level
    for level in levels:
        if contact.name in level.name and _is_word_of(contact.name, level.name):
            return level.number
    return None


def _is_word_of(name: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))


register(People())
