"""The ways in: the first link, and signing in."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from simulations.home import first_link
from simulations.home.preferences import remember_theme
from simulations.models import AuditEntry

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@never_cache
@csrf_protect
@sensitive_post_parameters("token")
def first(request: HttpRequest) -> HttpResponse:
    """The page behind the first link: its script posts the fragment; a good one signs in, once."""
    if request.method != "POST":
        return render(request, "simulations/home/first.html")
    user = first_link.consume(request.POST.get("token", "").strip())
    if user is None:
        return render(request, "simulations/home/first.html", {"refused": True})
    login(request, user, backend=MODEL_BACKEND)
    AuditEntry.objects.record(user, "first_link.used", user)
    return redirect("account_password")


class SignIn(LoginView):
    """Sign in with name and password; the person's theme comes along."""

    template_name = "simulations/home/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in and remember the theme in this browser."""
        answer = super().form_valid(form)
        return remember_theme(answer, form.get_user(), secure=self.request.is_secure())
