"""The product's settings, with static files served from where they are written; nothing else differs."""

from config.settings import *  # noqa: F403 - these are the settings, but for two lines
from config.settings import VAR_DIR

WHITENOISE_USE_FINDERS = True
STATIC_ROOT = VAR_DIR / "static"
