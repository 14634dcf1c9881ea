"""The product's name, accent and support address, for every template."""

from django.conf import settings
from django.http import HttpRequest


def brand(request: HttpRequest) -> dict[str, str]:
    return {
        "product_name": settings.PRODUCT_NAME,
        "product_accent": settings.PRODUCT_ACCENT,
        "support_email": settings.SUPPORT_EMAIL,
    }
