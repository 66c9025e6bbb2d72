"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from requests_app.portal import entrance, filing, following, owner_urls, unsubscribe

app_name = "portal"
urlpatterns = [
    path("", following.start, name="start"),
    path("logga-in/", entrance.login, name="login"),
    path("logga-ut/", entrance.logout, name="logout"),
    path("tillganglighet/", entrance.accessibility, name="accessibility"),
    path("personuppgifter/", entrance.privacy, name="privacy"),
    path("avregistrera/", unsubscribe.by_address, name="unsubscribe_typed"),
    path("avregistrera/<str:token>/", unsubscribe.by_link, name="unsubscribe"),
    path("begaran/ny/", filing.What.as_view(), name="what"),
    path("begaran/ny/uppgifter/", filing.Details.as_view(), name="details"),
    path("begaran/ny/kontakt/", filing.ContactStep.as_view(), name="contact"),
    path("begaran/ny/kontrollera/", filing.Check.as_view(), name="check"),
    path("begaran/ny/avbryt/", filing.discard, name="discard"),
    path("begaran/<str:ref>/", following.case, name="case"),
    path("begaran/<str:ref>/mottagen/", following.receipt, name="receipt"),
    path("begaran/<str:ref>/aterkalla/", following.withdraw, name="withdraw"),
    path("begaran/<str:ref>/fil/<str:file_ref>", following.file, name="file"),
    *owner_urls.urlpatterns,
]
