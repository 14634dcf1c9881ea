"""What each page of the intake shows, as template contexts."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from directory_sync.connections import MOST_LISTED_GROUPS
from directory_sync.diagnosis import diagnose
from directory_sync.models import Connection

from . import checking, drafts, links
from . import status as standing
from .forms import IntakeForm
from .models import LiveCheck, SetupLink, Submission
from .wording import APP_NAME, ATTRIBUTES, PERMISSIONS, check_label

# section → its short name and its fields; the order of the page
SECTIONS = {
    "you": (_("You"), ("organizations", "company_name", "owner_name", "owner_email")),
    "app": (_("App"), ("client_id", "tenant_id", "cloud")),
    "permissions": (_("Permissions"), ("sync_contacts",)),
    "secret": (_("Secret"), ("secret_value", "secret_id", "secret_expires_on")),
    "options": (_("Options"), ("scope", "group_ids", "attributes", "username_fallback")),
}
TO_FILL_IN = tuple(SECTIONS)


@dataclass(frozen=True)
class Step:
    """One of the steps that stand above the form."""

    key: str
    name: str | Promise
    is_done: bool


def steps(link: SetupLink) -> list[Step]:
    """Which sections are filled in and right. Permissions, which only Entra knows of, count with the secret."""
    errors = drafts.complete(link).errors
    done = {key: bool(link.draft) and not set(fields) & set(errors) for key, (_name, fields) in SECTIONS.items()}
    done["permissions"] = done["secret"]
    done["options"] = done["options"] and done["secret"]
    return [Step(key, name, done[key]) for key, (name, _fields) in SECTIONS.items()]


def shows_status(link: SetupLink) -> bool:
    """Whether the form is closed: it was sent, or the link is about a connection that is live."""
    return link.submitted_at is not None or link.connection_id is not None


def intake(link: SetupLink, token: str, form: IntakeForm, *, saved: bool = False) -> dict[str, Any]:
    asked = link.submissions.filter(state=Submission.State.CHANGES_REQUESTED).first()
    return {
        "link": link,
        "token": token,
        "form": form,
        "has_secret": drafts.has_secret(link),
        "saved": saved,
        "steps": steps(link),
        "message": asked.message if asked else "",
        "needs_upgrade": not link.organization.may_sync,
        "open_until": links.open_until(link),
        "app_name": APP_NAME,
        "permissions": PERMISSIONS,
    }


def review(link: SetupLink, token: str, form: IntakeForm) -> dict[str, Any]:
    cleaned = form.cleaned_data
    return {
        **intake(link, token, form),
        **checks(link, token),
        "cleaned": cleaned,
        "cloud": Connection.CloudName(cleaned["cloud"]).label,
        "scope": Connection.Scope(cleaned["scope"]).label,
        "attribute_labels": [ATTRIBUTES[name] for name in cleaned["attributes"]],
        "over_the_limit": len(cleaned["group_ids"]) > MOST_LISTED_GROUPS,
        "most_groups": MOST_LISTED_GROUPS,
    }


def checks(link: SetupLink, token: str, refused: str = "") -> dict[str, Any]:
    """The last check of what is in the form now, each answer with its words."""
    check = checking.latest(link)
    answers = check.answers if check else []
    cloud = link.draft.get("cloud", Connection.CloudName.GLOBAL)
    return {
        "token": token,
        "check": check,
        "checking": check is not None and check.state != LiveCheck.State.DONE,
        "answers": [
            {
                **answer,
                "label": check_label(answer["name"]),
                "diagnosis": None
                if answer["ok"]
                else diagnose(
                    answer["problem"], answer["subject"], cloud=cloud, client_id=link.draft.get("client_id", "")
                ),
            }
            for answer in answers
        ],
        "all_well": bool(answers) and all(answer["ok"] for answer in answers),
        "refused": refused,
    }


def status(link: SetupLink, token: str) -> dict[str, Any]:
    now = timezone.now()
    return {
        "link": link,
        "token": token,
        "status": standing.of(link),
        "needs_upgrade": not link.organization.may_sync,
        "open_until": links.open_until(link),
        "just_sent": link.submitted_at is not None and (now - link.submitted_at).total_seconds() < 120,
    }
