"""Where routine deletion must wait (gallringsspärr): in every system that an open case needs data from, until the case is closed.

What a person asks about is what was held when the request came (EDPB 01/2022): it must not be emptied by a scheduled deletion
meanwhile. Nothing is stored: the stop is there as long as the case is open, and is lifted by closing it.
"""

from __future__ import annotations

from collections import Counter

from django.db.models import Count

from requests_app.domain.states import CollectionState
from requests_app.models import Case, Collection, SearchProfile


def held_systems() -> Counter[int]:
    """For each system (its id) the number of open cases for whose sake nothing may be deleted there by routine."""
    searched = Collection.objects.filter(current=True, case__closed_at__isnull=True)
    searched = searched.exclude(state=CollectionState.LEFT_OUT.value)
    held = Counter(dict(searched.values_list("system").annotate(n=Count("case", distinct=True)).order_by()))
    # a case that is decided without a search concerns the systems that its profile proposes
    unsearched = Case.objects.filter(closed_at__isnull=True, collections__isnull=True)
    cases = dict(unsearched.values_list("profile").annotate(n=Count("pk")).order_by())
    for profile, system in SearchProfile.objects.filter(key__in=cases).values_list("key", "systems"):
        if system is not None:
            held[system] += cases[profile]
    return held
