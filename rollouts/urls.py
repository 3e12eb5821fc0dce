from django.urls import path

from rollouts.views import checks

urlpatterns = [
    path("checks/", checks.checks, name="checks"),
    path("checks/<slug:kind>/<slug:key>/run/", checks.run, name="run-check"),
]
