"""The account: preferences, password, personal tokens."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from simulations.home.forms import PreferenceForm, TokenForm
from simulations.home.preferences import preference_of, remember_theme
from simulations.models import ApiToken, AuditEntry, Preference


def account(request: HttpRequest) -> HttpResponse:
    """Theme and page size."""
    preference = preference_of(cast(User, request.user))
    form = PreferenceForm(request.POST or None, instance=preference)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your preferences are saved.")
        return remember_theme(redirect("account"), preference.user, secure=request.is_secure())
    return render(request, "simulations/home/account.html", {"form": form, "tab": "account"})


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme chosen in the menu."""
    wanted = request.POST.get("theme")
    if wanted not in Preference.Theme.values:
        return HttpResponseBadRequest("The theme is system, light or dark.")
    user = cast(User, request.user)
    Preference.objects.update_or_create(user=user, defaults={"theme": wanted})
    return remember_theme(HttpResponse(status=204), user, secure=request.is_secure())


@never_cache
@sensitive_post_parameters()
def password(request: HttpRequest) -> HttpResponse:
    """Change the password, or set the first one; other browsers of this person are signed out by it."""
    user = cast(User, request.user)
    is_first = not user.has_usable_password()
    form = (SetPasswordForm if is_first else PasswordChangeForm)(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        AuditEntry.objects.record(user, "password.set", user)
        messages.success(
            request, f"The password of {user.get_username()} is set. Use it to sign in from now on."
        )
        return redirect("start" if is_first else "account")
    context = {"form": form, "is_first": is_first, "tab": "password"}
    return render(request, "simulations/home/password.html", context)


@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """Personal tokens: make one, which is shown this once, or see which there are."""
    user = cast(User, request.user)
    form = TokenForm(request.POST or None)
    plain = None
    if request.method == "POST" and form.is_valid():
        token, plain = ApiToken.objects.issue(user, form.cleaned_data["name"])
        AuditEntry.objects.record(user, "token.made", token, name=token.name)
        form = TokenForm()
    context = {"form": form, "plain": plain, "tokens": user.api_tokens.all(), "tab": "tokens"}
    return render(request, "simulations/home/tokens.html", context)


@require_POST
def revoke_token(request: HttpRequest, number: int) -> HttpResponse:
    """End a token at once. It stays listed, so that one sees when it was last used."""
    token = get_object_or_404(ApiToken, pk=number, user_id=request.user.pk)
    ApiToken.objects.revoke(token, request.user)
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("tokens")
