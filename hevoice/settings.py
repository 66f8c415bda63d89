"""Settings for every environment: read from the environment, running with nothing set.

README.md has a table of all variables. A wrong value stops start-up with an error that gives its
name, its value and what is allowed.
"""

from __future__ import annotations

import logging
import os
import secrets
import sys
import tomllib
from pathlib import Path

from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from hevoice import environment, private_files, stores
from tuning.turns.profile import DEFAULT, Profile

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environment.text("VAR_DIR", str(BASE_DIR / "var")))
"""Everything that a running installation makes: database, secret key, models, audio."""
try:
    EXPOSED = private_files.keep(VAR_DIR)
    """What of it others may read, for it cannot be shut."""
except OSError as error:
    raise ImproperlyConfigured(
        f"VAR_DIR={VAR_DIR} cannot be made ({error.strerror}): name a folder that can be written to"
    ) from None
for _exposed in EXPOSED:  # on stderr: logging is set up later
    logging.getLogger("hevoice").warning(_exposed)
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
TESTING = "test" in sys.argv[1:2]
TEST_RUNNER = "tests.runner.CountingRunner"


SECRET_KEY = environment.text("SECRET_KEY") or private_files.made_once(
    VAR_DIR / "secret_key", lambda: secrets.token_urlsafe(50)
)
FIELD_KEY = environment.keys("FIELD_KEY") or [
    private_files.made_once(VAR_DIR / "field_key", lambda: Fernet.generate_key().decode())
]
"""Fernet keys that seal the secrets of tools in the database. Several, by commas, while one
replaces another: the first seals, all open."""
TOOL_HOSTS = environment.hosts("TOOL_HOSTS")
"""Hosts that a number's tools may ask although they are not on the internet, or without TLS."""
DEBUG = environment.switch("DEBUG", False)
PUBLIC_HOST = environment.host("PUBLIC_HOST")
"""The host name under which Twilio and the operators' browsers reach us, with its port if that is
not 443; empty: this machine."""
PUBLIC_NAME = PUBLIC_HOST.partition(":")[0]
ALLOWED_HOSTS = [host for host in ("localhost", "127.0.0.1", "[::1]", PUBLIC_NAME) if host]
CSRF_TRUSTED_ORIGINS = [f"https://{PUBLIC_HOST}"] if PUBLIC_HOST else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_HOST else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = bool(PUBLIC_HOST)
# A balancer asks for the one from this machine; the others are signed, whichever way they came.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^twilio/"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PUBLIC_HOST else 0
# That subdomains have TLS too, and a place in the browsers' own lists, is not ours to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

PORT = environment.number("PORT", 8000, 1, 65535)
"""Where `make run` serves, on 127.0.0.1."""
TEST_CALL_WEBHOOK = environment.text("TEST_CALL_WEBHOOK", f"http://127.0.0.1:{PORT}/twilio/voice")
"""Where the worker places the test calls of the dashboard."""

ROOT_URLCONF = "hevoice.urls"
ASGI_APPLICATION = "hevoice.asgi.application"
INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "csp",
    "django_htmx",
    "tuning",
    "calls",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dashboard.middleware.CompressText",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.middleware.KeptByNobody",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "dashboard.middleware.AddressLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.people.required_steps.RequiredSteps",
]
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
                "dashboard.preferences.of_request",
            ],
        },
    }
]
DATABASE_URL = environment.text("DATABASE_URL")
DATABASES = stores.databases(DATABASE_URL, VAR_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = environment.text("REDIS_URL")
CACHES = stores.caches(REDIS_URL)
CHANNEL_LAYERS = stores.channel_layers(REDIS_URL)
FIGURES_KEPT_S = 0 if TESTING else 30  # each test has calls of its own

# What no caller waits for (calls/tasks.py). A task may be lost with its broker: what it should have
# done is found again by the schedule.
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = stores.broker(REDIS_URL, VAR_DIR)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = stores.REDIS_S
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ALWAYS_EAGER = TESTING
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "schedule")
CELERY_BEAT_SCHEDULE = {
    "settle": {"task": "calls.tasks.settle_missed", "schedule": 60.0},
    "happened": {"task": "calls.tasks.count_what_happened", "schedule": 3600.0},
    "forget": {"task": "calls.tasks.forget_old", "schedule": 3600.0},
}
RETENTION_DAYS = environment.days("RETENTION_DAYS")
"""How long calls are kept, and of them audio, words and numbers; 0: for ever. The hourly figures
stay."""

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        # Django's 0.7 lets a short name with four digits pass.
        "OPTIONS": {"max_similarity": 0.5},
    },
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
REQUIRE_MFA = environment.choice(
    "REQUIRE_MFA", "nobody", {"nobody": "nobody", "admin": "admin", "all": "all"}
)
"""Who must sign in with a second step: nobody, whoever is an admin, or all."""

