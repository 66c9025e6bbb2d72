"""What each figure means, in both languages: it stands beside the figure on the page and in every export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

COUNT, SHARE, DAYS, SUM_DAYS, HOURS, MEAN = "count", "share", "days", "sum_days", "hours", "mean"
"""What a figure is: a number, a part of a number, a percentile of days, a sum of days, a percentile of hours, a mean."""

LEAST = 20
"""Percentiles are shown from this many on; fewer say nothing about what is usual."""


class Both(NamedTuple):
    """A text in both languages."""

    sv: str
    en: str

    def say(self, lang: str) -> str:
        """The text in one of them."""
        return self.en if lang.startswith("en") else self.sv


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure's name and exact meaning."""

    key: str
    label: Both
    means: Both
    kind: str = COUNT


_APART_SV = "Återtagna, ej identifierade, sammanförda och utan svar avslutade ärenden räknas inte."
_APART_EN = "Requests that were withdrawn, not identified, joined or closed without an answer are not counted."
_LATE_SV = "Obesvarade vars sista dag har passerat räknas som sena; obesvarade som ännu hinner i tid räknas inte."
_LATE_EN = "Unanswered ones past their last day count as late; unanswered ones still in time are not counted."
_FEW_SV = f"Visas från {LEAST} besvarade ärenden."
_FEW_EN = f"Shown from {LEAST} answered cases up."

