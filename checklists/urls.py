from django.urls import path

from checklists.views import files, gates, items, phases, sections, signoffs

urlpatterns = [
    path("checklist/", phases.checklist_page, name="checklist"),
    path("items/<int:number>/", items.item, name="item"),
    path("items/<int:number>/state", items.item_state, name="item-state"),
    path("items/<int:number>/count", items.item_count, name="item-count"),
    path("items/<int:number>/notes", items.item_notes, name="item-notes"),
    path("items/<int:number>/files", files.item_files, name="item-files"),
    path("items/<int:number>/files/<int:file>/<str:name>", files.item_file, name="item-file"),
    path("phases/<int:number>/switch", sections.phase_switch, name="phase-switch"),
    path("groups/<int:number>/switch", sections.group_switch, name="group-switch"),
    path("signoffs", signoffs.signoffs, name="signoffs"),
    path("signoffs/<int:number>/withdraw", signoffs.withdraw, name="withdraw"),
    path("conditions/<int:number>/close", signoffs.condition_close, name="condition-close"),
    path("gates/", gates.gate_list, name="gates"),
    path("gates/<slug:key>/", gates.gate, name="gate"),
    path("gates/<slug:key>/votes", gates.votes, name="votes"),
    path("gates/<slug:key>/decision", gates.decision, name="decision"),
    path("gates/<slug:key>/criteria/<slug:criterion>", gates.judgement, name="judgement"),
    path("gates/<slug:key>/evidence/<int:number>.json", gates.frozen_evidence, name="evidence"),
]
