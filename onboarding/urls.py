"""Addresses of the intake, below /connect/. What follows is the personal token."""

from django.urls import path

from . import views

app_name = "onboarding"
urlpatterns = [
    path("", views.ask, name="ask"),
    path("<str:token>/", views.intake, name="intake"),
    path("<str:token>/review/", views.review, name="review"),
    path("<str:token>/check/", views.check, name="check"),
    path("<str:token>/checks/", views.checks, name="checks"),
    path("<str:token>/send/", views.send, name="send"),
    path("<str:token>/status/", views.status, name="status"),
]
