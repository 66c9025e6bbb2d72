"""Settings. Secrets and topology come from the environment; with nothing set this is the embedded default on SQLite.

Law and business policy are not here: they are versions of ``Policy``, edited in the admin.
"""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import pgettext_lazy

from . import eid, env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.text("HEMDSR_VAR", str(BASE_DIR / "var")))

PRODUCTION = env.flag("HEMDSR_PRODUCTION")
DEMO = env.flag("HEMDSR_DEMO")
DEBUG = env.flag("HEMDSR_DEBUG")

_embedded = None if PRODUCTION else VAR / "secrets"
SECRET_KEY = env.secret("HEMDSR_SECRET_KEY", embedded_in=_embedded)
MASTER_KEYS = env.secret("HEMDSR_MASTER_KEYS", embedded_in=_embedded, as_key=True)
MAC_KEYS = env.secret("HEMDSR_MAC_KEYS", embedded_in=_embedded, as_key=True)
AUDIT_KEY = env.secret("HEMDSR_AUDIT_KEY", embedded_in=_embedded, as_key=True)

BASE_URL = env.text("HEMDSR_BASE_URL", "" if not PRODUCTION else None) or "http://127.0.0.1:8000"
ALLOWED_HOSTS = env.words("HEMDSR_ALLOWED_HOSTS", urlsplit(BASE_URL).hostname or "") + (
    [] if PRODUCTION else ["127.0.0.1", "localhost"]
)
_https = BASE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if _https else []

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its look only: the site is ours
    "requests_app.apps.RequestsAppConfig",
    "requests_app.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "guardian",
    "django_htmx",
    "csp",
    # logins with eID use its OpenID Connect client, which imports the models of both: their tables stay empty
    "allauth.account",
    "allauth.socialaccount",
]

MIDDLEWARE = [
    "requests_app.web.middleware.RequestIdMiddleware",
    "requests_app.api.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "requests_app.web.csp.ContentSecurityPolicyMiddleware",
    "requests_app.web.middleware.NoNulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "requests_app.web.middleware.StaffLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "requests_app.web.middleware.NoStoreMiddleware",
]

ROOT_URLCONF = "hemdsr.urls"
WSGI_APPLICATION = "hemdsr.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

_SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
        "PRAGMA mmap_size=134217728; PRAGMA cache_size=-20000; PRAGMA journal_size_limit=67108864;"
    ),
}
DATABASE_URL = env.text("DATABASE_URL", "" if not PRODUCTION else None)
if DATABASE_URL:
    DATABASES = {"default": dict(dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True))}
else:
    VAR.mkdir(parents=True, exist_ok=True, mode=0o700)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(VAR / "hemdsr.sqlite3"),
            "OPTIONS": _SQLITE_OPTIONS,
            "TEST": {"NAME": str(VAR / "test.sqlite3")},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "requests_app.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"]
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

EID_PROVIDERS = eid.providers("HEMDSR_EID_PROVIDERS")
SOCIALACCOUNT_ADAPTER = "requests_app.portal.eid.SocialAdapter"
SOCIALACCOUNT_ONLY = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]

LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", "Svenska"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "requests_app" / "locale"]
TIME_ZONE = "Europe/Stockholm"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else VAR / "static"  # in production a part of what is installed
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR / "media"  # nothing is stored there: case files have a storage of their own
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
    "case_files": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": str(VAR / "case_files"),
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False

SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _https
LANGUAGE_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "requests_app.portal.errors.csrf_failure"
SECURE_SSL_REDIRECT = PRODUCTION and _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
BEHIND_PROXY = env.flag("HEMDSR_BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = (
    26 * 1024 * 1024
)  # uploads are personal data: in memory until sealed, never a temporary file

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
ADMIN_CONTENT_SECURITY_POLICY_RELAXED = {
    # exactly what the admin theme needs: Alpine evaluates expressions and sets styles; previews stand in a frame of our own
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "frame-src": [SELF],
    "object-src": [NONE],
}

_mail_server = env.mail_server("HEMDSR_EMAIL_URL", "" if not PRODUCTION else None)
if _mail_server:
    EMAIL_HOST, EMAIL_PORT = _mail_server.host, _mail_server.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail_server.user, _mail_server.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = _mail_server.tls, _mail_server.starttls
else:
    EMAIL_BACKEND = "requests_app.services.outbox.OutboxBackend"
EMAIL_TIMEOUT = 20
MAIL_OUTBOX = VAR / "outbox"
DEFAULT_FROM_EMAIL = env.address("HEMDSR_EMAIL_FROM", "hemdsr <hemdsr@localhost>" if not PRODUCTION else None)
MAIL_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
MAIL_BOUNCES_TO = env.address("HEMDSR_EMAIL_BOUNCES_TO", parseaddr(DEFAULT_FROM_EMAIL)[1])
BOUNCES_FOLDER = Path(env.text("HEMDSR_BOUNCES_FOLDER", str(VAR / "bounces")))

CLAMD = env.daemon("HEMDSR_CLAMD", "")

BROKER_URL = env.text("REDIS_URL", "" if not PRODUCTION else None) or f"redis+socket://{VAR / 'broker' / 'broker.sock'}"
LEASE_SECONDS = env.number("HEMDSR_LEASE_SECONDS", 30, least=2)
SWEEP_SECONDS = env.number("HEMDSR_SWEEP_SECONDS", 10, least=1)
CHECK_MINUTES = env.number("HEMDSR_CHECK_MINUTES", 60, least=0)
SANDBOX_URL = env.text("HEMDSR_SANDBOX_URL", "") if not PRODUCTION else ""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "requests_app.domain.trace.RequestIdFilter"},
        "addresses": {"()": "requests_app.domain.trace.SecretAddressFilter"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id", "addresses"]}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "requests_app": {"level": "INFO"},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # these two write addresses, and some vendors' keys stand in addresses
        "httpx": {"level": "CRITICAL", "propagate": False},
        "httpcore": {"level": "CRITICAL", "propagate": False},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}

SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
TEST_RUNNER = "django.test.runner.DiscoverRunner"

_CALM_BLUE = {
    "50": "oklch(97% .014 250)",
    "100": "oklch(93.5% .03 250)",
    "200": "oklch(88% .055 250)",
    "300": "oklch(80% .09 250)",
    "400": "oklch(72% .12 250)",
    "500": "oklch(58% .14 250)",
    "600": "oklch(48% .13 250)",
    "700": "oklch(42% .115 250)",
    "800": "oklch(36% .095 250)",
    "900": "oklch(30% .075 250)",
    "950": "oklch(21% .05 250)",
}
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "hemdsr",
    "SITE_HEADER": pgettext_lazy("site header", "Data-subject requests"),
    "SITE_SYMBOL": "shield_person",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("portal/icon.svg")}],
    "COLORS": {"primary": _CALM_BLUE},
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "requests_app.admin.site.environment_badge",
    "ACCOUNT": {"navigation": "requests_app.admin.site.account_links"},
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "requests_app.admin.site.navigation",
    },
}
