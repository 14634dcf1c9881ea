"""The code that a renewal asks for beside the link: mailed to the setup owner, short-lived, good for one browser."""

from django.db import models
from django.utils import timezone

from .link import SetupLink


class RenewalCode(models.Model):
    link = models.ForeignKey(SetupLink, on_delete=models.CASCADE, related_name="renewal_codes")
    code_hash = models.CharField(max_length=64, help_text="HMAC of link and code, in hexadecimal.")
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    entered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Code of link {self.link_id}"
