"""How far a run is, in words, for every door that shows it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import SyncRun

READING = "reading"
MINUTE = 60
HOUR = 60 * MINUTE


def time_left(run: SyncRun) -> str:
    """About how long the run goes on reading; "" while there is no pace yet, and in the stages after."""
    left = run.seconds_left
    if run.state != SyncRun.State.RUNNING or run.stage != READING or not left:
        return ""
    if left < MINUTE:
        return _("less than a minute left")
    if left < HOUR:
        minutes = round(left / MINUTE)
        return ngettext("about %(n)d minute left", "about %(n)d minutes left", minutes) % {"n": minutes}
    hours = round(left / HOUR)
    return ngettext("about %(n)d hour left", "about %(n)d hours left", hours) % {"n": hours}
