from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from warroom.api import open_urls
from warroom.views import (
    contacts,
    escalations,
    health,
    imports,
    invitations,
    lifecycle,
    live,
    me,
    metrics,
    new,
    people,
    plan_files,
    plan_settings,
    plans,
    reimport,
    settings,
    sign_in,
    status,
    subscribe,
    timeline,
    walls,
)

handler400 = "warroom.views.errors.bad_request"
handler403 = "warroom.views.errors.forbidden"
handler404 = "warroom.views.errors.not_found"
handler500 = "warroom.views.errors.server_error"

# The apps above are named as strings only: this floor imports neither.
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("signed-in/", sign_in.signed_in, name="signed-in"),
    path("theme/", sign_in.choose_theme, name="theme"),
    path("language/", sign_in.choose_language, name="language"),
    path("", plans.plan_list, name="plans"),
    path("me/", me.me, name="me"),
    path("api/v1/", open_urls()),
    path("plans/import", imports.import_document, name="import"),
    path("plans/new", new.new, name="new"),
    path("plans/new/templates/<slug:key>/", new.preview, name="new-template"),
    path("plans/new/templates/<slug:key>/retire", new.retire, name="template-retire"),
    path("plans/<slug:slug>/template", new.keep, name="template-keep"),
    path("plans/<slug:slug>/", plans.room, name="room"),
    path("plans/<slug:slug>/live", live.stream_without_server, name="live"),
    path("plans/<slug:slug>/live/snapshot", live.snapshot, name="live-snapshot"),
    path("plans/<slug:slug>/import", reimport.reimport, name="reimport"),
    path("plans/<slug:slug>/document", plan_files.export, name="export"),
    path("plans/<slug:slug>/settings/", settings.settings_page, name="settings"),
    path("plans/<slug:slug>/settings/plan", plan_settings.save, name="save-plan"),
    path("plans/<slug:slug>/settings/shift", plan_settings.shift, name="shift"),
    path("plans/<slug:slug>/lifecycle/<slug:step>/", lifecycle.step, name="lifecycle-step"),
    path("plans/<slug:slug>/settings/contacts", contacts.contacts, name="contacts"),
    path("plans/<slug:slug>/escalation/", escalations.escalation, name="escalation"),
    path(
        "plans/<slug:slug>/escalation/<int:number>/acknowledge",
        escalations.take,
        name="escalation-acknowledge",
    ),
    path(
        "plans/<slug:slug>/escalation/<int:number>/close",
        escalations.end,
        name="escalation-close",
    ),
    path("plans/<slug:slug>/wall/", walls.wall, name="wall"),
    path("plans/<slug:slug>/wall/<slug:mark>/live", walls.wall_stream, name="wall-live"),
    path(
        "plans/<slug:slug>/wall/<slug:mark>/live/snapshot",
        walls.wall_snapshot,
        name="wall-snapshot",
    ),
    path("plans/<slug:slug>/settings/wall", walls.make, name="wall-make"),
    path("plans/<slug:slug>/settings/wall/<int:pk>/revoke", walls.revoke, name="wall-revoke"),
    path("plans/<slug:slug>/people/", people.people, name="people"),
    path("plans/<slug:slug>/status/", status.updates, name="status-updates"),
    path("plans/<slug:slug>/status/public", status.show_or_hide, name="status-public"),
    path("status/<slug:slug>/", status.public_page, name="status"),
    path("status/<slug:slug>.json", status.public_json, name="status-json"),
    path("status/<slug:slug>.atom", status.public_atom, name="status-atom"),
    path("status/<slug:slug>.svg", status.public_badge, name="status-badge"),
    path("status/<slug:slug>/subscribe/", subscribe.subscribe, name="status-subscribe"),
    path("status/<slug:slug>/confirm/<str:token>/", subscribe.confirm, name="status-confirm"),
    path("status/<slug:slug>/unsubscribe/<str:token>/", subscribe.leave, name="status-leave"),
    path("plans/<slug:slug>/status/place", status.place, name="status-place"),
    path("plans/<slug:slug>/timeline/", timeline.timeline, name="timeline"),
    path(
        "plans/<slug:slug>/people/<slug:key>/<str:username>/leave", people.leave, name="seat-leave"
    ),
    path(
        "plans/<slug:slug>/people/<slug:key>/<str:username>/hand-over",
        people.lend,
        name="seat-hand-over",
    ),
    path(
        "plans/<slug:slug>/people/<slug:key>/<str:username>/hand-over/<int:pk>/take-back",
        people.reclaim,
        name="seat-take-back",
    ),
    path("plans/<slug:slug>/settings/roles", people.roles, name="roles"),
    path("plans/<slug:slug>/settings/roles/add", people.new_role, name="role-add"),
    path("plans/<slug:slug>/settings/roles/remove", people.drop_role, name="role-remove"),
    path("plans/<slug:slug>/invitations", invitations.ask, name="invitations"),
    path(
        "plans/<slug:slug>/invitations/<int:pk>/renew", invitations.renew, name="invitation-renew"
    ),
    path(
        "plans/<slug:slug>/invitations/<int:pk>/revoke",
        invitations.withdraw,
        name="invitation-revoke",
    ),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("", include("rollouts.open_urls")),
    path("plans/<slug:slug>/", include("checklists.urls")),
    path("plans/<slug:slug>/", include("rollouts.urls")),
]
