"""What editors put together: segments of people, in or out of a series' audience."""

from django.db import models
from django.db.models import Q

from .connection import Connection
from .organization import Organization, Series
from .people import Group


class Segment(models.Model):
    class Source(models.TextChoices):
        AZURE = "azure", "Azure"
        DYNAMIC = "dynamic", "Dynamic list"
        CSV = "csv", "CSV"
        MANUAL = "manual", "Manual"
        EVERYONE = "everyone", "Full directory"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="segments")
    source = models.CharField(max_length=10, choices=Source)
    name = models.CharField(max_length=400)
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="segments")
    connection = models.ForeignKey(Connection, null=True, blank=True, on_delete=models.CASCADE, related_name="segments")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "group"],
                condition=Q(group__isnull=False),
                name="one_segment_per_group_and_organization",
            ),
            models.UniqueConstraint(
                fields=["organization", "connection"],
                condition=Q(source="everyone"),
                name="one_full_directory_segment_per_organization",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SeriesSegment(models.Model):
    """A segment chosen for a series: included, or excluded; exclusion wins."""

    class Mode(models.TextChoices):
        INCLUDE = "include", "Included"
        EXCLUDE = "exclude", "Excluded"

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="choices")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="uses")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.INCLUDE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "segment"], name="segment_chosen_once_per_series")]

    def __str__(self) -> str:
        return f"{self.segment} {self.get_mode_display().lower()} in {self.series}"
