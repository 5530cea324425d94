"""The admin site: Django's own, under our name."""

from django.contrib.admin import site

site.site_header = "Payment Simulator: review"
site.site_title = "Payment Simulator"
site.index_title = "Review"
site.enable_nav_sidebar = False  # the lists are few and wide

__all__ = ["site"]
