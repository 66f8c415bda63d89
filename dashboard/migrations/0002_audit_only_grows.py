"""The database itself refuses to change or delete what is in the audit."""

from __future__ import annotations

from typing import Any

from django.db import migrations

TABLE = "dashboard_auditevent"
REFUSALS = {
    "sqlite": [
        f"create trigger audit_never_{done} before {verb} on {TABLE} "
        f"begin select raise(abort, 'the audit only grows'); end"
        for verb, done in (("update", "updated"), ("delete", "deleted"))
    ],
    "postgresql": [
        "create function audit_only_grows() returns trigger language plpgsql as "
        "$$ begin raise exception 'the audit only grows'; end $$",
        f"create trigger audit_only_grows before update or delete on {TABLE} "
        "for each row execute function audit_only_grows()",
    ],
}
PERMITS = {
    "sqlite": ["drop trigger audit_never_updated", "drop trigger audit_never_deleted"],
    "postgresql": [
        f"drop trigger audit_only_grows on {TABLE}",
        "drop function audit_only_grows()",
    ],
}


def refuse(apps: Any, schema_editor: Any) -> None:
    for statement in REFUSALS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def permit(apps: Any, schema_editor: Any) -> None:
    for statement in PERMITS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0001_initial")]
    operations = [migrations.RunPython(refuse, permit)]
