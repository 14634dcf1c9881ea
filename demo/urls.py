"""Addresses of the demo: its front page, and what only a demo has, below /demo/."""

from django.urls import include, path

from . import views

doors = [
    path("enter/", views.enter, name="enter"),
    path("world/<slug:name>/", views.change, name="change"),
    path("setup-link/", views.setup_link, name="setup_link"),
    path("standing/", views.standing, name="standing"),
    path("outbox/", views.mails, name="outbox"),
    path("latest-mails/", views.latest_mails, name="latest_mails"),
    path("outbox/<slug:name>/", views.mail, name="mail"),
    path("outbox/<slug:name>/html/", views.mail_html, name="mail_html"),
    path("operator/", views.operator, name="operator"),
]
urlpatterns = [
    path("", views.home, name="home"),
    path("demo/", include((doors, "demo"))),
]
