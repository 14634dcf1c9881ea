"""Every address of the product."""

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from directory_sync.brand_css import brand_css

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's documented way

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("brand.css", brand_css, name="brand_css"),
]
for name, prefix in (("onboarding.urls", "connect/"), ("directory_sync.audience.urls", "audience/")):
    urlpatterns.append(path(prefix, include(name)))
if apps.is_installed("demo"):
    urlpatterns.append(path("", include("demo.urls")))
