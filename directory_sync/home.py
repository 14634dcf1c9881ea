"""The address without a path: to whichever room is the visitor's."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Staff go to admin, editors to their audiences."""
    return redirect("admin:index" if request.user.is_staff else "audience:home")
