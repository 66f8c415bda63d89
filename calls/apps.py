from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CallsConfig(AppConfig):
    name = "calls"
    verbose_name = _("Calls")

    def ready(self) -> None:
        from calls.lab import prediction
        from calls.simulator import dashboard_call  # noqa: F401  (their models)

        prediction.connect()
