"""Legal's reports: what is counted, what it means, and how it leaves as a page, a file or a monthly mail."""

from requests_app.services.reports.building import PLANS, build
from requests_app.services.reports.export import FORMATS, file_name
from requests_app.services.reports.monthly import tell_month
from requests_app.services.reports.period import PRESETS, Period, Query, preset
from requests_app.services.reports.sharing import may_share, shared, why_not_shared
from requests_app.services.reports.suppression import suppressed
from requests_app.services.reports.values import Report, Value, basis, shown

__all__ = [
    "FORMATS",
    "PLANS",
    "PRESETS",
    "Period",
    "Query",
    "Report",
    "Value",
    "basis",
    "build",
    "file_name",
    "may_share",
    "preset",
    "shared",
    "shown",
    "suppressed",
    "tell_month",
    "why_not_shared",
]
