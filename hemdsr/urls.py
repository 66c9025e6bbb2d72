"""Addresses."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from requests_app.admin.feed import read
from requests_app.web.health import healthz

handler400 = "requests_app.portal.errors.bad_request"
handler404 = "requests_app.admin.errors.not_found"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("sprak/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("api/v1/", include(("requests_app.api.urls", "api"))),
    path("kalender/<str:token>.ics", read, name="calendar_feed"),
    path("", include("requests_app.portal.urls")),
]
