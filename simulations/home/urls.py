"""Start, the doors, the account, help."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from simulations.home import account, doors, help_pages, start

urlpatterns = [
    path("", start.start, name="start"),
    path("running-now", start.running_now, name="running_now"),
    path("first", doors.first, name="first"),
    path("sign-in", doors.SignIn.as_view(), name="sign_in"),
    path("sign-out", LogoutView.as_view(), name="sign_out"),
    path("account", account.account, name="account"),
    path("account/theme", account.theme, name="account_theme"),
    path("account/password", account.password, name="account_password"),
    path("account/tokens", account.tokens, name="tokens"),
    path("account/tokens/<int:number>/revoke", account.revoke_token, name="token_revoke"),
    path("help/<slug:page>", help_pages.help_page, name="help"),
]
