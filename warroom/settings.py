"""Settings, all from the environment; docs/operations.md lists them. A wrong value stops the start.

Two modes. *Embedded* (no ``DATABASE_URL``): SQLite and a generated key under ``var/``, for one
machine and for trying it out. *Served* (``DATABASE_URL`` set): the operator gives the key and the
host names, or the start fails and says which is missing.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from warroom.secret_key import read_or_make_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

VAR_DIR = Path(env.str("WARROOM_VAR", default=str(BASE_DIR / "var")))
EMBEDDED = not env.str("DATABASE_URL", default="")
TESTING = "pytest" in sys.modules
DEBUG = env.bool("DJANGO_DEBUG", default=False)
DEMO = env.bool("WARROOM_DEMO", default=False)

PUBLIC_URL = env.str("WARROOM_PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
if _public.scheme not in ("http", "https") or not _public.hostname:
    raise ImproperlyConfigured(
        f"WARROOM_PUBLIC_URL is {PUBLIC_URL!r}; it wants a whole address such as https://warroom.example.org"
    )
HTTPS = _public.scheme == "https"

SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="")
if not SECRET_KEY and EMBEDDED:
    SECRET_KEY = read_or_make_key(VAR_DIR / "secret-key")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "DJANGO_SECRET_KEY is not set. With DATABASE_URL set, give at least 50 random characters."
    )

ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=[])
if not ALLOWED_HOSTS:
    if not EMBEDDED:
        raise ImproperlyConfigured(
            "DJANGO_ALLOWED_HOSTS is not set. With DATABASE_URL set, name the hosts people use."
        )
    ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
    "ninja",
    # Bottom floor first: warroom knows nothing of the apps above it but these names.
    "warroom",
    "checklists",
    "rollouts",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "warroom.middleware.LanguageMiddleware",
    "warroom.middleware.NotKeptMiddleware",
    "warroom.middleware.ByHandMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "warroom.middleware.RefusalMiddleware",
    "warroom.middleware.NotTakenMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "warroom.urls"
ASGI_APPLICATION = "warroom.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "warroom.context_processors.frame",
            ],
        },
    },
]

if EMBEDDED:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "warroom.sqlite3",
            # A file, not memory: tests with several threads or processes meet the real locking.
            "TEST": {"NAME": VAR_DIR / "test.sqlite3"},
            "OPTIONS": {
                # A deferred transaction that reads first cannot be upgraded when another has
                # written since: it fails at once. IMMEDIATE queues for the one writer instead.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # FULL: an acknowledged decision survives a power cut, not only a killed process.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    }
else:
    DATABASES = {"default": env.db_url("DATABASE_URL")}
    # A person gets "come again" within two seconds, not a page that loads for a minute.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 2)
DATABASES["default"]["CONN_MAX_AGE"] = 0
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "warroom.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "plans"
LOGOUT_REDIRECT_URL = "sign-in"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 5 / 60  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "warroom.views.sign_in.locked_out"
AXES_VERBOSE = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "warroom.views.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
# A service manager on this machine asks these two without TLS, and must not be sent elsewhere.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.bool("WARROOM_BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# The routes that the floors above add to the API; named as strings, never imported from here.
# api_editing adds its calls to the router of checklists.item_api, votes_api to that of
# checklists.api: they share addresses.
API_ROUTERS = [
    "warroom.plan_api.router",
    "warroom.new_api.router",
    "warroom.document_api.router",
    "warroom.people_api.router",
    "checklists.api_editing.router",
    "checklists.evidence_api.router",
    "checklists.findings_api.router",
    "checklists.trials_api.router",
    "checklists.readiness_api.router",
    "checklists.wait_api.router",
    "checklists.decisions_api.router",
    "checklists.votes_api.router",
    "checklists.criteria_api.router",
    "checklists.risks_api.router",
    "rollouts.api.rollouts.router",
    "rollouts.api.rounds.router",
    "rollouts.api.metrics.router",
    "rollouts.api.backups.router",
    "rollouts.api.executors.router",
    "rollouts.api.runs.router",
    "rollouts.api.rollbacks.router",
    "rollouts.api.checks.router",
]

# The language of a new release, of letters of none, and of who asks for none that we have.
LANGUAGE_CODE = env.str("WARROOM_LANGUAGE", default="en")
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["warroom.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "warroom.static_files.JoinedFinder",
]
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
# Hashed names and pre-compressed files once `collectstatic` has run; straight from the
# source folders before that (tests, a bare checkout).
_COLLECTED = (STATIC_ROOT / "staticfiles.json").exists() and not (TESTING or DEBUG)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "warroom.static_files.JoinedStaticFiles"
        if _COLLECTED or "collectstatic" in sys.argv
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = not _COLLECTED
WHITENOISE_AUTOREFRESH = DEBUG
STATUS_DIR = VAR_DIR / "status"
BY_HAND_DIR = VAR_DIR / "by-hand"  # commands that roll back, for pages of faults
FILES_DIR = VAR_DIR / "files"  # what people attach, by SHA-256

# Pages show fragments as they were rendered last while nothing has changed; tests, which change
# rows behind the actions' back, turn it on where they mean it.
KEEP_FRAGMENTS = not TESTING

# Letters: into files under var/ until a mail server is named, as smtp+tls://user:password@host:587.
try:
    vars().update(env.email_url_config(env.str("EMAIL_URL", default="") or "filemail:"))
except ImproperlyConfigured as error:
    raise ImproperlyConfigured(
        "EMAIL_URL wants an address such as smtp+tls://user:password@host:587 or filemail:"
    ) from error
MAIL_GOES_OUT = EMAIL_BACKEND.endswith("smtp.EmailBackend")  # noqa: F821 (from EMAIL_URL)
if not EMAIL_FILE_PATH:  # noqa: F821
    EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = 5  # seconds; one that hangs must not hold up the letters behind it
DEFAULT_FROM_EMAIL = env.str("WARROOM_MAIL_FROM", default=f"Warroom <warroom@{_public.hostname}>")
# Beside the tick, so that a mail server that hangs holds up nothing that is due; in tests, in it.
MAIL_BESIDE = not TESTING
# A look for due work that takes longer than this (seconds) is killed; what it held is done again.
TASK_LIMIT_S = env.int("WARROOM_TASK_LIMIT_S", default=60)
# Answers that take longer than the tick are waited for in a thread beside it.
PROBES_BESIDE = not TESTING

REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "redis://127.0.0.1:6379/0"

# Calls that may wait for gates in one process at once; each is a connection and nothing more.
MOST_WAITERS = env.int("WARROOM_MOST_WAITERS", default=200)
PROMETHEUS_URL = env.str("PROMETHEUS_URL", default="")
DEMO_SERVICE_URL = env.str("WARROOM_DEMO_SERVICE_URL", default="")
# Hosts, host:port pairs and networks that checks may reach besides public addresses.
WARROOM_OUTBOUND_ALLOW = env.list("WARROOM_OUTBOUND_ALLOW", default=[])
# Environment variables whose values releases may have sent by name; empty: all but Warroom's own.
WARROOM_SECRETS = env.list("WARROOM_SECRETS", default=[])

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    cache_logger_on_first_use=False,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("WARROOM_LOG_LEVEL", default="WARNING")},
}
