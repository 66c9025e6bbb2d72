"""Addresses of the system owner's pages, a part of the portal's."""

from __future__ import annotations

from django.urls import path

from requests_app.portal import owner

urlpatterns = [
    path("uppgift/oppna/<str:token>/", owner.owner_open, name="owner_open"),
    path("uppgift/klart/", owner.owner_done, name="owner_done"),
    path("uppgift/<str:ref>/", owner.owner_task, name="owner_task"),
    path("uppgift/<str:ref>/<slug:page>/", owner.owner_task, name="owner_page"),
]
