from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "onboarding"
    verbose_name = "Onboarding"
    daily = {"purge drafts": ("onboarding.tasks.purge", "15 3 * * *")}  # see directory_sync.schedules
