"""Addresses of the audience pages, below /audience/."""

from django.urls import path

from . import views

app_name = "audience"
urlpatterns = [
    path("", views.home, name="home"),
    path("<slug:organization>/<slug:series>/", views.audience, name="audience"),
    path("<slug:organization>/<slug:series>/status/", views.status, name="status"),
    path("<slug:organization>/<slug:series>/sync/", views.sync, name="sync"),
    path("<slug:organization>/<slug:series>/people/", views.people, name="people"),
    path("<slug:organization>/<slug:series>/import/", views.import_segments, name="import"),
    path("<slug:organization>/<slug:series>/groups/<int:group>/", views.group, name="group"),
]
