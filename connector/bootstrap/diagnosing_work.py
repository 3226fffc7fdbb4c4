"""The check of `casb doctor` that asks who does the work."""

from connector.bootstrap.announcing import is_distributed
from connector.bootstrap.application import Application
from connector.bootstrap.jobs import WORKERS, holder_of_work
from connector.use_cases.diagnose import Diagnosis, ok, warning


def work_of(application: Application) -> Diagnosis:
    """Return whether somebody does the work of this deployment.

    Raises SettingError and SchemaError where CASB_WORK=procrastinate cannot be had.
    """
    holder = holder_of_work(application)
    if not is_distributed(application.settings):
        return ok(f"{holder or 'nobody'} does the work now")
    if holder:
        return ok(f"CASB_WORK=procrastinate: at least one `{WORKERS}` is alive")
    return warning(
        "CASB_WORK=procrastinate, and no worker is alive.",
        f"Run `{WORKERS}` on as many machines as you like; no scan begins without.",
    )
