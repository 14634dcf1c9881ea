"""Addresses of the intake, below /connect/. What follows is the personal token."""

from django.urls import path

from . import renewal_views, views

app_name = "onboarding"
urlpatterns = [
    path("", views.ask, name="ask"),
    path("<str:token>/", views.intake, name="intake"),
    path("<str:token>/review/", views.review, name="review"),
    path("<str:token>/check/", views.check, name="check"),
    path("<str:token>/checks/", views.checks, name="checks"),
    path("<str:token>/send/", views.send, name="send"),
    path("<str:token>/status/", views.status, name="status"),
    path("<str:token>/renew/", renewal_views.renew, name="renew"),
    path("<str:token>/renew/mail-code/", renewal_views.mail_code, name="mail_code"),
    path("<str:token>/renew/enter-code/", renewal_views.enter_code, name="enter_code"),
    path("<str:token>/renew/again/", renewal_views.again, name="renew_again"),
    path("<str:token>/renew/standing/", renewal_views.standing, name="renew_standing"),
]
