"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from requests_app.portal import (
    email_login,
    entrance,
    filing,
    following,
    marketing,
    notice_address,
    owner_urls,
    privacy,
    unsubscribe,
    writing,
)

app_name = "portal"
urlpatterns = [
    path("", following.start, name="start"),
    path("logga-in/", entrance.login, name="login"),
    path("logga-in/e-post/", email_login.ask, name="email_login"),
    path("logga-in/e-post/skickat/", email_login.sent, name="email_sent"),
    path("logga-in/lank/<str:secret>/", email_login.link, name="email_link"),
    path("logga-in/<slug:key>/", entrance.to_provider, name="eid"),
    path("logga-in/<slug:key>/tillbaka/", entrance.from_provider, name="eid_return"),
    path("logga-ut/", entrance.logout, name="logout"),
    path("logga-ut/klart/", entrance.logged_out, name="logged_out"),
    path("bekrafta-adress/<str:secret>/", notice_address.link, name="address_link"),
    path("tillganglighet/", entrance.accessibility, name="accessibility"),
    path("personuppgifter/", privacy.show, name="privacy"),
    path("avregistrera/", unsubscribe.by_address, name="unsubscribe_typed"),
    path("avregistrera/<str:token>/", unsubscribe.by_link, name="unsubscribe"),
    path("reklam/", marketing.choices, name="marketing"),
    path("begaran/ny/", filing.What.as_view(), name="what"),
    path("begaran/ny/vem/", filing.Whom.as_view(), name="whom"),
    path("begaran/ny/person/", filing.Person.as_view(), name="person"),
    path("begaran/ny/uppgifter/", filing.Details.as_view(), name="details"),
    path("begaran/ny/kontakt/", filing.ContactStep.as_view(), name="contact"),
    path("begaran/ny/kontrollera/", filing.Check.as_view(), name="check"),
    path("begaran/ny/avbryt/", filing.discard, name="discard"),
    path("begaran/<str:ref>/", following.case, name="case"),
    path("begaran/<str:ref>/mottagen/", following.receipt, name="receipt"),
    path("begaran/<str:ref>/skriv/", writing.write, name="write"),
    path("begaran/<str:ref>/e-post/", notice_address.ask, name="address"),
    path("begaran/<str:ref>/aterkalla/", following.withdraw, name="withdraw"),
    path("begaran/<str:ref>/fil/<str:file_ref>", following.file, name="file"),
    path("begaran/<str:ref>/meddelande/<str:file_ref>", following.message_file, name="message_file"),
    *owner_urls.urlpatterns,
]
