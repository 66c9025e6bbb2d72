"""The connector settings and secrets that fit the sandbox: what the demo registers and what tests connect with."""

from __future__ import annotations

from typing import Any

MINA_SIDOR_TOKEN = "sandbox-mina-sidor-token"  # noqa: S105 - opens nothing but made-up data
MITT_HEM_KEY = "sandbox-mitt-hem-key"
IMBOX_KEY = "sandbox-imbox-key"
IMBOX_USER = "2001"
MAILCHIMP_KEY = "00000000000000000000000000000001-us21"
GETANEWSLETTER_TOKEN = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - opens nothing but made-up data
RULE_KEY = "sandbox-rule-key"
APSIS_CLIENT = "sandbox-apsis-client"
APSIS_SECRET = "sandbox-apsis-secret"  # noqa: S105 - opens nothing but made-up data
APSIS_SECTION = "usercreated.sections.sandbox"
CAMPAIGN_CLIENT = "4711"
CAMPAIGN_USER = "sandbox-campaign-user"
CAMPAIGN_PASSWORD = "sandbox-campaign-password"  # noqa: S105 - opens nothing but made-up data

WITHOUT_SCOPE = "-without-scope"
"""Appended to the key of Mina sidor, Mitt HEM or ImBox: a key that exists but may read nothing (403)."""


def systems(base_url: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Settings and secrets per system key for a sandbox at ``base_url`` (``http://127.0.0.1:8099``)."""
    base = base_url.rstrip("/")
    return {
        "mina_sidor": {
            "settings": {
                "base_url": f"{base}/mina-sidor/v1",
                "paths": {
                    "customers": "/customers",
                    "contracts": "/customers/{customerNumber}/contracts",
                    "invoices": "/customers/{customerNumber}/invoices",
                    "consents": "/customers/{customerNumber}/consents",
                    "logins": "/customers/{customerNumber}/logins",
                    "cases": "/customers/{customerNumber}/cases",
                },
                "page_size": 100,
            },
            "secrets": {"token": MINA_SIDOR_TOKEN},
        },
        "mitt_hem": {
            "settings": {
                "base_url": f"{base}/mitt-hem/kit/v1",
                "paths": {
                    "search": "/accounts/search",
                    "account": "/accounts/{accountId}",
                    "roles": "/accounts/{accountId}/roles",
                    "locations": "/accounts/{accountId}/locations",
                    "agreements": "/accounts/{accountId}/services/{serviceId}/agreements",
                    "invoices": "/accounts/{accountId}/invoices",
                    "measurements": "/accounts/{accountId}/measurements/{measurementId}",
                    "products": "/accounts/{accountId}/services/{serviceId}/products",
                    "cost": "/accounts/{accountId}/costs/{costId}",
                },
                "resolution": "hour",
                "max_days": 31,
            },
            "secrets": {"api_key": MITT_HEM_KEY},
        },
        "chatt": {
            "settings": {"base_url": f"{base}/imbox", "window_days": 365},
            "secrets": {"api_key": IMBOX_KEY, "user_id": IMBOX_USER},
        },
        "nyhetsbrev": {
            "settings": {"profile": "mailchimp", "base_url": f"{base}/mailchimp/3.0"},
            "secrets": {"api_key": MAILCHIMP_KEY},
        },
        "nyhetsbrev_gan": {
            "settings": {"profile": "getanewsletter", "base_url": f"{base}/getanewsletter/v3"},
            "secrets": {"api_key": GETANEWSLETTER_TOKEN},
        },
        "nyhetsbrev_rule": {
            "settings": {"profile": "rule", "base_url": f"{base}/rule/api/v2"},
            "secrets": {"api_key": RULE_KEY},
        },
        "nyhetsbrev_apsis": {
            "settings": {
                "profile": "apsis_one",
                "base_url": f"{base}/apsis",
                "section": APSIS_SECTION,
                "client_id": APSIS_CLIENT,
            },
            "secrets": {"client_secret": APSIS_SECRET},
        },
        "nyhetsbrev_campaign": {
            "settings": {
                "profile": "optimizely_campaign",
                "base_url": f"{base}/campaign/rest",
                "client_id": CAMPAIGN_CLIENT,
                "user": CAMPAIGN_USER,
            },
            "secrets": {"password": CAMPAIGN_PASSWORD},
        },
    }
