"""What is asked when somebody is employed."""

from __future__ import annotations

from akson.access.roles import ROLES, Permission, has
from akson.base.web.forms import Choice, Day, Field, Form

_AT_WORK = sorted((role.name, code) for code, role in ROLES.items() if has(code, Permission.AT_WORK))

EMPLOYED = Form(
    Field(name="fnr", label="staffing.fnr", longest=14),
    Field(name="given", label="staffing.given"),
    Field(name="family", label="staffing.family"),
    Choice(name="role", label="staffing.role", drawn="select", choices=tuple((code, name) for name, code in _AT_WORK)),
    Field(name="hpr", label="staffing.hpr", help="staffing.hpr_help", required=False, longest=12),
    Day(name="since", label="staffing.since"),
    Day(name="until", label="staffing.until", help="staffing.until_help", required=False),
)
