"""Whether someone may call a tool: by the roles they have and the one it asks; it calls none."""

from __future__ import annotations

from headwater.errors import UsageError
from headwater.model.principal import Principal
from headwater.policy.permissions import enough
from headwater.toolkit.tool import Tool


def check_role(tool: Tool, principal: Principal) -> None:
    """Let a call pass, or refuse it.

    Raises:
        UsageError: `access.denied`, naming the role that it takes.
    """
    if not enough(principal.roles, tool.role):
        message = f"{tool.name} is for the role {tool.role}; use a key that has it"
        raise UsageError(message, code="access.denied")