# Signing in is django-allauth's (dashboard/people/sign_in.py says what differs). Nobody signs up.
ACCOUNT_ADAPTER = "dashboard.people.sign_in.OperatorAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True  # Django's two weeks
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
"""Sign-ins from one address; wrong passwords from one address, and for one name."""
MFA_ADAPTER = "dashboard.people.sign_in.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "HeVoice"
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
# The proxy before us says where a request came from, in the last place of X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if PUBLIC_HOST else 0

# The language is in the address (/he/, /en/), never guessed from the browser.
LANGUAGE_CODE = "he"
LANGUAGES = [("he", _("Hebrew")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = environment.text("TIME_ZONE", "Asia/Jerusalem")

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Django's own static files and ours straight from where they are: no collectstatic to forget.
WHITENOISE_USE_FINDERS = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"

HEVOICE_CLOUD = environment.choice("HEVOICE_CLOUD", "real", {"real": "real", "local": "local"})
"""local: `make run` starts scripted servers in the place of Google and OpenAI."""
VENDORS = [
    "calls.services.google",
    "calls.services.openai",
    "calls.services.whisper",
    "calls.services.receptionist",
    "calls.services.espeak",
]
"""Who can hear, write and speak: each module declares its name and what it lets one set."""
# TRANSCRIBER, WRITER and SPEAKER by dotted path, and the vendors' own settings: unless a vendor is
# chosen, the real one where its credentials or its server are named, else the embedded stand-in.
globals().update(environment.of_vendors(VENDORS))
TURN_VERDICT = environment.choice("TURN_VERDICT", "model", {"model": "model", "off": "off"})
"""model: the language model that answers says first whether the caller has finished."""
CALL_LANGUAGES = ["calls.language.hebrew.HEBREW"]
"""What is spoken in calls, by dotted path: the first. The calls of the others can be replayed."""
VAD = "calls.audio.vad.JudgedVad"
BUSINESS_PROMPT = environment.text("BUSINESS_PROMPT")
"""What the model should know of the business, and do for it; empty: a neutral reception desk."""
GREETING = environment.text("GREETING")
"""What a caller hears first; empty: the language's plain one."""

PERSON_WAIT_S = environment.number("PERSON_WAIT_S", 30, 0, 120)
"""How long a person is awaited on the Talk page and in calls to no number of ours; 0: nobody is."""
CARRIERS = ["calls.telephony.twilio.carrier.TWILIO", "calls.telephony.browser.carrier.BROWSER"]
"""Who brings calls: each a calls.telephony.carrier.Carrier, by dotted path."""
TWILIO_ACCOUNT_SID = environment.text("TWILIO_ACCOUNT_SID")
"""Of the account whose numbers `connect_number` points here."""
TWILIO_API_ORIGIN = environment.text("TWILIO_API_ORIGIN")
"""Scheme, host and port of another server than Twilio's for its REST API; empty: Twilio's own."""
TWILIO_AUTH_TOKEN = environment.text("TWILIO_AUTH_TOKEN")
"""What Twilio signs with. Several, by commas, while one replaces another."""
if TWILIO_AUTH_TOKEN and not PUBLIC_HOST:
    raise ImproperlyConfigured(
        "TWILIO_AUTH_TOKEN is set but PUBLIC_HOST is not: Twilio signs the public address, "
        "so set PUBLIC_HOST to the host name in the number's webhook"
    )
UNKNOWN_NUMBER = environment.choice(
    "UNKNOWN_NUMBER",
    # Without a token only this machine can call.
    "refuse" if TWILIO_AUTH_TOKEN else "default",
    {"refuse": "refuse", "default": "default"},
)
"""A call to a number that is not in the database: refused, or taken as the settings say."""
MAX_CALLS = environment.number("MAX_CALLS", 50, 1, 10_000)
"""Calls in progress in one process; more are refused. bench/load.py: a core bears 40, not 80."""
LINK_RINGS_A_MINUTE = environment.number("LINK_RINGS_A_MINUTE", 6, 1, 1000)  # of one address
LINK_CALLS_AT_ONCE = environment.number("LINK_CALLS_AT_ONCE", 3, 1, 1000)  # of one address
DRAIN_SECONDS = environment.number("DRAIN_SECONDS", 120, 0, 3600)
"""How long running calls may go on after SIGTERM."""

try:
    DEFAULT_KNOBS = Profile.from_environ(os.environ)
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None
"""The first values of the default profile."""
DEFAULT_PROFILE = DEFAULT

LOG_LEVEL = environment.text("LOG_LEVEL", "WARNING" if TESTING else "INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    raise ImproperlyConfigured(f"LOG_LEVEL={LOG_LEVEL!r} must be DEBUG, INFO, WARNING or ERROR")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"call": {"()": "calls.process.log.CallIdFilter"}},
    "formatters": {
        "line": {
            "()": "calls.process.log.LineFormatter",
            "format": "{asctime} {levelname} {name} [{call}] {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["call"]}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        **{name: {"level": LOG_LEVEL} for name in ("calls", "tuning", "dashboard")},
        # A traceback a second while Redis is gone; hevoice.bus says it, once.
        "channels_redis.pubsub": {"level": "CRITICAL"},
        # It misses the host name of a queue of files.
        "kombu.connection": {"level": "ERROR"},
    },
}