_ALL = (
    Definition(
        "received",
        Both("Inkomna", "Received"),
        Both(
            "Ärenden som kom in till bolaget under perioden, oavsett när de registrerades.",
            "Cases that reached the company in the period, whenever they were registered.",
        ),
    ),
    Definition(
        "answered",
        Both("Besvarade", "Answered"),
        Both(
            "Inkomna under perioden där svaret på alla rättigheter har skickats. Det första svaret räknas, även om ärendet senare "
            "har återupptagits. Ett svar som nådde fel person räknas inte, utan det som sedan skickades till rätt person.",
            "Received in the period, with the answer to every right dispatched. The first answer counts, also when the case was "
            "taken up again later. An answer that reached the wrong person does not count, but the one then sent to the right "
            "person does.",
        ),
    ),
    Definition(
        "open",
        Both("Obesvarade", "Unanswered"),
        Both(
            "Inkomna under perioden som fortfarande är öppna och aldrig har besvarats.",
            "Received in the period, still open and never answered.",
        ),
    ),
    Definition(
        "withdrawn",
        Both("Återtagna", "Withdrawn"),
        Both(
            "Inkomna under perioden där personen tog tillbaka sin begäran. Räknas inte i andelen i tid.",
            "Received in the period, and taken back by the person. Not counted in the on-time rate.",
        ),
    ),
    Definition(
        "not_identified",
        Both("Ej identifierade", "Not identified"),
        Both(
            "Inkomna under perioden som avslutades för att personen inte kunde identifieras (artikel 11.2). Räknas inte i andelen "
            "i tid.",
            "Received in the period, and closed because the person could not be identified (Article 11(2)). Not counted in the "
            "on-time rate.",
        ),
    ),
    Definition(
        "joined",
        Both("Sammanförda", "Joined"),
        Both(
            "Inkomna under perioden som var samma begäran en gång till och besvarades i det andra ärendet. Räknas inte i andelen i "
            "tid.",
            "Received in the period, the same request once more, answered in the other case. Not counted in the on-time rate.",
        ),
    ),
    Definition(
        "unsent",
        Both("Avslutade utan svar", "Closed without an answer"),
        Both(
            "Inkomna under perioden som avslutades av annat skäl utan att något svar skickades. Räknas inte i andelen i tid.",
            "Received in the period, and closed for another reason without an answer being dispatched. Not counted in the on-time "
            "rate.",
        ),
    ),
    Definition(
        "on_time",
        Both("I tid enligt lag", "On time by law"),
        Both(
            "Andel där varje rättighet besvarades senast sista dagen: en månad från mottagandet, eller tre om förlängningen "
            "meddelades med skäl inom den första månaden. Att begäran nekas ska alltid ha meddelats inom den första månaden. "
            f"Pauser räknas inte. {_LATE_SV} {_APART_SV}",
            "Share in which each right was answered by its last day: one month from receipt, or three if the extension was "
            "notified with reasons within the first month. A refusal must always have been sent within the first month. Pauses "
            f"do not count. {_LATE_EN} {_APART_EN}",
        ),
        SHARE,
    ),
    Definition(
        "on_time_paused",
        Both("I tid med pauser", "On time with pauses"),
        Both(
            "Som i tid enligt lag, men dagar då vi väntade på personens komplettering flyttar sista dagen. Nekade begäranden "
            f"bedöms utan pauser. {_APART_SV}",
            "As on time by law, but days of waiting for the person's completion move the last day. Refusals are judged without "
            f"pauses. {_APART_EN}",
        ),
        SHARE,
    ),
    Definition(
        "late",
        Both("Sena", "Late"),
        Both(
            "Inkomna under perioden som besvarades efter sista dagen enligt lag, eller är obesvarade när den har passerat.",
            "Received in the period, and answered after the last day by law, or unanswered when it has passed.",
        ),
    ),
    Definition(
        "within_month",
        Both("Inom en månad", "Within one month"),
        Both(
            "Andel som besvarades inom en månad från mottagandet (förordning 1182/71), oavsett förlängning och pauser. "
            f"Obesvarade räknas när månaden har gått. {_APART_SV}",
            "Share answered within one month of receipt (Regulation 1182/71), whatever extensions and pauses there were. "
            f"Unanswered ones count once the month has passed. {_APART_EN}",
        ),
        SHARE,
    ),
    Definition(
        "within_three",
        Both("Inom tre månader", "Within three months"),
        Both(
            "Andel som besvarades inom tre månader från mottagandet, oavsett förlängning och pauser. Obesvarade räknas när de tre "
            f"månaderna har gått. {_APART_SV}",
            "Share answered within three months of receipt, whatever extensions and pauses there were. Unanswered ones count once "
            f"the three months have passed. {_APART_EN}",
        ),
        SHARE,
    ),
    Definition(
        "median",
        Both("Median, dagar", "Median, days"),
        Both(
            f"Kalenderdagar från mottagandet till svaret; hälften besvarades snabbare. {_FEW_SV}",
            f"Calendar days from receipt to answer; half were answered faster. {_FEW_EN}",
        ),
        DAYS,
    ),
    Definition(
        "p90",
        Both("90:e percentilen, dagar", "90th percentile, days"),
        Both(
            f"Kalenderdagar inom vilka nio av tio besvarades. {_FEW_SV}",
            f"Calendar days within which nine in ten were answered. {_FEW_EN}",
        ),
        DAYS,
    ),
    Definition(
        "extended",
        Both("Förlängda", "Extended"),
        Both(
            "Andel av de inkomna där förlängningen gäller: personen fick besked med skäl senast sista dagen i den första månaden.",
            "Share of those received whose extension is in force: the notice with reasons left no later than the last day of the "
            "first month.",
        ),
        SHARE,
    ),
    Definition(
        "extension_invalid",
        Both("Ogiltiga förlängningar", "Invalid extensions"),
        Both(
            "Beslutade förlängningar där beskedet skickades efter den första månaden eller aldrig. De förlänger ingenting.",
            "Extensions decided on whose notice left after the first month, or never. They extend nothing.",
        ),
    ),
    Definition(
        "extension_waiting",
        Both("Förlängningar utan besked", "Extensions without notice"),
        Both(
            "Beslutade förlängningar där beskedet ännu hinner skickas, eller aldrig behövdes eftersom svaret gick inom månaden.",
            "Extensions decided on whose notice can still leave in time, or was never needed since the answer left within the "
            "month.",
        ),
    ),
    Definition(
        "paused",
        Both("Pausade", "Paused"),
        Both(
            "Inkomna under perioden där svarstiden någon gång har pausats i väntan på komplettering.",
            "Received in the period, whose clock was paused at some time to wait for completion.",
        ),
    ),
    Definition(
        "paused_days",
        Both("Pausdagar", "Paused days"),
        Both(
            "Alla dagar som de pausade ärendena väntade på personen, öppna pauser räknade till i dag.",
            "All days the paused cases waited for the person, open pauses counted to today.",
        ),
        SUM_DAYS,
    ),
    Definition(
        "paused_now",
        Both("Pausade nu", "Paused now"),
        Both(
            "Öppna ärenden som i dag väntar på personens komplettering, oavsett när de kom in.",
            "Open cases that today wait for the person's completion, whenever they were received.",
        ),
    ),
    Definition(
        "overdue_now",
        Both("Försenade nu", "Overdue now"),
        Both(
            "Öppna ärenden vars sista dag enligt lag har passerat i dag, oavsett när de kom in. Även återupptagna ärenden.",
            "Open cases whose last day by law has passed today, whenever they were received. Cases taken up again too.",
        ),
    ),
    Definition(
        "due_7",
        Both("Ska besvaras inom 7 dagar", "Due within 7 days"),
        Both(
            "Öppna ärenden vars sista dag enligt lag är i dag eller någon av de sju följande dagarna.",
            "Open cases whose last day by law is today or one of the seven days after.",
        ),
    ),
    Definition(
        "due_14",
        Both("Ska besvaras inom 14 dagar", "Due within 14 days"),
        Both(
            "Öppna ärenden vars sista dag enligt lag är i dag eller någon av de fjorton följande dagarna, även de inom sju dagar.",
            "Open cases whose last day by law is today or one of the fourteen days after, those within seven days among them.",
        ),
    ),
    Definition(
        "days_late",
        Both("Försenade nu", "Overdue now"),
        Both(
            "Öppna ärenden efter antalet dagar sedan sista dagen enligt lag.",
            "Open cases by the number of days since the last day by law.",
        ),
    ),
    Definition(
        "share",
        Both("Andel", "Share"),
        Both(
            "Andel av alla i kolumnen Antal. En begäran kan omfatta flera rättigheter.",
            "Share of all in the column Number. A request may combine several rights.",
        ),
        SHARE,
    ),
    Definition(
        "number", Both("Antal", "Number"), Both("Ärenden inkomna under perioden.", "Cases received in the period.")
    ),
    Definition(
        "represented",
        Both("Genom ombud", "Through a representative"),
        Both(
            "Andel av de inkomna där någon annan begärde för personens räkning.",
            "Share of those received that somebody else filed for the person.",
        ),
        SHARE,
    ),
    Definition(
        "completion_asked",
        Both("Komplettering begärd", "Completion asked for"),
        Both(
            "Andel av de inkomna där vi bad personen om mer för att kunna veta vem som frågade (artikel 12.6). Skälet till "
            "tvivel står i ärendet och räknas inte här.",
            "Share of those received whose person was asked for more in order to be identified (Article 12(6)). The reason for "
            "doubt stands in the case and is not counted here.",
        ),
        SHARE,
    ),
    Definition(
        "outcome",
        Both("Utfall", "Outcome"),
        Both(
            "Rättigheter i inkomna ärenden efter utfallet som gäller i dag. En begäran om flera rättigheter räknas i flera rader.",
            "Rights of the cases received, by the outcome that holds today. A request for several rights counts in several rows.",
        ),
    ),
    Definition(
        "refused",
        Both("Nekade helt eller delvis", "Refused wholly or in part"),
        Both(
            "Andel av de avgjorda rättigheterna (beviljade, delvis beviljade, nekade eller inget hittat) som nekades helt eller delvis.",
            "Share of the rights decided (granted, granted in part, refused, or nothing found) that were refused wholly or in part.",
        ),
        SHARE,
    ),
    Definition(
        "refused_full",
        Both("Nekade helt", "Refused wholly"),
        Both(
            "Rättigheter som nekades helt, efter beslutets grund.",
            "Rights refused wholly, by the ground of the decision.",
        ),
    ),
    Definition(
        "refused_part",
        Both("Nekade delvis", "Refused in part"),
        Both(
            "Rättigheter som beviljades delvis, efter grunden för det som nekades.",
            "Rights granted in part, by the ground of what was refused.",
        ),
    ),
    Definition(
        "masked_items",
        Both("Dolda ställen", "Masked places"),
        Both(
            "Gällande maskningar i inkomna ärenden: ett värde, ett textavsnitt, en post eller en hel kategori räknas som ett.",
            "Masks in force in the cases received: a value, a span, a record or a whole category counts as one.",
        ),
    ),
    Definition(
        "masked_cases",
        Both("Ärenden", "Cases"),
        Both("Ärenden där något är dolt på grunden.", "Cases in which something is masked on the ground."),
    ),
    Definition(
        "gathered",
        Both("Insamlingar", "Gatherings"),
        Both(
            "Gånger systemet tillfrågades för inkomna ärenden, utelämnade inräknade.",
            "Times the system was asked for the cases received, those left out included.",
        ),
    ),
    Definition(
        "latency_median",
        Both("Median, tid", "Median, time"),
        Both(
            f"Tid från att systemet tillfrågades tills svaret var hämtat; hälften gick snabbare. Visas från {LEAST} avslutade.",
            f"Time from asking the system to having its answer; half were faster. Shown from {LEAST} ended ones up.",
        ),
        HOURS,
    ),
    Definition(
        "latency_p90",
        Both("90:e percentilen, tid", "90th percentile, time"),
        Both(
            f"Tid inom vilken nio av tio insamlingar var klara. Visas från {LEAST} avslutade.",
            f"Time within which nine in ten gatherings had ended. Shown from {LEAST} ended ones up.",
        ),
        HOURS,
    ),
    Definition(
        "failures",
        Both("Misslyckade nu", "Failed now"),
        Both(
            "Insamlingar som har gett upp och väntar på en människa.",
            "Gatherings that have given up and wait for a person.",
        ),
    ),
    Definition(
        "by_hand",
        Both("För hand", "By hand"),
        Both(
            "Andel av de avslutade insamlingarna som en människa svarade på, med en fil eller med att inget fanns.",
            "Share of the gatherings ended that a person answered, with a file or by saying that there was nothing.",
        ),
        SHARE,
    ),
    Definition(
        "attempts",
        Both("Försök, medel", "Attempts, mean"),
        Both(
            "Genomsnittligt antal körningar för en avslutad insamling som gjordes automatiskt.",
            "Mean number of runs of an ended gathering that was made automatically.",
        ),
        MEAN,
    ),
    Definition(
        "reopened",
        Both("Återupptagna", "Taken up again"),
        Both(
            "Gånger ett avslutat ärende återupptogs under perioden, oavsett när det kom in.",
            "Times a closed case was taken up again in the period, whenever it was received.",
        ),
    ),
    Definition(
        "complaints",
        Both("Klagomål till IMY", "Complaints to IMY"),
        Both(
            "Klagomål till Integritetsskyddsmyndigheten som noterades i ett ärende under perioden.",
            "Complaints to the supervisory authority noted in a case in the period.",
        ),
    ),
    Definition(
        "public_documents",
        Both("Begäran om allmän handling vid sidan av", "Requests for official documents beside"),
        Both(
            "Begäranden om allmän handling som noterades vid sidan av ett ärende under perioden.",
            "Requests for official documents noted beside a case in the period.",
        ),
    ),
    Definition(
        "breaches",
        Both("Svar till fel person", "Answers to the wrong person"),
        Both(
            "Svar som kom till fel person och upptäcktes under perioden (artikel 33).",
            "Answers that reached the wrong person, noticed in the period (Article 33).",
        ),
    ),
    Definition(
        "breaches_reported",
        Both("Anmälda till IMY inom 72 timmar", "Reported to IMY within 72 hours"),
        Both(
            "Andel av dem som juristen noterade som anmälda som noterades inom 72 timmar från upptäckten.",
            "Share of those legal noted as reported that were noted within 72 hours of being noticed.",
        ),
        SHARE,
    ),
    Definition(
        "recipients_untold",
        Both("Mottagare som inte har underrättats", "Recipients not yet told"),
        Both(
            "Brev till mottagare av rättade eller raderade uppgifter (artikel 19) som inte har skickats, i inkomna ärenden.",
            "Letters to recipients of rectified or erased data (Article 19) that have not left, in the cases received.",
        ),
    ),
    Definition(
        "sent_by",
        Both("Ärenden", "Cases"),
        Both(
            "Inkomna ärenden där något skickades på detta sätt. Ett ärende kan räknas på flera rader.",
            "Cases received from which something left this way. A case may count in several rows.",
        ),
    ),
    Definition(
        "returned",
        Both("Kom tillbaka", "Came back"),
        Both(
            "Inkomna ärenden där ett svar studsade, returnerades eller aldrig hämtades.",
            "Cases received whose answer bounced, was returned, or was never fetched.",
        ),
    ),
)
DEFINITIONS: dict[str, Definition] = {item.key: item for item in _ALL}
