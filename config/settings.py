"""Settings, all of them from the environment. `.env.example` documents every variable."""

from pathlib import Path

import environ
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.smart_cast = False  # a default is of the type its reader says, not guessed from the value
if env.bool("READ_DOT_ENV", default=True):
    environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
# A random key keeps `generate_keys` and a first look working with nothing configured; a system check
# refuses to call that a deployment, since sessions and queued jobs would not survive a restart.
SECRET_KEY = env.str("SECRET_KEY", default="") or get_random_secret_key()
SECRET_KEY_IS_RANDOM = not env.str("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
BASE_URL = env.str("BASE_URL", default="http://localhost:8000").rstrip("/")
IS_HTTPS = BASE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "django_q",
    "directory_sync",
    "onboarding",
    *env.list("EXTRA_APPS", default=[]),  # the demo adds itself here; the product never imports it
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",  # outermost, so that refusals by the others carry the policy too
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
                "directory_sync.brand.brand",
            ],
        },
    }
]

# --- Database: SQLite on one machine, PostgreSQL with several workers --------------------------------

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    # One writer at a time, the others wait: without IMMEDIATE and WAL, workers meet "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 60,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-65536;"
        "PRAGMA wal_autocheckpoint=8000;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# django-q2 keeps the state of its clusters in the cache, which therefore has to be shared.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

# --- Queue: two clusters, one for runs and one for what people wait for -------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
SYNC_TIMEOUT = 3600  # seconds a job may take; a run parks itself well before
SYNC_STALE_AFTER = env.float("SYNC_STALE_AFTER", default=1800)  # seconds of silence after which a run is free
NOW_TIMEOUT = 300
Q_CLUSTER = {
    "name": "sync",
    "cluster_name": "sync",
    "workers": env.int("SYNC_WORKERS", default=2),
    "timeout": SYNC_TIMEOUT,
    # A job is offered again when nobody has answered for it; twice the time-out, so that a job which
    # is still running is never started a second time beside itself.
    "retry": 2 * SYNC_TIMEOUT + 60,
    "ack_failures": True,  # the queue never retries: runs are retried through `due_at`
    "max_attempts": 1,
    "catch_up": False,
    "queue_limit": 1,
    "bulk": 1,
    "save_limit": 250,
    "poll": 1,
    "max_rss": 1_500_000,  # KiB; a worker that grew past it is replaced after its job
    "ALT_CLUSTERS": {
        "now": {
            "cluster_name": "now",
            "workers": env.int("NOW_WORKERS", default=2),
            "timeout": NOW_TIMEOUT,
            "retry": 2 * NOW_TIMEOUT + 60,
            "poll": 0.5,
        },
    },
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

# --- Time ---------------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = SYNC_TIME_ZONE = env.str("SYNC_TIME_ZONE", default="America/New_York")
LANGUAGE_CODE = "en"
USE_I18N = True

# --- Secrets of customers -----------------------------------------------------------------------------

SEALING_PUBLIC_KEY = env.str("SEALING_PUBLIC_KEY", default="")
SEALING_PRIVATE_KEYS = env.list("SEALING_PRIVATE_KEYS", default=[])  # workers only, newest first

# --- How long things are kept, in days; `purge` runs daily ----------------------------------------------

KEEP_CHANGES_DAYS = env.int("KEEP_CHANGES_DAYS", default=30)
KEEP_REMOVED_PEOPLE_DAYS = env.int("KEEP_REMOVED_PEOPLE_DAYS", default=60)  # Entra restores for 30
KEEP_DISCONNECTED_DAYS = env.int("KEEP_DISCONNECTED_DAYS", default=30)
KEEP_EVENTS_DAYS = env.int("KEEP_EVENTS_DAYS", default=730)

# --- Microsoft ----------------------------------------------------------------------------------------

ENTRA_ENDPOINTS = {
    "global": {
        "login_url": env.str("ENTRA_GLOBAL_LOGIN_URL", default="https://login.microsoftonline.com"),
        "graph_url": env.str("ENTRA_GLOBAL_GRAPH_URL", default="https://graph.microsoft.com"),
    },
    "usgov_l4": {
        "login_url": env.str("ENTRA_USGOV_LOGIN_URL", default="https://login.microsoftonline.us"),
        "graph_url": env.str("ENTRA_USGOV_GRAPH_URL", default="https://graph.microsoft.us"),
    },
}

# --- Sign-in: one for editors and staff, `/admin/` included; nobody signs up, staff invite -------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "directory_sync.access.InvitationOnly"
SOCIALACCOUNT_ADAPTER = "directory_sync.access.KnownPeopleOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses come from staff, who invite
ACCOUNT_PREVENT_ENUMERATION = True
# How many proxies in front append to X-Forwarded-For: attempts to sign in are limited by the client's address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Look: the product's name, accent and support address ----------------------------------------------

PRODUCT_NAME = env.str("PRODUCT_NAME", default="HQ Directory Sync")
PRODUCT_ACCENT = env.str("PRODUCT_ACCENT", default="#1f5fbf")
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="support@localhost")

# Nothing from another host, nothing inline, on every page, admin included.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

# --- Mail, static files, security, logs ---------------------------------------------------------------

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
if EMAIL_CONFIG["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend":
    EMAIL_BACKEND = "directory_sync.mail_backend.TerminalBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Directory Sync <directory-sync@localhost>")

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
# Only our host is ever named, never a path: some paths are personal keys. "no-referrer" would make browsers send
# `Origin: null` with forms, which the protection against forged requests refuses.
SECURE_REFERRER_POLICY = "strict-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked from beside the process, without the proxy
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.logs.WithoutKeys", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},  # in place of Django's own, which mail requests to ADMINS
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
