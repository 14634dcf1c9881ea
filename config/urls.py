"""Every address of the product."""

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from directory_sync.brand_css import brand_css
from directory_sync.health import healthz, readyz
from directory_sync.home import home

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's documented way

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("audience/", include("directory_sync.audience.urls")),
    path("brand.css", brand_css, name="brand_css"),
    path("connect/", include("onboarding.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", home, name="home"),
]
if apps.is_installed("demo"):
    urlpatterns.insert(0, path("", include("demo.urls")))
