"""Addresses outside of a release, for scripts and machines."""

from django.urls import path

from rollouts.views import hooks, pings

urlpatterns = [
    path("ping/<str:key>", pings.ping, name="ping"),
    path("ping/<str:key>/<str:word>", pings.ping, name="ping-word"),
    path("hooks/<slug:kind>/<str:token>", hooks.hook, name="hook"),
]
