"""The product's addresses with the demo's, as they are where its app is added."""

from django.urls import include, path

urlpatterns = [path("", include("demo.urls")), path("", include("config.urls"))]
