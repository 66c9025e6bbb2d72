"""What the passages, placeholders and mandatory elements of the letters are called where their wording is edited."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

PASSAGES = {
    "intro": pgettext_lazy("passage of a letter", "Opening"),
    "intro_partial": pgettext_lazy("passage of a letter", "Opening, when it is about a part"),
    "intro_fee": pgettext_lazy("passage of a letter", "Opening, when a fee is asked for"),
    "misunderstood": pgettext_lazy("passage of a letter", "If we have misunderstood"),
    "no_id_copy": pgettext_lazy("passage of a letter", "No copy of an identity document"),
    "public_document": pgettext_lazy("passage of a letter", "Official document"),
    "why": pgettext_lazy("passage of a letter", "Why we ask, when the questions are voluntary"),
    "may_mask": pgettext_lazy("passage of a letter", "What may be blacked out"),
    "voluntary": pgettext_lazy("passage of a letter", "That the questions are voluntary"),
    "reply": pgettext_lazy("passage of a letter", "When we want the reply"),
    "pause": pgettext_lazy("passage of a letter", "The last day to answer, and the pause"),
    "no_reply": pgettext_lazy("passage of a letter", "If the person does not reply"),
    "no_reply_voluntary": pgettext_lazy("passage of a letter", "If the person does not reply to voluntary questions"),
    "new_date": pgettext_lazy("passage of a letter", "The new last day"),
    "rule": pgettext_lazy("passage of a letter", "What the law says about more time"),
    "nothing_yet": pgettext_lazy("passage of a letter", "When no part of the answer is ready"),
    "found": pgettext_lazy("passage of a letter", "What we found"),
    "nothing_found": pgettext_lazy("passage of a letter", "When we found nothing"),
    "rights": pgettext_lazy("passage of a letter", "The person's rights"),
    "secrecy": pgettext_lazy("passage of a letter", "What secrecy means"),
    "amount": pgettext_lazy("passage of a letter", "The amount of the fee"),
    "may_withdraw": pgettext_lazy("passage of a letter", "That the request can be taken back"),
    "own_statement": pgettext_lazy("passage of a letter", "The person's own statement"),
    "nothing": pgettext_lazy("passage of a letter", "Systems without data about the person"),
    "not_restricted": pgettext_lazy("passage of a letter", "When nothing was restricted meanwhile"),
    "asked": pgettext_lazy("passage of a letter", "When we asked for more"),
    "not_identified": pgettext_lazy("passage of a letter", "That we cannot tell who it is"),
    "new_request": pgettext_lazy("passage of a letter", "That a new request can be made"),
    "rectify": pgettext_lazy("passage of a letter", "What we have done: corrected"),
    "erase": pgettext_lazy("passage of a letter", "What we have done: erased"),
    "restrict": pgettext_lazy("passage of a letter", "What we have done: restricted"),
    "lift": pgettext_lazy("passage of a letter", "What we have done: ended a restriction"),
    "stop": pgettext_lazy("passage of a letter", "What we have done: stopped advertising"),
    "least": pgettext_lazy("passage of a letter", "Why we state so little"),
    "instruction": pgettext_lazy("passage of a letter", "Why we write, to a processor"),
    "objection": pgettext_lazy("passage of a letter", "Why we write, about advertising"),
    "notice": pgettext_lazy("passage of a letter", "Why we write, to other recipients"),
    "acknowledge": pgettext_lazy("passage of a letter", "Confirmation asked for"),
    "meaning": pgettext_lazy("passage of a letter", "What it means"),
    "before_lifting": pgettext_lazy("passage of a letter", "That we warn before it ends"),
    "may_object": pgettext_lazy("passage of a letter", "If the person does not agree"),
    "marketing": pgettext_lazy("passage of a letter", "About advertising"),
    "may_erase": pgettext_lazy("passage of a letter", "That the data can be erased too"),
    "not_suppressed": pgettext_lazy("passage of a letter", "When nothing is kept in a suppression list"),
    "lawful_before": pgettext_lazy("passage of a letter", "What was done before"),
    "portable": pgettext_lazy("passage of a letter", "Which data it is"),
    "format": pgettext_lazy("passage of a letter", "The formats"),
    "forward": pgettext_lazy("passage of a letter", "That the files may be passed on"),
    "nothing_portable": pgettext_lazy("passage of a letter", "When there is nothing to hand over"),
    "access": pgettext_lazy("passage of a letter", "How to see all data"),
    "answered_in": pgettext_lazy("passage of a letter", "Where and when the answer comes"),
    "nothing_lost": pgettext_lazy("passage of a letter", "That nothing is lost"),
    "not_the_same": pgettext_lazy("passage of a letter", "If it was not the same thing"),
    "rest": pgettext_lazy("passage of a letter", "When the rest is answered"),
    "mistaken": pgettext_lazy("passage of a letter", "If it is a mistake"),
}
"""Name of a passage in the templates -> what it is about."""

PLACEHOLDERS = {
    "received_on": pgettext_lazy("filled in in a letter", "the day the request reached us"),
    "due_on": pgettext_lazy("filled in in a letter", "the last day to answer"),
    "reply_by": pgettext_lazy("filled in in a letter", "the day we want the reply"),
    "first_due_on": pgettext_lazy("filled in in a letter", "the last day to answer before the extension"),
    "extended_due_on": pgettext_lazy("filled in in a letter", "the new last day to answer"),
    "systems_count": pgettext_lazy("filled in in a letter", "the number of systems, in words"),
    "systems": pgettext_lazy("filled in in a letter", "the names of the systems"),
    "amount": pgettext_lazy("filled in in a letter", "how much data it is"),
    "fee": pgettext_lazy("filled in in a letter", "the amount of the fee"),
    "nothing_in": pgettext_lazy("filled in in a letter", "the names of the systems without data"),
    "asked_on": pgettext_lazy("filled in in a letter", "the day we asked for more"),
    "lifted_from": pgettext_lazy("filled in in a letter", "the day the restriction ends"),
    "other_received_on": pgettext_lazy("filled in in a letter", "the day the other request reached us"),
    "other_diary_no": pgettext_lazy("filled in in a letter", "the diary number of the other case"),
    "withdrawn_on": pgettext_lazy("filled in in a letter", "the day the request was taken back"),
}
"""Name of a placeholder -> what is filled in there."""

SAYS = {
    "public_document": pgettext_lazy(
        "a passage must say",
        "that the request is an official document which others may ask for, and that we test it for secrecy first",
    ),
    "why": pgettext_lazy("a passage must say", "why we ask"),
    "may_mask": pgettext_lazy("a passage must say", "that the person may black out what we do not need"),
    "voluntary": pgettext_lazy(
        "a passage must say", "that the questions need not be answered, and that we then search everything"
    ),
    "pause": pgettext_lazy(
        "a passage must say",
        "the last day to answer, that the time may stand still from today, and what that does to the last day",
    ),
    "no_reply": pgettext_lazy("a passage must say", "what happens if the person does not reply"),
    "delivered_now": pgettext_lazy("a passage must say", "what the person gets already now, or that nothing is ready"),
    "result": pgettext_lazy("a passage must say", "what we found, or that we found nothing"),
    "rights": pgettext_lazy(
        "a passage must say", "that the person can ask for correction, erasure and restriction, and can object"
    ),
    "secrecy": pgettext_lazy(
        "a passage must say", "what secrecy means, and how the document can be asked for and a refusal appealed"
    ),
    "may_withdraw": pgettext_lazy("a passage must say", "that the request can be taken back and then costs nothing"),
    "restriction": pgettext_lazy(
        "a passage must say", "whether the data was restricted while the request was examined"
    ),
    "not_identified": pgettext_lazy(
        "a passage must say", "that we cannot tell who the person is, and what follows from that"
    ),
    "new_request": pgettext_lazy("a passage must say", "that a new request can be made at any time"),
    "action": pgettext_lazy("a passage must say", "what we have done, and what the recipient is to do"),
    "basis": pgettext_lazy("a passage must say", "why the recipient is told, with the rule it rests on"),
    "acknowledge": pgettext_lazy("a passage must say", "that we want a confirmation"),
    "meaning": pgettext_lazy("a passage must say", "what it means for the data"),
    "before_lifting": pgettext_lazy("a passage must say", "that the person is told before the restriction ends"),
    "marketing": pgettext_lazy("a passage must say", "that advertising always stops, whatever the reasons"),
    "suppressed": pgettext_lazy("a passage must say", "what is kept in a suppression list, or that nothing is"),
    "lawful_before": pgettext_lazy("a passage must say", "that what was done before the withdrawal remains lawful"),
    "format": pgettext_lazy("a passage must say", "in which common, machine-readable formats the data comes"),
    "nothing_lost": pgettext_lazy("a passage must say", "that nothing the person wrote is lost"),
}
"""Element that a passage states as a whole -> what the passage must go on saying, after the words must say."""
VARIANTS = {
    "completion": (
        pgettext_lazy("variant of a letter", "Who is asking, and questions"),
        pgettext_lazy("variant of a letter", "Who is asking"),
        pgettext_lazy("variant of a letter", "Voluntary questions only"),
    ),
    "extension": (
        pgettext_lazy("variant of a letter", "Part of the answer goes now"),
        pgettext_lazy("variant of a letter", "No part of the answer goes now"),
    ),
    "answer": (
        pgettext_lazy("variant of a letter", "Everything found"),
        pgettext_lazy("variant of a letter", "Something withheld, and a system missing"),
        pgettext_lazy("variant of a letter", "Nothing found"),
    ),
    "refusal": (
        pgettext_lazy("variant of a letter", "Refused"),
        pgettext_lazy("variant of a letter", "Refused in part"),
        pgettext_lazy("variant of a letter", "Refused for secrecy"),
        pgettext_lazy("variant of a letter", "Refused as excessive"),
        pgettext_lazy("variant of a letter", "A fee is asked for"),
    ),
    "rectification": (
        pgettext_lazy("variant of a letter", "Corrected in part"),
        pgettext_lazy("variant of a letter", "Corrected"),
        pgettext_lazy("variant of a letter", "Not corrected"),
        pgettext_lazy("variant of a letter", "Nothing found to correct"),
    ),
    "erasure": (
        pgettext_lazy("variant of a letter", "Erased in part"),
        pgettext_lazy("variant of a letter", "Erased"),
        pgettext_lazy("variant of a letter", "Nothing erased, since it must be kept"),
        pgettext_lazy("variant of a letter", "Nothing found to erase"),
    ),
    "not_identified": (
        pgettext_lazy("variant of a letter", "After a question that was not answered"),
        pgettext_lazy("variant of a letter", "Without a question asked"),
    ),
    "recipient": (
        pgettext_lazy("variant of a letter", "Corrected, to a processor"),
        pgettext_lazy("variant of a letter", "Corrected, to another recipient"),
        pgettext_lazy("variant of a letter", "Erased"),
        pgettext_lazy("variant of a letter", "Restricted"),
        pgettext_lazy("variant of a letter", "Restriction ended"),
        pgettext_lazy("variant of a letter", "Advertising stopped, to a processor"),
        pgettext_lazy("variant of a letter", "Advertising stopped, to another recipient"),
    ),
    "restriction": (
        pgettext_lazy("variant of a letter", "Restricted in part"),
        pgettext_lazy("variant of a letter", "Restricted"),
        pgettext_lazy("variant of a letter", "Not restricted"),
        pgettext_lazy("variant of a letter", "Nothing found to restrict"),
    ),
    "objection": (
        pgettext_lazy("variant of a letter", "Stopped in part"),
        pgettext_lazy("variant of a letter", "Advertising stopped"),
        pgettext_lazy("variant of a letter", "Other use stopped"),
        pgettext_lazy("variant of a letter", "Not stopped"),
        pgettext_lazy("variant of a letter", "No advertising found to stop"),
    ),
    "consent_withdrawal": (
        pgettext_lazy("variant of a letter", "Stopped, with the address blocked"),
        pgettext_lazy("variant of a letter", "Stopped"),
        pgettext_lazy("variant of a letter", "Nothing found to stop"),
    ),
    "portability": (
        pgettext_lazy("variant of a letter", "Part of the data"),
        pgettext_lazy("variant of a letter", "All data"),
        pgettext_lazy("variant of a letter", "None of the data can be moved"),
        pgettext_lazy("variant of a letter", "Nothing found to move"),
    ),
    "withdrawn": (
        pgettext_lazy("variant of a letter", "All of the request"),
        pgettext_lazy("variant of a letter", "Part of the request"),
    ),
}
"""What each made-up letter of a kind is about, in the order of ``documents.letter_samples``, where there are several."""
