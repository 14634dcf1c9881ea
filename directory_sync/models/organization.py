"""Who uses HQ: organizations, their editors and their series of newsletters."""

from django.conf import settings
from django.db import models
from django.utils.text import slugify


class Organization(models.Model):
    class Package(models.TextChoices):
        ESSENTIAL = "essential", "Essential"
        PROFESSIONAL = "professional", "Professional"

    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    package = models.CharField(max_length=20, choices=Package, default=Package.PROFESSIONAL)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        if not self.slug:
            self.slug = free_slug(self.name)
        super().save(*args, **kwargs)

    @property
    def may_sync(self) -> bool:
        """Directory Sync is not part of the Essential package."""
        return self.package != self.Package.ESSENTIAL


def free_slug(name: str) -> str:
    """A slug for a new organization that no other has, whatever script its name is in."""
    stem = slugify(name)[:60] or "organization"
    taken = set(Organization.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number = 1
    slug = stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


class Editor(models.Model):
    """A person who edits an organization's series; owners also get its mails."""

    class Role(models.TextChoices):
        EDITOR = "editor", "Editor"
        OWNER = "owner", "Owner"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="editorships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="editors")
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organization"], name="one_role_per_editor_and_organization")
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Series(models.Model):
    """A newsletter; it goes to an audience."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="series")
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(fields=["organization", "slug"], name="series_slug_is_unique_in_organization")
        ]

    def __str__(self) -> str:
        return self.name
